"""`accounts/update`, `accounts/merge`, and `customers/merge` of old."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.changes import Change, read_change, read_name, read_required, read_text
from tessera.api.connector.v1.companies import CompanyOptionsUpdate, read_duration, read_options
from tessera.api.connector.v1.company_shapes import BasicRating, Company
from tessera.api.connector.v1.company_shapes import show as show_company
from tessera.api.connector.v1.customer_shapes import AccountCustomer, Classification, CustomerOption
from tessera.api.connector.v1.customer_shapes import show_account as show_customer
from tessera.api.connector.v1.refusals import Step, invalid
from tessera.api.connector.v1.scalars import Ids, Notes, Text255, Url, check_url, read_date
from tessera.loyalty import AccountMerge, CompanyChange, CustomerChange, merge_accounts, update_accounts
from tessera.loyalty import Customer as StoredCustomer
from tessera.platform.texts import is_website

AccountType = Literal["Customer", "Company"]
Switches = dict[str, Change[bool] | bool | None]


class AccountCustomerUpdate(Struct, rename="pascal", kw_only=True):
    """What to change of a customer; of classifications and options those that are named."""

    email: Change[Text255] | Text255 | None = None
    tax_identifier: Change[Text255] | Text255 | None = None
    billing_code: Change[Text255] | Text255 | None = None
    accounting_code: Change[Text255] | Text255 | None = None
    notes: Change[Notes] | Notes | None = None
    last_name: Change[Text255] | Text255 | None = None
    first_name: Change[Text255] | Text255 | None = None
    second_last_name: Change[Text255] | Text255 | None = None
    birth_place: Change[Text255] | Text255 | None = None
    telephone: Change[Text255] | Text255 | None = None
    occupation: Change[Text255] | Text255 | None = None
    car_registration_number: Change[Text255] | Text255 | None = None
    dietary_requirements: Change[Text255] | Text255 | None = None
    loyalty_code: Change[Text255] | Text255 | None = None
    nationality_code: Change[Text255] | Text255 | None = None
    preferred_language_code: Change[Text255] | Text255 | None = None
    company_id: Change[UUID] | UUID | None = None
    birth_date: Change[str] | str | None = None
    sex: Change[Literal["Male", "Female"]] | Literal["Male", "Female"] | None = None
    title: Change[Literal["Mister", "Miss", "Misses"]] | Literal["Mister", "Miss", "Misses"] | None = None
    classifications: Switches | None = None
    options: Switches | None = None


class AccountCompanyUpdate(Struct, rename="pascal", kw_only=True):
    """What to change of a company; `email` is where its invoices go."""

    email: Change[Text255] | Text255 | None = None
    tax_identifier: Change[Text255] | Text255 | None = None
    billing_code: Change[Text255] | Text255 | None = None
    accounting_code: Change[Text255] | Text255 | None = None
    notes: Change[Notes] | Notes | None = None
    name: Change[Text255] | Text255 | None = None
    mother_company_id: Change[UUID] | UUID | None = None
    website_url: Change[Url] | Url | None = None
    invoice_due_interval: Change[Text255] | Text255 | None = None
    department: Change[Text255] | Text255 | None = None
    duns_number: Change[Text255] | Text255 | None = None
    reference_id: Change[Text255] | Text255 | None = None
    external_identifier: Change[Text255] | Text255 | None = None
    additional_tax_identifier: Change[Text255] | Text255 | None = None
    contact: Change[Text255] | Text255 | None = None
    contact_person: Change[Text255] | Text255 | None = None
    iata: Change[Text255] | Text255 | None = None
    telephone: Change[Text255] | Text255 | None = None
    credit_rating_basic: Change[BasicRating] | BasicRating | None = None
    options: CompanyOptionsUpdate | None = None


class AccountUpdate(Struct, rename="pascal", kw_only=True):
    """What to change of an account; only the member of its kind is looked at."""

    id: UUID
    discriminator: AccountType
    customer: AccountCustomerUpdate | None = None
    company: AccountCompanyUpdate | None = None


class UpdateAccounts(Struct, rename="pascal", kw_only=True):
    """Accounts to change; their chains follow from their ids."""

    account_updates: Annotated[list[AccountUpdate], Meta(min_length=1, max_length=1000)]


class Account(Struct, rename="pascal", kw_only=True):
    """A customer or a company."""

    id: UUID
    discriminator: AccountType
    customer: AccountCustomer | None = None
    company: Company | None = None


class Accounts(Struct, rename="pascal"):
    """The changed accounts in request order."""

    accounts: list[Account]


class AccountMergeParameters(Struct, rename="pascal", kw_only=True):
    """Accounts to merge into another one of their kind, which survives."""

    account_type: AccountType
    source_account_ids: Ids
    target_account_id: UUID


class MergeAccounts(Struct, rename="pascal", kw_only=True):
    """Merges to make, one after the other."""

    account_merge_parameters: Annotated[list[AccountMergeParameters], Meta(min_length=1, max_length=10)]


class MergeCustomers(Struct, rename="pascal", kw_only=True):
    """A customer to merge into another one."""

    source_customer_id: UUID
    target_customer_id: UUID


# Texts of both kinds on the wire, by their internal names.
CUSTOMER_TEXTS = {
    "email": "email",
    "tax_identification_number": "tax_identifier",
    "billing_code": "billing_code",
    "accounting_code": "accounting_code",
    "notes": "notes",
    "first_name": "first_name",
    "second_last_name": "second_last_name",
    "birth_place": "birth_place",
    "phone": "telephone",
    "occupation": "occupation",
    "car_registration_number": "car_registration_number",
    "dietary_requirements": "dietary_requirements",
    "loyalty_code": "loyalty_code",
    "nationality_code": "nationality_code",
    "preferred_language_code": "preferred_language_code",
}
COMPANY_TEXTS = {
    "invoicing_email": "email",
    "tax_identification_number": "tax_identifier",
    "billing_code": "billing_code",
    "accounting_code": "accounting_code",
    "notes": "notes",
    "website_url": "website_url",
    "department": "department",
    "duns_number": "duns_number",
    "reference_identifier": "reference_id",
    "external_id": "external_identifier",
    "additional_tax_identifier": "additional_tax_identifier",
    "contact": "contact",
    "contact_person": "contact_person",
    "iata": "iata",
    "phone": "telephone",
}


async def update(call: Call, request: UpdateAccounts) -> Accounts:
    """Change customers and companies."""
    changes = [read_update(item, place, strict=call.strict) for place, item in enumerate(request.account_updates)]
    changed = await update_accounts(call.session, call.actor, None, changes, now=call.now)
    return Accounts(
        [
            Account(id=item.id, discriminator="Customer", customer=show_customer(item))
            if isinstance(item, StoredCustomer)
            else Account(id=item.id, discriminator="Company", company=show_company(item))
            for item in changed
        ]
    )


def read_update(item: AccountUpdate, place: int, *, strict: bool) -> CustomerChange | CompanyChange:
    """Return the change to make; raise where the member of the account's kind is missing."""
    way = ("AccountUpdates", place, item.discriminator)
    if item.discriminator == "Customer" and item.customer is not None:
        return read_customer(item.id, item.customer, *way, strict=strict)
    if item.discriminator == "Company" and item.company is not None:
        return read_company(item.id, item.company, *way, strict=strict)
    raise invalid(*way)


