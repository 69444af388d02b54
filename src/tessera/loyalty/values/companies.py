"""Companies as values. They share the customers' table, and can hold memberships as well."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from tessera.access.chains import Address
from tessera.platform.list_filters import Narrowing

# How far a company is trusted to pay later.
CreditRating = Literal["CreditOk", "PaymentRequiredUpfront", "LocalDecisionRequired"]


class CompanyData(Struct, frozen=True, kw_only=True):
    """What is known of a company; `invoice_due_interval` is an ISO 8601 duration as it was given."""

    name: str
    external_id: str | None = None
    mother_company_id: UUID | None = None
    invoicing_email: str | None = None
    website_url: str | None = None
    invoice_due_interval: str | None = None
    department: str | None = None
    duns_number: str | None = None
    reference_identifier: str | None = None
    accounting_code: str | None = None
    additional_tax_identifier: str | None = None
    billing_code: str | None = None
    contact: str | None = None
    contact_person: str | None = None
    electronic_invoice_identifier: str | None = None
    identifier: str | None = None
    iata: str | None = None
    notes: str | None = None
    tax_identification_number: str | None = None
    phone: str | None = None
    credit_rating: CreditRating | None = None


class NewCompany(CompanyData, frozen=True, kw_only=True):
    """A company to create; without an id it is given one."""

    id: UUID | None = None
    options: Sequence[str] = ()
    address: Address | None = None


class Company(CompanyData, frozen=True, kw_only=True):
    """A company; `number` is its own within the server."""

    id: UUID
    chain_id: UUID
    number: int
    merge_target_id: UUID | None
    options: Sequence[str]
    address_id: UUID | None
    address: Address | None
    creator_id: UUID
    updater_id: UUID
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class CompanyChange(Struct, frozen=True, kw_only=True):
    """What to change of a company: UNSET keeps, None clears. Of `options` those named in the mapping change."""

    id: UUID
    name: str | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    mother_company_id: UUID | UnsetType | None = UNSET
    invoicing_email: str | UnsetType | None = UNSET
    website_url: str | UnsetType | None = UNSET
    invoice_due_interval: str | UnsetType | None = UNSET
    department: str | UnsetType | None = UNSET
    duns_number: str | UnsetType | None = UNSET
    reference_identifier: str | UnsetType | None = UNSET
    accounting_code: str | UnsetType | None = UNSET
    additional_tax_identifier: str | UnsetType | None = UNSET
    billing_code: str | UnsetType | None = UNSET
    contact: str | UnsetType | None = UNSET
    contact_person: str | UnsetType | None = UNSET
    electronic_invoice_identifier: str | UnsetType | None = UNSET
    identifier: str | UnsetType | None = UNSET
    iata: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    tax_identification_number: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    credit_rating: CreditRating | UnsetType | None = UNSET
    options: dict[str, bool] | UnsetType = UNSET


class CompanyFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of companies is narrowed by; names and external ids compare exactly."""

    names: Sequence[str] | None = None
    external_ids: Sequence[str] | None = None
    mother_company_ids: Sequence[UUID] | None = None
