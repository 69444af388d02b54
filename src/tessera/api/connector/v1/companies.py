"""`companies`: getAll, add, update, delete."""

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.changes import Change, read_change, read_name, read_required, read_text
from tessera.api.connector.v1.company_shapes import BasicRating, Company, CompanyOption, CreditRating, show
from tessera.api.connector.v1.customers import AddressParameters, read_address
from tessera.api.connector.v1.pages import PageRequest, read_page
from tessera.api.connector.v1.refusals import Step, invalid
from tessera.api.connector.v1.scalars import (
    Ids,
    Interval,
    Notes,
    Text255,
    Texts,
    TimeInterval,
    Url,
    blank_to_none,
    check_url,
    read_interval,
)
from tessera.loyalty import Company as StoredCompany
from tessera.loyalty import (
    CompanyChange,
    CompanyFilter,
    NewCompany,
    create_companies,
    delete_companies,
    list_companies,
    update_accounts,
)
from tessera.platform.texts import LONGEST_TEXT, is_website

DURATION = re.compile(r"P(?=\d|T\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?", re.ASCII)


class GetAllCompanies(PageRequest, rename="pascal", kw_only=True):
    """Filters of the list; `time_filter` with its two ends is the old way to give an interval."""

    ids: Ids | None = None
    external_identifiers: Texts | None = None
    names: Texts | None = None
    mother_company_ids: Ids | None = None
    chain_ids: Ids | None = None
    created_utc: TimeInterval | None = None
    time_filter: Literal["Created", "Updated"] | None = None
    start_utc: str | None = None
    end_utc: str | None = None


class CompaniesPage(Struct, rename="pascal"):
    """Companies, and the id of the last of them."""

    companies: list[Company]
    cursor: UUID | None


class CompanyOptionsParameters(Struct, rename="pascal"):
    """What to switch on for a company; what is left out is off."""

    invoiceable: bool | None = None
    add_fees_to_invoices: bool | None = None
    add_tax_deducted_payment_to_invoices: bool | None = None