def read_customer(account_id: UUID, given: AccountCustomerUpdate, *way: Step, strict: bool) -> CustomerChange:
    """Return the change of a customer."""
    texts: dict[str, Any] = {
        ours: read_text(given, theirs, *way, strict=strict) for ours, theirs in CUSTOMER_TEXTS.items()
    }
    born = read_text(given, "birth_date", *way, strict=strict)
    return CustomerChange(
        id=account_id,
        last_name=read_name(given.last_name, *way, "LastName", strict=strict),
        company_id=read_change(given.company_id, *way, "CompanyId", strict=strict),
        birth_date=born if born is UNSET else read_date(born, *way, "BirthDate"),
        sex=read_change(given.sex, *way, "Sex", strict=strict),
        title=read_change(given.title, *way, "Title", strict=strict),
        classifications=read_switches(
            given.classifications, get_args(Classification), *way, "Classifications", strict=strict
        ),
        options=read_switches(given.options, get_args(CustomerOption), *way, "Options", strict=strict),
        **texts,
    )


def read_company(account_id: UUID, given: AccountCompanyUpdate, *way: Step, strict: bool) -> CompanyChange:
    """Return the change of a company."""
    texts: dict[str, Any] = {
        ours: read_text(given, theirs, *way, strict=strict) for ours, theirs in COMPANY_TEXTS.items()
    }
    check_url(texts["website_url"], *way, "WebsiteUrl", valid=is_website)
    interval = read_change(given.invoice_due_interval, *way, "InvoiceDueInterval", strict=strict)
    return CompanyChange(
        id=account_id,
        name=read_name(given.name, *way, "Name", strict=strict),
        mother_company_id=read_change(given.mother_company_id, *way, "MotherCompanyId", strict=strict),
        invoice_due_interval=interval if interval is UNSET else read_duration(interval, *way, "InvoiceDueInterval"),
        credit_rating=read_change(given.credit_rating_basic, *way, "CreditRatingBasic", strict=strict),
        options=read_options(given.options, *way, "Options", strict=strict),
        **texts,
    )


def read_switches(
    given: Mapping[str, Change[bool] | bool | None] | None, words: tuple[str, ...], *way: Step, strict: bool
) -> dict[str, bool] | UnsetType:
    """Return the words to switch; others than the contract's are refused by a strict door and ignored otherwise."""
    if given is None:
        return UNSET
    switched = {}
    for word, wrapper in given.items():
        value = read_required(wrapper, *way, word, strict=strict)
        if word in words and isinstance(value, bool):
            switched[word] = value
        elif strict and word not in words:
            raise invalid(*way, word)
    return switched


async def merge(call: Call, request: MergeAccounts) -> Done:
    """Merge accounts. The sources become inactive and their memberships move to the target."""
    merges = [
        AccountMerge(
            "customer" if item.account_type == "Customer" else "company",
            item.source_account_ids,
            item.target_account_id,
        )
        for item in request.account_merge_parameters
    ]
    await merge_accounts(call.session, call.actor, None, merges, now=call.now)
    return Done()


async def merge_customers(call: Call, request: MergeCustomers) -> Done:
    """Merge a customer into another one, as clients of before `accounts/merge` do."""
    merges = [AccountMerge("customer", [request.source_customer_id], request.target_customer_id)]
    await merge_accounts(call.session, call.actor, None, merges, now=call.now)
    return Done()


ADDRESS = "/api/connector/v1"
OPERATIONS = (
    Operation(
        f"{ADDRESS}/accounts/update",
        "members:write",
        UpdateAccounts,
        Accounts,
        update,
        named={"account_not_found": "Id"},
    ),
    Operation(f"{ADDRESS}/accounts/merge", "members:write", MergeAccounts, Done, merge),
    Operation(
        f"{ADDRESS}/customers/merge",
        "members:write",
        MergeCustomers,
        Done,
        merge_customers,
        named={"merge_source_not_found": "SourceCustomerId", "merge_target_not_found": "TargetCustomerId"},
    ),
)
