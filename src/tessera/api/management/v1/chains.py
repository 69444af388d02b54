"""Chains and their enterprises."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera.access import chains as access_chains
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, cut_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Text
from tessera.api.management.v1.shapes import show_as

Code = Annotated[str, Meta(min_length=2, max_length=35)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]
Zone = Annotated[str, Meta(min_length=1, max_length=64, examples=["Europe/Berlin"])]


class NewChain(Asked, frozen=True):
    """A chain to make."""

    name: Text


class Chain(Struct, frozen=True):
    """A group of enterprises that shares loyalty data."""

    id: UUID
    name: str
    created_at: Moment
    updated_at: Moment
    archived_at: Moment | None


class ChainQuery(PageQuery, frozen=True):
    """Which chains to list."""

    archived: Annotated[bool, Meta(description="Archived chains too.")] = False


class ChainChange(Asked, frozen=True):
    """What to change of a chain; what is left out stays."""

    name: Text | UnsetType = UNSET
    archived: Annotated[
        bool | UnsetType,
        Meta(description="Whether it is out of every list, its access tokens stopped and its name free."),
    ] = UNSET


class NewAddress(Asked, frozen=True):
    """A postal address to keep; every line may be missing."""

    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    postal_code: Text | None = None
    country_code: Annotated[str, Meta(pattern="^[A-Z]{2}$", examples=["DE"])] | None = None
    country_subdivision_code: Code | None = None


class NewEnterprise(Asked, frozen=True):
    """An enterprise to make; what is left out is as for a British property."""

    chain_id: UUID
    name: Text
    short_name: Text | None = None
    external_id: Text | None = None
    time_zone: Zone = "Europe/London"
    legal_environment_code: Code = "GB"
    accommodation_environment_code: Code = "GB"
    accounting_environment_code: Code = "GB"
    tax_environment_code: Code = "GB"
    default_language_code: Code = "en-GB"
    currency_code: Currency = "GBP"
    pricing: Literal["Gross", "Net"] = "Gross"
    tax_identifier: Text | None = None
    website_url: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    address: NewAddress = NewAddress()


class EnterpriseQuery(PageQuery, frozen=True):
    """Which enterprises to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None


class Address(Struct, frozen=True):
    """A postal address."""

    line1: str | None
    line2: str | None
    city: str | None
    postal_code: str | None
    country_code: str | None
    country_subdivision_code: str | None


class Enterprise(Struct, frozen=True):
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
    pricing: Literal["Gross", "Net"]
    tax_identifier: str | None
    website_url: str | None
    email: str | None
    phone: str | None
    address: Address
    created_at: Moment
    updated_at: Moment


show_chain = show_as(Chain)
show_enterprise = show_as(Enterprise)


async def list_chains(call: Call, query: ChainQuery) -> Listing[Chain]:
    """List the chains that the key sees, by name."""
    found = await access_chains.list_chains(call.session, call.actor, archived=query.archived)
    return cut_page(found, query, show_chain)


async def create_chain(call: Call, body: NewChain) -> Chain:
    """Make a chain.

    Only a key that sees every chain may: no other could see the new one.
    """
    (chain,) = await access_chains.create_chains(call.session, call.actor, [body.name], now=call.now)
    return show_chain(chain)


async def update_chain(call: Call, chain_id: UUID, body: ChainChange) -> Chain:
    """Rename a chain, archive it or bring it back."""
    chain = await access_chains.get_chain(call.session, call.actor, chain_id)
    # An archived chain whose name another one has comes back under the new name.
    if body.name is not UNSET:
        chain = await access_chains.rename_chain(call.session, call.actor, chain_id, body.name, now=call.now)
    if body.archived is False:
        chain = await access_chains.restore_chain(call.session, call.actor, chain_id, now=call.now)
    if body.archived is True:
        chain = await access_chains.archive_chain(call.session, call.actor, chain_id, now=call.now)
    return show_chain(chain)


async def list_enterprises(call: Call, query: EnterpriseQuery) -> Listing[Enterprise]:
    """List enterprises, oldest first."""
    if query.chain_id is not None:
        await access_chains.check_chains(call.session, call.actor, [query.chain_id])
    found = await access_chains.list_enterprises(call.session, call.actor, chain_id=query.chain_id)
    return cut_page(found, query, show_enterprise)


async def create_enterprise(call: Call, body: NewEnterprise) -> Enterprise:
    """Make an enterprise of a chain."""
    members = {name: getattr(body, name) for name in body.__struct_fields__ if name not in {"chain_id", "address"}}
    lines = {name: getattr(body.address, name) for name in body.address.__struct_fields__}
    new = access_chains.NewEnterprise(**members, address=access_chains.Address(**lines))
    (made,) = await access_chains.create_enterprises(call.session, call.actor, body.chain_id, [new], now=call.now)
    return show_enterprise(made)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "name": "Harbour House",
    "time_zone": "Europe/Berlin",
    "currency_code": "EUR",
}
ROUTES = (
    Route("GET", "/chains", "chains:read", list_chains),
    Route("POST", "/chains", "chains:write", create_chain, status=201, example={"name": "Harbour Hotels"}),
    Route("PATCH", "/chains/{chain_id}", "chains:write", update_chain, example={"name": "Harbour Hotels & Inns"}),
    Route("GET", "/enterprises", "chains:read", list_enterprises),
    Route("POST", "/enterprises", "chains:write", create_enterprise, status=201, example=EXAMPLE),
)
