"""Programs."""

from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import loyalty
from tessera.access import chains as access_chains
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import Listing, PageQuery, make_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Version
from tessera.api.management.v1.shapes import show_as

OfChain = Annotated[
    UUID | None, Meta(description="Those of this chain only; a key that sees every chain has to name one.")
]

Name = Annotated[str, Meta(min_length=1, max_length=100)]
Kind = Literal["Hotel", "ExternalPartner", "SoftBrand", "Unknown"]
Subscription = Literal["Free", "Paid"]
Overdraft = Annotated[bool, Meta(description="Whether burns may take a balance below zero.")]


class ProgramQuery(PageQuery, frozen=True):
    """Which programs to list."""

    chain_id: OfChain = None
    code: Annotated[str | None, Meta(description="Those with this code only.")] = None


class NewProgram(Asked, frozen=True):
    """A program to make."""

    chain_id: UUID
    name: Name
    code: Annotated[str, Meta(min_length=1, max_length=50, description="What bookings are matched by; it stays.")]
    type: Kind = "Unknown"
    subscription: Subscription = "Free"
    number: Annotated[
        Annotated[int, Meta(ge=1, le=2_147_483_647)] | None, Meta(description="Null takes the chain's next one.")
    ] = None
    allows_overdraft: Overdraft = False


class ProgramChange(Asked, frozen=True):
    """What to change of a program; what is left out stays, and the code always."""

    name: Name | UnsetType = UNSET
    type: Kind | UnsetType = UNSET
    subscription: Subscription | UnsetType = UNSET
    allows_overdraft: Overdraft | UnsetType = UNSET


class Program(Struct, frozen=True):
    """A loyalty program of a chain."""

    id: UUID
    chain_id: UUID
    number: int
    name: str
    code: str
    type: Kind
    subscription: Subscription
    allows_overdraft: bool
    version: Version
    created_at: Moment
    updated_at: Moment


show_program = show_as(Program)


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


async def create_program(call: Call, body: NewProgram) -> Program:
    """Make a program."""
    await access_chains.check_chains(call.session, call.actor, [body.chain_id])
    new = loyalty.NewProgram(
        name=body.name,
        code=body.code,
        type=loyalty.ProgramType(body.type),
        subscription=body.subscription,
        number=body.number,
        allows_overdraft=body.allows_overdraft,
    )
    (made,) = await loyalty.create_programs(call.session, call.actor, body.chain_id, [new], now=call.now)
    return show_program(made)


async def get_program(call: Call, program_id: UUID) -> Program:
    """Read a program."""
    chain_id = await loyalty.find_place(call.session, call.actor, loyalty.Place.PROGRAM, program_id)
    narrowing = loyalty.ProgramFilter(chain_ids=[chain_id], ids=[program_id])
    (found,) = await loyalty.list_programs(call.session, call.actor, narrowing)
    return show_program(found)


async def update_program(call: Call, program_id: UUID, body: ProgramChange, if_match: int | None) -> Program:
    """Change a program."""
    place = loyalty.Place.PROGRAM
    chain_id = await loyalty.find_place(call.session, call.actor, place, program_id, version=if_match)
    change = loyalty.ProgramChange(
        id=program_id,
        name=body.name,
        type=UNSET if body.type is UNSET else loyalty.ProgramType(body.type),
        subscription=body.subscription,
        allows_overdraft=body.allows_overdraft,
    )
    (changed,) = await loyalty.update_programs(call.session, call.actor, chain_id, [change], now=call.now)
    return show_program(changed)


async def delete_program(call: Call, program_id: UUID, if_match: int | None) -> None:
    """Delete a program without active memberships, and its tiers with it."""
    place = loyalty.Place.PROGRAM
    chain_id = await loyalty.find_place(call.session, call.actor, place, program_id, version=if_match)
    await loyalty.delete_programs(call.session, call.actor, chain_id, [program_id], now=call.now)


EXAMPLE = {"chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef", "name": "Harbour Circle", "code": "CIRCLE"}
READ, WRITE = "programs:read", "programs:write"
ROUTES = (
    Route("GET", "/programs", READ, list_programs, made="/items/0/id"),
    Route("POST", "/programs", WRITE, create_program, status=201, example=EXAMPLE, made="/id"),
    Route("GET", "/programs/{program_id}", READ, get_program),
    Route("PATCH", "/programs/{program_id}", WRITE, update_program, example={"allows_overdraft": True}),
    Route("DELETE", "/programs/{program_id}", WRITE, delete_program),
)
