"""The company as the contract shows it."""

from typing import Literal, get_args
from uuid import UUID

from msgspec import Struct

from tessera.api.connector.v1.configuration import EnterpriseAddress, show_address
from tessera.api.connector.v1.scalars import write_moment
from tessera.loyalty import Company as StoredCompany

BasicRating = Literal["CreditOk", "PaymentRequiredUpfront", "LocalDecisionRequired"]
CompanyOption = Literal["Invoiceable", "AddFeesToInvoices", "AddTaxDeductedPaymentToInvoices"]


class CompanyOptions(Struct, rename="pascal"):
    """What is switched on for a company."""

    invoiceable: bool
    add_fees_to_invoices: bool
    add_tax_deducted_payment_to_invoices: bool


class CreditRating(Struct, rename="pascal"):
    """How far a company is trusted to pay later."""

    basic: BasicRating | None = None


class Company(Struct, rename="pascal", kw_only=True):
    """A company."""

    id: UUID
    chain_id: UUID
    number: int
    name: str
    mother_company_id: UUID | None
    invoicing_email: str | None
    website_url: str | None
    invoice_due_interval: str | None
    department: str | None
    duns_number: str | None
    reference_identifier: str | None
    accounting_code: str | None
    additional_tax_identifier: str | None
    billing_code: str | None
    contact: str | None
    contact_person: str | None
    electronic_invoice_identifier: str | None
    identifier: str | None
    iata: str | None
    is_active: bool
    notes: str | None
    tax_identifier: str | None
    tax_identification_number: str | None
    telephone: str | None
    created_utc: str
    updated_utc: str
    options: CompanyOptions
    credit_rating: CreditRating
    address_id: UUID | None
    address: EnterpriseAddress | None
    merge_target_id: UUID | None
    external_identifier: str | None


def show(stored: StoredCompany) -> Company:
    """Return the company as the contract shows it."""
    address = None
    if stored.address_id is not None and stored.address is not None:
        address = show_address(stored.address_id, stored.address)
    return Company(
        id=stored.id,
        chain_id=stored.chain_id,
        number=stored.number,
        name=stored.name,
        mother_company_id=stored.mother_company_id,
        invoicing_email=stored.invoicing_email,
        website_url=stored.website_url,
        invoice_due_interval=stored.invoice_due_interval,
        department=stored.department,
        duns_number=stored.duns_number,
        reference_identifier=stored.reference_identifier,
        accounting_code=stored.accounting_code,
        additional_tax_identifier=stored.additional_tax_identifier,
        billing_code=stored.billing_code,
        contact=stored.contact,
        contact_person=stored.contact_person,
        electronic_invoice_identifier=stored.electronic_invoice_identifier,
        identifier=stored.identifier,
        iata=stored.iata,
        is_active=stored.deleted_at is None,
        notes=stored.notes,
        tax_identifier=stored.tax_identification_number,
        tax_identification_number=stored.tax_identification_number,
        telephone=stored.phone,
        created_utc=write_moment(stored.created_at),
        updated_utc=write_moment(stored.updated_at),
        options=CompanyOptions(*(option in stored.options for option in get_args(CompanyOption))),
        credit_rating=CreditRating(stored.credit_rating),
        address_id=stored.address_id,
        address=address,
        merge_target_id=stored.merge_target_id,
        external_identifier=stored.external_id,
    )
