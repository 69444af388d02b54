"""Customers as values; companies share their table and have values of their own."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from tessera.access.chains import Address
from tessera.platform.list_filters import Interval, Narrowing

Title = Literal["Mister", "Miss", "Misses"]
Sex = Literal["Male", "Female"]


class PersonalData(Struct, frozen=True, kw_only=True):
    """What describes a customer."""

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


class CustomerChange(Struct, frozen=True, kw_only=True):
    """What to change of a customer: UNSET keeps, None clears.

    Classifications and options are either given whole, or as a mapping of those that change. Of an address, lines that
    are None stay as they are.
    """

    id: UUID
    external_id: str | UnsetType | None = UNSET
    last_name: str | UnsetType = UNSET
    title: Title | UnsetType | None = UNSET
    sex: Sex | UnsetType | None = UNSET
    birth_date: date | UnsetType | None = UNSET
    company_id: UUID | UnsetType | None = UNSET
    first_name: str | UnsetType | None = UNSET
    second_last_name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    birth_country_code: str | UnsetType | None = UNSET
    birth_country_subdivision_code: str | UnsetType | None = UNSET
    birth_place: str | UnsetType | None = UNSET
    occupation: str | UnsetType | None = UNSET
    nationality_code: str | UnsetType | None = UNSET
    preferred_language_code: str | UnsetType | None = UNSET
    loyalty_code: str | UnsetType | None = UNSET
    tax_identification_number: str | UnsetType | None = UNSET
    accounting_code: str | UnsetType | None = UNSET
    billing_code: str | UnsetType | None = UNSET
    notes: str | UnsetType | None = UNSET
    car_registration_number: str | UnsetType | None = UNSET
    dietary_requirements: str | UnsetType | None = UNSET
    italian_destination_code: str | UnsetType | None = UNSET
    italian_fiscal_code: str | UnsetType | None = UNSET
    italian_lottery_code: str | UnsetType | None = UNSET
    classifications: Sequence[str] | dict[str, bool] | UnsetType = UNSET
    options: Sequence[str] | dict[str, bool] | UnsetType = UNSET
    address: Address | UnsetType = UNSET


class CustomerFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of customers is narrowed by; names and codes compare exactly, e-mail addresses in any case."""

    deleted_within: Interval | None = None
    external_ids: Sequence[str] | None = None
    company_ids: Sequence[UUID] | None = None
    emails: Sequence[str] | None = None
    first_names: Sequence[str] | None = None
    last_names: Sequence[str] | None = None
    loyalty_codes: Sequence[str] | None = None
