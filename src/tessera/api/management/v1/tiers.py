"""Tiers: the levels of programs."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import loyalty
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.programs import OfChain, narrow
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Version
from tessera.api.management.v1.shapes import show_as

Name = Annotated[str, Meta(min_length=1, max_length=50)]
Code = Annotated[str, Meta(min_length=1, max_length=50, description="Its own within the program.")]
Ordering = Annotated[int, Meta(ge=0, le=2_147_483_647, description="Its rank.")]


class TierQuery(PageQuery, frozen=True):
    """Which tiers to list."""

    chain_id: OfChain = None
    program_id: Annotated[UUID | None, Meta(description="Those of this program only.")] = None


class NewTier(Asked, frozen=True):
    """A tier to make."""

    program_id: UUID
    name: Name
    code: Code
    ordering: Ordering


class TierChange(Asked, frozen=True):
    """What to change of a tier; what is left out stays."""

    name: Name | UnsetType = UNSET
    code: Code | UnsetType = UNSET
    ordering: Ordering | UnsetType = UNSET


class Tier(Struct, frozen=True):
    """A level in a program; `ordering` is its rank."""

    id: UUID
    chain_id: UUID
    program_id: UUID
    name: str
    code: str
    ordering: int
    version: Version
    created_at: Moment
    updated_at: Moment


show_tier = show_as(Tier)


async def list_tiers(call: Call, query: TierQuery) -> Listing[Tier]:
    """List tiers, newest first."""
    program_ids = None if query.program_id is None else [query.program_id]
    narrowing = loyalty.TierFilter(program_ids=program_ids, **narrow(query))
    found = await loyalty.list_tiers(call.session, call.actor, narrowing)
    return make_page(found, query.limit, show_tier)


async def create_tier(call: Call, body: NewTier) -> Tier:
    """Make a tier of a program."""
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.PROGRAM, body.program_id)
    new = loyalty.NewTier(program_id=body.program_id, name=body.name, code=body.code, ordering=body.ordering)
    (made,) = await loyalty.create_tiers(call.session, call.actor, chain_id, [new], now=call.now)
    return show_tier(made)


async def get_tier(call: Call, tier_id: UUID) -> Tier:
    """Read a tier."""
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.TIER, tier_id)
    narrowing = loyalty.TierFilter(chain_ids=[chain_id], ids=[tier_id])
    (found,) = await loyalty.list_tiers(call.session, call.actor, narrowing)
    return show_tier(found)


async def update_tier(call: Call, tier_id: UUID, body: TierChange, if_match: int | None) -> Tier:
    """Change a tier."""
    place = loyalty.Place.TIER
    chain_id = await loyalty.find_place(call.session, call.actor, place, tier_id, version=if_match)
    change = loyalty.TierChange(id=tier_id, name=body.name, code=body.code, ordering=body.ordering)
    (changed,) = await loyalty.update_tiers(call.session, call.actor, chain_id, [change], now=call.now)
    return show_tier(changed)


async def delete_tier(call: Call, tier_id: UUID, if_match: int | None) -> None:
    """Delete a tier; memberships that have it are left without one."""
    place = loyalty.Place.TIER
    chain_id = await loyalty.find_place(call.session, call.actor, place, tier_id, version=if_match)
    await loyalty.delete_tiers(call.session, call.actor, chain_id, [tier_id], now=call.now)


EXAMPLE = {"program_id": "0190b3c4-5d6e-7f80-9123-456789abcdef", "name": "Gold", "code": "GOLD", "ordering": 2}
READ, WRITE = "programs:read", "programs:write"
ROUTES = (
    Route("GET", "/tiers", READ, list_tiers, made="/items/0/id"),
    Route("POST", "/tiers", WRITE, create_tier, status=201, example=EXAMPLE, made="/id"),
    Route("GET", "/tiers/{tier_id}", READ, get_tier),
    Route("PATCH", "/tiers/{tier_id}", WRITE, update_tier, example={"ordering": 3}),
    Route("DELETE", "/tiers/{tier_id}", WRITE, delete_tier),
)