class AddCompany(Struct, rename="pascal", kw_only=True):
    """A company to add; clients leave out the options, which only a strict door minds."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    options: CompanyOptionsParameters | None = None
    chain_id: str | None = None
    mother_company_id: UUID | None = None
    invoicing_email: Text255 | None = None
    website_url: Url | None = None
    invoice_due_interval: Text255 | None = None
    department: Text255 | None = None
    duns_number: Text255 | None = None
    reference_identifier: Text255 | None = None
    accounting_code: Text255 | None = None
    additional_tax_identifier: Text255 | None = None
    billing_code: Text255 | None = None
    contact: Text255 | None = None
    contact_person: Text255 | None = None
    electronic_invoice_identifier: Text255 | None = None
    identifier: Text255 | None = None
    iata: Text255 | None = None
    notes: Notes | None = None
    tax_identifier: Text255 | None = None
    telephone: Text255 | None = None
    external_identifier: Text255 | None = None
    credit_rating: CreditRating | None = None
    address: AddressParameters | None = None


class CompanyOptionsUpdate(Struct, rename="pascal"):
    """What to switch for a company."""

    invoiceable: Change[bool] | bool | None = None
    add_fees_to_invoices: Change[bool] | bool | None = None
    add_tax_deducted_payment_to_invoices: Change[bool] | bool | None = None


class CreditRatingUpdate(Struct, rename="pascal"):
    """How far a company is to be trusted."""

    basic: Change[BasicRating] | BasicRating | None = None


class UpdateCompany(Struct, rename="pascal", kw_only=True):
    """What to change of a company."""

    company_id: UUID
    chain_id: str | None = None
    name: Change[Text255] | Text255 | None = None
    mother_company_id: Change[UUID] | UUID | None = None
    invoicing_email: Change[Text255] | Text255 | None = None
    website_url: Change[Url] | Url | None = None
    invoice_due_interval: Change[Text255] | Text255 | None = None
    department: Change[Text255] | Text255 | None = None
    duns_number: Change[Text255] | Text255 | None = None
    reference_identifier: Change[Text255] | Text255 | None = None
    accounting_code: Change[Text255] | Text255 | None = None
    additional_tax_identifier: Change[Text255] | Text255 | None = None
    billing_code: Change[Text255] | Text255 | None = None
    contact: Change[Text255] | Text255 | None = None
    contact_person: Change[Text255] | Text255 | None = None
    electronic_invoice_identifier: Change[Text255] | Text255 | None = None
    identifier: Change[Text255] | Text255 | None = None
    iata: Change[Text255] | Text255 | None = None
    notes: Change[Notes] | Notes | None = None
    tax_identifier: Change[Text255] | Text255 | None = None
    telephone: Change[Text255] | Text255 | None = None
    external_identifier: Change[Text255] | Text255 | None = None
    options: CompanyOptionsUpdate | None = None
    credit_rating: CreditRatingUpdate | None = None


class DeleteCompanies(Struct, rename="pascal", kw_only=True):
    """Companies to delete."""

    company_ids: Ids
    chain_id: str | None = None


# Properties on the wire that are texts, by their internal names, which may be the same.
TEXTS = {
    "invoicing_email": "invoicing_email",
    "website_url": "website_url",
    "department": "department",
    "duns_number": "duns_number",
    "reference_identifier": "reference_identifier",
    "accounting_code": "accounting_code",
    "additional_tax_identifier": "additional_tax_identifier",
    "billing_code": "billing_code",
    "contact": "contact",
    "contact_person": "contact_person",
    "electronic_invoice_identifier": "electronic_invoice_identifier",
    "identifier": "identifier",
    "iata": "iata",
    "notes": "notes",
    "tax_identification_number": "tax_identifier",
    "phone": "telephone",
    "external_id": "external_identifier",
}
OPTIONS: dict[str, CompanyOption] = {
    "invoiceable": "Invoiceable",
    "add_fees_to_invoices": "AddFeesToInvoices",
    "add_tax_deducted_payment_to_invoices": "AddTaxDeductedPaymentToInvoices",
}


async def get_all(call: Call, request: GetAllCompanies) -> CompaniesPage:
    """List companies, newest first, active and deleted ones unless one kind is asked for."""
    created, updated = read_intervals(request)
    given = read_page(call, request)
    given |= {"updated_within": updated, "deleted": given["deleted"] if request.activity_states else None}
    narrowing = CompanyFilter(
        **given,
        ids=request.ids,
        external_ids=request.external_identifiers,
        names=request.names,
        mother_company_ids=request.mother_company_ids,
        created_within=created,
        chain_ids=call.check_chains(request.chain_ids),
    )
    return show_all(await list_companies(call.access, call.actor, narrowing))


def read_intervals(request: GetAllCompanies) -> tuple[Interval | None, Interval | None]:
    """Return the intervals of creation and of change; those with names of their own go before the one without."""
    created = read_interval(request.created_utc, "CreatedUtc")
    updated = read_interval(request.updated_utc, "UpdatedUtc")
    if request.start_utc is not None or request.end_utc is not None:
        if request.time_filter == "Updated":
            updated = updated or read_interval(TimeInterval(request.start_utc, request.end_utc))
        else:
            created = created or read_interval(TimeInterval(request.start_utc, request.end_utc))
    return created, updated


async def add(call: Call, request: AddCompany) -> CompaniesPage:
    """Add a company."""
    if call.strict and request.options is None:
        raise invalid("Options")
    name = blank_to_none(request.name)
    if name is None:
        raise invalid("Name")
    texts: dict[str, Any] = {ours: blank_to_none(getattr(request, theirs)) for ours, theirs in TEXTS.items()}
    check_url(texts["website_url"], "WebsiteUrl", valid=is_website)
    options = request.options or CompanyOptionsParameters()
    item = NewCompany(
        name=name,
        mother_company_id=request.mother_company_id,
        invoice_due_interval=read_duration(request.invoice_due_interval, "InvoiceDueInterval"),
        credit_rating=request.credit_rating.basic if request.credit_rating else None,
        options=[word for field, word in OPTIONS.items() if getattr(options, field)],
        address=read_address(request.address) if request.address else None,
        **texts,
    )
    chain_id = call.chain_to_write(request.chain_id)
    return show_all(await create_companies(call.session, call.actor, chain_id, [item], now=call.now))


def read_duration(text: str | UnsetType | None, *steps: Step) -> str | None:
    """Return the ISO 8601 duration as it was given."""
    duration = blank_to_none(text) if isinstance(text, str) else None
    if duration is not None and DURATION.fullmatch(duration) is None:
        raise invalid(*steps)
    return duration


async def update(call: Call, request: UpdateCompany) -> CompaniesPage:
    """Change a company."""
    strict = call.strict
    texts: dict[str, Any] = {ours: read_text(request, theirs, strict=strict) for ours, theirs in TEXTS.items()}
    check_url(texts["website_url"], "WebsiteUrl", valid=is_website)
    interval = read_change(request.invoice_due_interval, "InvoiceDueInterval", strict=strict)
    rating = request.credit_rating or CreditRatingUpdate()
    change = CompanyChange(
        id=request.company_id,
        name=read_name(request.name, "Name", strict=strict),
        mother_company_id=read_change(request.mother_company_id, "MotherCompanyId", strict=strict),
        invoice_due_interval=interval if interval is UNSET else read_duration(interval, "InvoiceDueInterval"),
        credit_rating=read_change(rating.basic, "CreditRating", "Basic", strict=strict),
        options=read_options(request.options, "Options", strict=strict),
        **texts,
    )
    chain_id = call.chain_to_write(request.chain_id)
    changed = await update_accounts(call.session, call.actor, chain_id, [change], now=call.now)
    return show_all([item for item in changed if isinstance(item, StoredCompany)])


def read_options(options: CompanyOptionsUpdate | None, *way: Step, strict: bool) -> dict[str, bool] | UnsetType:
    """Return the options to switch."""
    if options is None:
        return UNSET
    read = {word: read_required(getattr(options, field), *way, word, strict=strict) for field, word in OPTIONS.items()}
    return {word: value for word, value in read.items() if isinstance(value, bool)}


async def delete(call: Call, request: DeleteCompanies) -> Done:
    """Delete companies. Their memberships stay."""
    chain_id = call.chain_to_write(request.chain_id) if request.chain_id or not call.portfolio else None
    await delete_companies(call.session, call.actor, chain_id, request.company_ids, now=call.now)
    return Done()


def show_all(companies: list[StoredCompany]) -> CompaniesPage:
    """Return the companies as the contract shows them."""
    return CompaniesPage([show(item) for item in companies], companies[-1].id if companies else None)


ADDRESS = "/api/connector/v1/companies"
OPERATIONS = (
    Operation(f"{ADDRESS}/getAll", "members:read", GetAllCompanies, CompaniesPage, get_all, paged=True, reads=True),
    Operation(f"{ADDRESS}/add", "members:write", AddCompany, CompaniesPage, add),
    Operation(
        f"{ADDRESS}/update",
        "members:write",
        UpdateCompany,
        CompaniesPage,
        update,
        named={"account_not_found": "CompanyId"},
    ),
    Operation(
        f"{ADDRESS}/delete", "members:write", DeleteCompanies, Done, delete, named={"account_not_found": "CompanyIds"}
    ),
)
