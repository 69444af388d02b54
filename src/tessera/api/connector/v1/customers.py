"""`customers`: getAll, add, update, search."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera.access.chains import Address
from tessera.api.connector.v1.calls import Call, Operation
from tessera.api.connector.v1.changes import Change, read_text
from tessera.api.connector.v1.customer_shapes import Classification, Customer, CustomerOption, show
from tessera.api.connector.v1.pages import PageRequest, read_page
from tessera.api.connector.v1.refusals import InvalidPropertyError, invalid
from tessera.api.connector.v1.scalars import (
    Ids,
    Notes,
    Text255,
    Texts,
    TimeInterval,
    blank_to_none,
    read_date,
    read_interval,
)
from tessera.loyalty import Customer as StoredCustomer
from tessera.loyalty import (
    CustomerChange,
    CustomerFilter,
    NewCustomer,
    list_customers,
    search_customers,
    update_accounts,
    upsert_customer,
)
from tessera.platform.ids import parse_id
from tessera.platform.texts import LONGEST_TEXT

FILTERS = (
    "CustomerIds",
    "CompanyIds",
    "Emails",
    "FirstNames",
    "LastNames",
    "LoyaltyCodes",
    "CreatedUtc",
    "UpdatedUtc",
    "DeletedUtc",
)

# Clients that send every field send an empty text for what they do not know.
Blank = Literal[""]
BlankOrId = Annotated[
    str, Meta(pattern="^([0-9A-Fa-f]{8}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{4}-?[0-9A-Fa-f]{12})?$")
]


class CustomerExtent(Struct, rename="pascal"):
    """What of the customers to return."""

    customers: bool | None = True
    addresses: bool | None = False
    documents: bool | None = False


class GetAllCustomers(PageRequest, rename="pascal", kw_only=True):
    """Filters of the list, of which at least one is needed."""

    chain_ids: list[str] | None = None
    created_utc: TimeInterval | None = None
    deleted_utc: TimeInterval | None = None
    extent: CustomerExtent | None = None
    customer_ids: Ids | None = None
    company_ids: Annotated[list[UUID], Meta(min_length=1, max_length=1)] | None = None
    emails: Texts | None = None
    first_names: Texts | None = None
    last_names: Texts | None = None
    loyalty_codes: Texts | None = None


class CustomersPage(Struct, rename="pascal"):
    """One page, and the id of its last item."""

    customers: list[Customer]
    cursor: UUID | None
    documents: None = None


class AddressParameters(Struct, rename="pascal"):
    """An address to keep."""

    line1: Text255 | None = None
    line2: Text255 | None = None
    city: Text255 | None = None
    postal_code: Text255 | None = None
    country_code: Text255 | None = None
    country_subdivision_code: Text255 | None = None


class CustomerParameters(Struct, rename="pascal", kw_only=True):
    """What adding and changing a customer have in common."""

    chain_id: str | None = None
    title: Literal["Mister", "Miss", "Misses", ""] | None = None
    first_name: Text255 | None = None
    second_last_name: Text255 | None = None
    nationality_code: Text255 | None = None
    preferred_language_code: Text255 | None = None
    sex: Literal["Male", "Female", ""] | None = None
    birth_date: str | None = None
    birth_country_code: Text255 | None = None
    birth_country_subdivision_code: Text255 | None = None
    birth_place: Text255 | None = None
    occupation: Text255 | None = None
    email: Text255 | None = None
    phone: Text255 | None = None
    loyalty_code: Text255 | None = None
    notes: Notes | None = None
    car_registration_number: Text255 | None = None
    dietary_requirements: Text255 | None = None
    tax_identification_number: Text255 | None = None
    company_id: BlankOrId | None = None
    address: AddressParameters | Blank | None = None
    classifications: list[Classification] | None = None
    options: list[CustomerOption] | None = None


LotteryCode = Annotated[str, Meta(min_length=2, max_length=15)]
BlankOrLotteryCode = Annotated[str, Meta(pattern=r"^([\s\S]{2,15})?$")]


class AddCustomer(CustomerParameters, rename="pascal", kw_only=True):
    """A customer to add; clients of all ages leave out whether to overwrite, which means no."""

    last_name: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    overwrite_existing: bool | None = None
    italian_destination_code: Text255 | None = None
    italian_fiscal_code: Text255 | None = None
    italian_lottery_code: BlankOrLotteryCode | None = None


class UpdateCustomer(CustomerParameters, rename="pascal", kw_only=True):
    """What to change of a customer. Blank properties keep what is stored; only the Italian codes can be cleared."""

    customer_id: UUID
    last_name: Text255 | None = None
    italian_destination_code: Change[Text255] | Text255 | None = None
    italian_fiscal_code: Change[Text255] | Text255 | None = None
    italian_lottery_code: Change[LotteryCode] | BlankOrLotteryCode | None = None


class SearchCustomers(Struct, rename="pascal", kw_only=True):
    """Which customers to find. Tessera stores no stays, so a search by space finds none."""

    name: str | None = None
    resource_id: UUID | None = None
    extent: CustomerExtent | None = None


class FoundCustomer(Struct, rename="pascal"):
    """A customer with its stay, of which Tessera knows nothing."""

    customer: Customer
    reservation: None = None


class FoundCustomers(Struct, rename="pascal"):
    """Customers by name."""

    customers: list[FoundCustomer]
    documents: None = None


TEXTS = (
    "first_name",
    "second_last_name",
    "nationality_code",
    "preferred_language_code",
    "birth_country_code",
    "birth_country_subdivision_code",
    "birth_place",
    "occupation",
    "email",
    "phone",
    "loyalty_code",
    "notes",
    "car_registration_number",
    "dietary_requirements",
    "tax_identification_number",
)
ITALIAN = ("italian_destination_code", "italian_fiscal_code", "italian_lottery_code")


async def get_all(call: Call, request: GetAllCustomers) -> CustomersPage:
    """List customers, newest first."""
    narrowing = CustomerFilter(
        **read_page(call, request),
        ids=request.customer_ids,
        created_within=read_interval(request.created_utc, "CreatedUtc"),
        deleted_within=read_interval(request.deleted_utc, "DeletedUtc"),
        company_ids=request.company_ids,
        emails=request.emails,
        first_names=request.first_names,
        last_names=request.last_names,
        loyalty_codes=request.loyalty_codes,
        chain_ids=read_chains(call, request),
    )
    check_filters(request, narrowing)
    found = await list_customers(call.access, call.actor, narrowing)
    extent = request.extent or CustomerExtent()
    shown = [show(item, addresses=bool(extent.addresses)) for item in found] if extent.customers else []
    return CustomersPage(shown, found[-1].id if found else None)


def read_chains(call: Call, request: GetAllCustomers) -> list[UUID] | None:
    """Return the chains that a portfolio token has to name; an ordinary one reads its own."""
    if not call.portfolio:
        return None
    chain_ids = [parse_id(text) for text in request.chain_ids or ()]
    known = [chain_id for chain_id in chain_ids if chain_id in call.chain_ids]
    if not 1 <= len(chain_ids) <= 1000 or len(known) < len(chain_ids):
        raise invalid("ChainIds")
    return [chain_id for chain_id in known if chain_id is not None]


def check_filters(request: GetAllCustomers, narrowing: CustomerFilter) -> None:
    """Raise where no filter is given, or one for deletion without asking for the deleted."""
    given = (
        narrowing.ids,
        narrowing.company_ids,
        narrowing.emails,
        narrowing.first_names,
        narrowing.last_names,
        narrowing.loyalty_codes,
        narrowing.created_within,
        narrowing.updated_within,
        narrowing.deleted_within,
    )
    if not any(given):
        raise InvalidPropertyError(f"Please specify at least one of the filters: {', '.join(FILTERS)}.")
    if request.deleted_utc is not None and narrowing.deleted is False:
        raise invalid("ActivityStates")


async def add(call: Call, request: AddCustomer) -> Customer:
    """Add a customer, or write over the one with the same e-mail address."""
    texts: dict[str, Any] = {name: blank_to_none(getattr(request, name)) for name in (*TEXTS, *ITALIAN)}
    address = request.address
    item = NewCustomer(
        last_name=request.last_name,
        title=request.title or None,
        sex=request.sex or None,
        birth_date=read_date(request.birth_date, "BirthDate"),
        company_id=UUID(request.company_id) if request.company_id else None,
        classifications=tuple(dict.fromkeys(request.classifications or ())),
        options=tuple(dict.fromkeys(request.options or ())),
        address=read_address(address) if address else None,
        **texts,
    )
    chain_id = call.chain_to_write(request.chain_id)
    customer = await upsert_customer(
        call.session, call.actor, chain_id, item, overwrite=bool(request.overwrite_existing), now=call.now
    )
    return show(customer, addresses=True)


async def update(call: Call, request: UpdateCustomer) -> Customer:
    """Change a customer. Properties that are absent, null or blank keep what is stored."""
    chain_id = call.chain_to_write(request.chain_id)
    change = read_update(request, strict=call.strict)
    (customer,) = await update_accounts(call.session, call.actor, chain_id, [change], now=call.now)
    assert isinstance(customer, StoredCustomer)
    return show(customer, addresses=True)


def read_update(request: UpdateCustomer, *, strict: bool) -> CustomerChange:
    """Return the change to make."""
    given: dict[str, Any] = {name: blank_to_none(getattr(request, name)) for name in ("last_name", *TEXTS)}
    given |= {
        "title": request.title or None,
        "sex": request.sex or None,
        "company_id": UUID(request.company_id) if request.company_id else None,
        "birth_date": read_date(blank_to_none(request.birth_date), "BirthDate"),
        "classifications": request.classifications or None,
        "options": request.options or None,
        "address": read_address(request.address) if request.address else None,
    }
    kept: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    codes: dict[str, Any] = {
        name: read_text(request, name, strict=strict) for name in ITALIAN if not is_blank(getattr(request, name))
    }
    return CustomerChange(id=request.customer_id, **kept, **codes)


def is_blank(given: Change[str] | str | None) -> bool:
    """Say whether it is a bare text without content, which keeps what is stored as a missing one does."""
    return isinstance(given, str) and blank_to_none(given) is None


async def search(call: Call, request: SearchCustomers) -> FoundCustomers:
    """Find customers whose first, last or full name begins with the text; at most 1,000, by name."""
    extent = request.extent or CustomerExtent()
    if request.resource_id is not None or extent.customers is False or not request.name:
        return FoundCustomers([])
    found = await search_customers(call.access, call.actor, request.name)
    return FoundCustomers([FoundCustomer(show(item, addresses=bool(extent.addresses))) for item in found])


def read_address(address: AddressParameters) -> Address | None:
    """Return the address, None where every line is blank."""
    lines = {name: blank_to_none(getattr(address, name)) for name in AddressParameters.__struct_fields__}
    return Address(**lines) if any(lines.values()) else None


ADDRESS = "/api/connector/v1/customers"
OPERATIONS = (
    Operation(f"{ADDRESS}/getAll", "members:read", GetAllCustomers, CustomersPage, get_all, paged=True, reads=True),
    Operation(f"{ADDRESS}/add", "members:write", AddCustomer, Customer, add),
    Operation(
        f"{ADDRESS}/update",
        "members:write",
        UpdateCustomer,
        Customer,
        update,
        named={"account_not_found": "CustomerId"},
    ),
    Operation(f"{ADDRESS}/search", "members:read", SearchCustomers, FoundCustomers, search, reads=True),
)
