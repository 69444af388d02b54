"""Customers as values; companies share their table and come with their own operations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tessera.loyalty.values.chains import Address
from tessera.loyalty.values.listing import Interval, Narrowing

Title = Literal["Mister", "Miss", "Misses"]
Sex = Literal["Male", "Female"]


class PersonalData(Struct, frozen=True, kw_only=True):
    """What a customer tells about itself."""

    last_name: str
    first_name: str | None = None
    second_last_name: str | None = None
    title: Title | None = None
    sex: Sex | None = None
    email: str | None = None
    phone: str | None = None
    birth_date: date | None = None
    birth_country_code: str | None = None
    birth_country_subdivision_code: str | None = None
    birth_place: str | None = None
    occupation: str | None = None
    nationality_code: str | None = None
    preferred_language_code: str | None = None
    loyalty_code: str | None = None
    tax_identification_number: str | None = None
    accounting_code: str | None = None
    billing_code: str | None = None
    notes: str | None = None
    car_registration_number: str | None = None
    dietary_requirements: str | None = None
    italian_destination_code: str | None = None
    italian_fiscal_code: str | None = None
    italian_lottery_code: str | None = None


class NewCustomer(PersonalData, frozen=True, kw_only=True):
    """A customer to create; without an id it is given one, and without `created_at` it begins now."""

    id: UUID | None = None
    external_id: str | None = None
    company_id: UUID | None = None
    classifications: Sequence[str] = ()
    options: Sequence[str] = ()
    address: Address | None = None
    created_at: datetime | None = None


class Customer(PersonalData, frozen=True, kw_only=True):
    """A person who can hold memberships; `number` is the customer's own within the server."""

    id: UUID
    chain_id: UUID
    number: int
    external_id: str | None
    company_id: UUID | None
    merge_target_id: UUID | None
    classifications: Sequence[str]
    options: Sequence[str]
    address_id: UUID | None
    address: Address | None
    creator_id: UUID
    updater_id: UUID
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None


class CustomerFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of customers is narrowed by; names, e-mails and codes compare exactly."""

    deleted_within: Interval | None = None
    company_ids: Sequence[UUID] | None = None
    emails: Sequence[str] | None = None
    first_names: Sequence[str] | None = None
    last_names: Sequence[str] | None = None
    loyalty_codes: Sequence[str] | None = None
