"""Programs and tiers."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import loyalty
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.reading import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment
from tessera.api.management.v1.shapes import show_as

OfChain = Annotated[
    UUID | None, Meta(description="Those of this chain only; a key that sees every chain has to name one.")
]


class ProgramQuery(PageQuery, frozen=True):
    """Which programs to list."""

    chain_id: OfChain = None
    code: Annotated[str | None, Meta(description="Those with this code only.")] = None


class TierQuery(PageQuery, frozen=True):
    """Which tiers to list."""

    chain_id: OfChain = None
    program_id: Annotated[UUID | None, Meta(description="Those of this program only.")] = None


class ProgramChange(Asked, frozen=True):
    """What to change of a program; what is left out stays."""

    allows_overdraft: Annotated[bool | UnsetType, Meta(description="Whether burns may take a balance below zero.")] = (
        UNSET
    )


class Program(Struct, frozen=True):
    """A loyalty program of a chain."""

    id: UUID
    chain_id: UUID
    number: int
    name: str
    code: str
    type: Literal["Hotel", "ExternalPartner", "SoftBrand", "Unknown"]
    subscription: Literal["Free", "Paid"]
    allows_overdraft: bool
    created_at: Moment
    updated_at: Moment


class Tier(Struct, frozen=True):
    """A level in a program; `ordering` is its rank."""

    id: UUID
    chain_id: UUID
    program_id: UUID
    name: str
    code: str
    ordering: int
    created_at: Moment
    updated_at: Moment


show_program = show_as(Program)
show_tier = show_as(Tier)


def narrow(query: Any) -> dict[str, Any]:
    """Return what every list of the loyalty room is narrowed by."""
    chain_ids = None if query.chain_id is None else [query.chain_id]
    return {"chain_ids": chain_ids, "count": query.limit + 1, "cursor": query.after}


async def list_programs(call: Call, query: ProgramQuery) -> Listing[Program]:
    """List programs, newest first."""
    codes = None if query.code is None else [query.code]
    narrowing = loyalty.ProgramFilter(codes=codes, **narrow(query))
    found = await loyalty.list_programs(call.session, call.actor, narrowing)
    return make_page(found, query.limit, show_program)


async def update_program(call: Call, program_id: UUID, body: ProgramChange) -> Program:
    """Change a program."""
    chain_id = await loyalty.get_program_chain(call.session, call.actor, program_id)
    change = loyalty.ProgramChange(id=program_id, allows_overdraft=body.allows_overdraft)
    (changed,) = await loyalty.update_programs(call.session, call.actor, chain_id, [change], now=call.now)
    return show_program(changed)


async def list_tiers(call: Call, query: TierQuery) -> Listing[Tier]:
    """List tiers, newest first."""
    program_ids = None if query.program_id is None else [query.program_id]
    narrowing = loyalty.TierFilter(program_ids=program_ids, **narrow(query))
    found = await loyalty.list_tiers(call.session, call.actor, narrowing)
    return make_page(found, query.limit, show_tier)


ROUTES = (
    Route("GET", "/programs", "programs:read", list_programs, made="/items/0/id"),
    Route("PATCH", "/programs/{program_id}", "programs:write", update_program, example={"allows_overdraft": True}),
    Route("GET", "/tiers", "programs:read", list_tiers),
)
