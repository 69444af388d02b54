"""`configuration/get`: where every client begins, to learn its chain."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from tessera.access.chains import Address, list_enterprises
from tessera.access.chains import Enterprise as StoredEnterprise
from tessera.api.connector.v1.calls import Call, Operation
from tessera.api.connector.v1.refusals import CredentialsError, invalid
from tessera.api.connector.v1.scalars import write_moment
from tessera.platform.ids import parse_id

# Tessera keeps no accounting, so nothing there closes: the longest interval that clients are known to read.
EDITABLE = "P0Y1M0DT0H0M0S"


class EnterpriseAddress(Struct, rename="pascal", kw_only=True):
    """An address as the contract shows it."""

    id: UUID
    line1: str | None
    line2: str | None
    city: str | None
    postal_code: str | None
    country_code: str | None
    country_subdivision_code: str | None
    latitude: float | None = None
    longitude: float | None = None


class SubscriptionData(Struct, rename="pascal"):
    """What the enterprise is known by to the tax office."""

    tax_identifier: str | None


class AcceptedCurrency(Struct, rename="pascal"):
    """A currency of the enterprise."""

    currency: str
    is_default: bool = True
    is_enabled: bool = True


class EnterpriseData(Struct, rename="pascal", kw_only=True):
    """What every operation shows of an enterprise."""

    id: UUID
    chain_id: UUID
    chain_name: str
    created_utc: str
    updated_utc: str
    name: str
    time_zone_identifier: str
    legal_environment_code: str
    accommodation_environment_code: str
    accounting_environment_code: str
    tax_environment_code: str
    default_language_code: str
    editable_history_interval: str = EDITABLE
    accounting_editable_history_interval: str = EDITABLE
    operational_editable_history_interval: str = EDITABLE
    pricing: str
    address_id: UUID
    address: EnterpriseAddress
    group_names: list[str]
    subscription: SubscriptionData
    external_identifier: str | None
    holding_key: str | None = None
    short_name: str | None
    business_day_closing_offset: str | None = None
    website_url: str | None
    email: str | None
    phone: str | None
    logo_image_id: UUID | None = None
    cover_image_id: UUID | None = None
    tax_precision: int | None = None


class Enterprise(EnterpriseData, rename="pascal", kw_only=True):
    """An enterprise as the configuration shows it."""

    currencies: list[AcceptedCurrency]
    accounting_configuration: None = None
    is_portfolio: bool


class GetConfiguration(Struct, rename="pascal"):
    """Which enterprise a portfolio token asks about."""

    enterprise_id: str | None = None


class Configuration(Struct, rename="pascal"):
    """The server's time and the enterprise."""

    now_utc: str
    enterprise: Enterprise
    service: None = None
    payment_card_storage: None = None
    is_identity_document_number_required: bool = False


async def get(call: Call, request: GetConfiguration) -> Configuration:
    """Show the token's enterprise, or the one that a portfolio token picks, or a stand-in for the whole portfolio."""
    picked = parse_id(request.enterprise_id or "") if call.portfolio else None
    if call.portfolio and request.enterprise_id and picked not in call.enterprise_ids:
        raise invalid("EnterpriseId")
    found = await list_enterprises(call.access, call.actor, ids=[picked or call.enterprise_ids[0]])
    if not found:
        # Credentials are remembered for a moment, in which the chain was archived.
        raise CredentialsError("Invalid ClientToken or AccessToken.")
    (stored,) = found
    currencies = [AcceptedCurrency(stored.currency_code)]
    enterprise = Enterprise(**describe(stored), currencies=currencies, is_portfolio=False)
    if call.portfolio and picked is None:
        enterprise = replace(enterprise, id=call.actor.id, name=call.actor.name, is_portfolio=True)
    return Configuration(write_moment(call.now), enterprise)


def describe(stored: StoredEnterprise) -> dict[str, Any]:
    """Return what every operation shows of the enterprise."""
    return {
        "id": stored.id,
        "chain_id": stored.chain_id,
        "chain_name": stored.chain_name,
        "created_utc": write_moment(stored.created_at),
        "updated_utc": write_moment(stored.updated_at),
        "name": stored.name,
        "time_zone_identifier": stored.time_zone,
        "legal_environment_code": stored.legal_environment_code,
        "accommodation_environment_code": stored.accommodation_environment_code,
        "accounting_environment_code": stored.accounting_environment_code,
        "tax_environment_code": stored.tax_environment_code,
        "default_language_code": stored.default_language_code,
        "pricing": stored.pricing,
        "address_id": stored.address_id,
        "address": show_address(stored.address_id, stored.address),
        "group_names": [],
        "subscription": SubscriptionData(stored.tax_identifier),
        "external_identifier": stored.external_id,
        "short_name": stored.short_name,
        "website_url": stored.website_url,
        "email": stored.email,
        "phone": stored.phone,
    }


def show_address(address_id: UUID, address: Address) -> EnterpriseAddress:
    """Return the address as the contract shows it."""
    return EnterpriseAddress(
        id=address_id,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        postal_code=address.postal_code,
        country_code=address.country_code,
        country_subdivision_code=address.country_subdivision_code,
    )


OPERATIONS = (Operation("/api/connector/v1/configuration/get", None, GetConfiguration, Configuration, get, reads=True),)
