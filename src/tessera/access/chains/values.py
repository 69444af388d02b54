"""Chains and enterprises as values."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from tessera.platform.list_filters import Interval

# Whether an enterprise's prices hold taxes.
Pricing = Literal["Gross", "Net"]


class Address(Struct, frozen=True, kw_only=True):
    """A postal address; every line may be missing."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    country_subdivision_code: str | None = None


class Chain(Struct, frozen=True):
    """A group of enterprises that shares loyalty data."""

    id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None


class NewEnterprise(Struct, frozen=True, kw_only=True):
    """An enterprise to create; the codes default to a British property's."""

    name: str
    id: UUID | None = None
    short_name: str | None = None
    external_id: str | None = None
    time_zone: str = "Europe/London"
    legal_environment_code: str = "GB"
    accommodation_environment_code: str = "GB"
    accounting_environment_code: str = "GB"
    tax_environment_code: str = "GB"
    default_language_code: str = "en-GB"
    currency_code: str = "GBP"
    pricing: Pricing = "Gross"
    tax_identifier: str | None = None
    website_url: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address = Address()


class Enterprise(Struct, frozen=True, kw_only=True):
    """One property of a chain."""

    id: UUID
    chain_id: UUID
    chain_name: str
    name: str
    short_name: str | None
    external_id: str | None
    enabled: bool
    time_zone: str
    legal_environment_code: str
    accommodation_environment_code: str
    accounting_environment_code: str
    tax_environment_code: str
    default_language_code: str
    currency_code: str
    pricing: Pricing
    tax_identifier: str | None
    website_url: str | None
    email: str | None
    phone: str | None
    address_id: UUID
    address: Address
    created_at: datetime
    updated_at: datetime


class LinkedEnterprise(Struct, frozen=True):
    """An enterprise that an access token reaches, and since when."""

    enterprise: Enterprise
    linked_at: datetime


class EnterpriseFilter(Struct, frozen=True, kw_only=True):
    """What a list of an access token's enterprises is narrowed by; external ids compare exactly."""

    ids: Sequence[UUID] | None = None
    external_ids: Sequence[str] | None = None
    linked_within: Interval | None = None
    updated_within: Interval | None = None
    count: int = 1000
    cursor: UUID | None = None
