"""`loyaltyPrograms`: getAll, add, update, delete."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.changes import Change, read_required
from tessera.api.connector.v1.pages import PageRequest, read_page
from tessera.api.connector.v1.refusals import invalid
from tessera.api.connector.v1.scalars import Ids, Texts, TimeInterval, read_interval
from tessera.loyalty import (
    NewProgram,
    Program,
    ProgramChange,
    ProgramFilter,
    ProgramType,
    Subscription,
    create_programs,
    delete_programs,
    list_programs,
    update_programs,
)

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class LoyaltyProgram(Struct, rename="pascal"):
    """A program as the contract shows it."""

    id: UUID
    chain_id: UUID
    name: str
    code: str
    type: ProgramType
    subscription: Subscription


class GetAllPrograms(PageRequest, rename="pascal", kw_only=True):
    """Filters of the list."""

    chain_ids: Ids | None = None
    loyalty_program_ids: Ids | None = None
    codes: Texts | None = None
    created_utc: TimeInterval | None = None


class ProgramsPage(Struct, rename="pascal"):
    """One page, and the id of its last item."""

    loyalty_programs: list[LoyaltyProgram]
    cursor: UUID | None


class ProgramParameters(Struct, rename="pascal", kw_only=True):
    """A program to add. Clients of 2022 name the chain here, by an old name, and give neither type nor subscription."""

    name: Name
    code: Annotated[str, Meta(min_length=1, max_length=50)]
    type: ProgramType | None = None
    subscription: Subscription | None = None
    data_cluster_id: str | None = None


class AddPrograms(Struct, rename="pascal", kw_only=True):
    """Programs to add."""

    loyalty_programs: Annotated[list[ProgramParameters], Meta(min_length=1, max_length=1000)]
    chain_id: str | None = None


class ProgramUpdate(Struct, rename="pascal", kw_only=True):
    """What to change of a program; its code stays."""

    loyalty_program_id: UUID
    name: Change[Name] | Name | None = None
    type: Change[ProgramType] | ProgramType | None = None
    subscription: Change[Subscription] | Subscription | None = None


class UpdatePrograms(Struct, rename="pascal", kw_only=True):
    """Programs to change."""

    loyalty_program_updates: Annotated[list[ProgramUpdate], Meta(min_length=1, max_length=1000)]
    chain_id: str | None = None


class DeletePrograms(Struct, rename="pascal", kw_only=True):
    """Programs to delete; their chains follow from their ids."""

    loyalty_program_ids: Ids


class LoyaltyPrograms(Struct, rename="pascal"):
    """The added or changed programs in request order."""

    loyalty_programs: list[LoyaltyProgram]


async def get_all(call: Call, request: GetAllPrograms) -> ProgramsPage:
    """List programs, newest first."""
    narrowing = ProgramFilter(
        **read_page(call, request),
        ids=request.loyalty_program_ids,
        created_within=read_interval(request.created_utc, "CreatedUtc"),
        codes=request.codes,
        chain_ids=call.check_chains(request.chain_ids),
    )
    programs = [show(program) for program in await list_programs(call.access, call.actor, narrowing)]
    return ProgramsPage(programs, programs[-1].id if programs else None)


async def add(call: Call, request: AddPrograms) -> LoyaltyPrograms:
    """Add programs."""
    items = [read_parameters(item, place, strict=call.strict) for place, item in enumerate(request.loyalty_programs)]
    chain_id = call.chain_to_write(request.chain_id or (find_cluster(request) if call.portfolio else None))
    programs = await create_programs(call.session, call.actor, chain_id, items, now=call.now)
    return LoyaltyPrograms([show(program) for program in programs])


async def update(call: Call, request: UpdatePrograms) -> LoyaltyPrograms:
    """Change programs."""
    changes = [
        read_update(item, place, strict=call.strict) for place, item in enumerate(request.loyalty_program_updates)
    ]
    chain_id = call.chain_to_write(request.chain_id)
    programs = await update_programs(call.session, call.actor, chain_id, changes, now=call.now)
    return LoyaltyPrograms([show(program) for program in programs])


async def delete(call: Call, request: DeletePrograms) -> Done:
    """Delete programs without active memberships, and their tiers."""
    await delete_programs(call.session, call.actor, None, request.loyalty_program_ids, now=call.now)
    return Done()


def read_parameters(item: ProgramParameters, place: int, *, strict: bool) -> NewProgram:
    """Return the program to create."""
    if strict and item.type is None:
        raise invalid("LoyaltyPrograms", place, "Type")
    if strict and item.subscription is None:
        raise invalid("LoyaltyPrograms", place, "Subscription")
    return NewProgram(
        name=item.name,
        code=item.code,
        type=item.type or ProgramType.UNKNOWN,
        subscription=item.subscription or "Free",
    )


def read_update(item: ProgramUpdate, place: int, *, strict: bool) -> ProgramChange:
    """Return what to change."""
    way = "LoyaltyProgramUpdates", place
    return ProgramChange(
        id=item.loyalty_program_id,
        name=read_required(item.name, *way, "Name", strict=strict),
        type=read_required(item.type, *way, "Type", strict=strict),
        subscription=read_required(item.subscription, *way, "Subscription", strict=strict),
    )


def find_cluster(request: AddPrograms) -> str | None:
    """Return the chain that the items name, all of them the same one."""
    named = {item.data_cluster_id.lower() for item in request.loyalty_programs if item.data_cluster_id}
    if len(named) > 1:
        raise invalid("DataClusterId")
    return named.pop() if named else None


def show(program: Program) -> LoyaltyProgram:
    """Return the program as the contract shows it."""
    return LoyaltyProgram(program.id, program.chain_id, program.name, program.code, program.type, program.subscription)


ADDRESS = "/api/connector/v1/loyaltyPrograms"
OPERATIONS = (
    Operation(f"{ADDRESS}/getAll", "programs:read", GetAllPrograms, ProgramsPage, get_all, paged=True, reads=True),
    Operation(f"{ADDRESS}/add", "programs:write", AddPrograms, LoyaltyPrograms, add),
    Operation(f"{ADDRESS}/update", "programs:write", UpdatePrograms, LoyaltyPrograms, update),
    Operation(
        f"{ADDRESS}/delete",
        "programs:write",
        DeletePrograms,
        Done,
        delete,
        named={"program_not_found": "LoyaltyProgramIds"},
    ),
)
