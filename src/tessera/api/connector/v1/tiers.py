"""`loyaltyTiers`: getAll, add, update, delete."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct

from tessera.api.connector.v1.calls import Call, Done, Operation
from tessera.api.connector.v1.changes import Change, read_required
from tessera.api.connector.v1.pages import PageRequest, read_page
from tessera.api.connector.v1.scalars import Ids, Number, read_int32
from tessera.loyalty import (
    NewTier,
    Tier,
    TierChange,
    TierFilter,
    create_tiers,
    delete_tiers,
    list_tiers,
    update_tiers,
)

Text50 = Annotated[str, Meta(min_length=1, max_length=50)]


class LoyaltyTier(Struct, rename="pascal"):
    """A tier as the contract shows it."""

    id: UUID
    loyalty_program_id: UUID
    name: str
    code: str
    ordering: int


class GetAllTiers(PageRequest, rename="pascal", kw_only=True):
    """Filters of the list; the programs are required."""

    loyalty_program_ids: Ids
    chain_ids: Ids | None = None
    loyalty_tier_ids: Ids | None = None


class TiersPage(Struct, rename="pascal"):
    """One page, and the id of its last item."""

    loyalty_tiers: list[LoyaltyTier]
    cursor: UUID | None


class TierParameters(Struct, rename="pascal", kw_only=True):
    """A tier to add."""

    loyalty_program_id: UUID
    name: Text50
    code: Text50
    ordering: Number


class AddTiers(Struct, rename="pascal", kw_only=True):
    """Tiers to add."""

    loyalty_tiers: Annotated[list[TierParameters], Meta(min_length=1, max_length=1000)]
    chain_id: str | None = None


class TierUpdate(Struct, rename="pascal", kw_only=True):
    """What to change of a tier; its program stays."""

    loyalty_tier_id: UUID
    name: Change[Text50] | Text50 | None = None
    code: Change[Text50] | Text50 | None = None
    ordering: Change[Number] | Number | None = None


class UpdateTiers(Struct, rename="pascal", kw_only=True):
    """Tiers to change; their chains follow from their ids."""

    loyalty_tier_updates: Annotated[list[TierUpdate], Meta(min_length=1, max_length=1000)]


class DeleteTiers(Struct, rename="pascal", kw_only=True):
    """Tiers to delete; their chains follow from their ids."""

    loyalty_tier_ids: Ids


class LoyaltyTiers(Struct, rename="pascal"):
    """The added or changed tiers in request order."""

    loyalty_tiers: list[LoyaltyTier]


async def get_all(call: Call, request: GetAllTiers) -> TiersPage:
    """List tiers, newest first, whatever their ordering."""
    narrowing = TierFilter(
        **read_page(call, request),
        ids=request.loyalty_tier_ids,
        program_ids=request.loyalty_program_ids,
        chain_ids=call.check_chains(request.chain_ids),
    )
    tiers = [show(tier) for tier in await list_tiers(call.access, call.actor, narrowing)]
    return TiersPage(tiers, tiers[-1].id if tiers else None)


async def add(call: Call, request: AddTiers) -> LoyaltyTiers:
    """Add tiers."""
    items = [
        NewTier(
            program_id=item.loyalty_program_id,
            name=item.name,
            code=item.code,
            ordering=read_int32(item.ordering, "LoyaltyTiers", place, "Ordering"),
        )
        for place, item in enumerate(request.loyalty_tiers)
    ]
    chain_id = call.chain_to_write(request.chain_id)
    tiers = await create_tiers(call.session, call.actor, chain_id, items, now=call.now)
    return LoyaltyTiers([show(tier) for tier in tiers])


async def update(call: Call, request: UpdateTiers) -> LoyaltyTiers:
    """Change tiers."""
    changes = [read_update(item, place, strict=call.strict) for place, item in enumerate(request.loyalty_tier_updates)]
    tiers = await update_tiers(call.session, call.actor, None, changes, now=call.now)
    return LoyaltyTiers([show(tier) for tier in tiers])


async def delete(call: Call, request: DeleteTiers) -> Done:
    """Delete tiers; memberships that have one lose it."""
    await delete_tiers(call.session, call.actor, None, request.loyalty_tier_ids, now=call.now)
    return Done()


def read_update(item: TierUpdate, place: int, *, strict: bool) -> TierChange:
    """Return what to change."""
    way = "LoyaltyTierUpdates", place
    ordering = read_required(item.ordering, *way, "Ordering", strict=strict)
    return TierChange(
        id=item.loyalty_tier_id,
        name=read_required(item.name, *way, "Name", strict=strict),
        code=read_required(item.code, *way, "Code", strict=strict),
        ordering=UNSET if ordering is UNSET else read_int32(ordering, *way, "Ordering"),
    )


def show(tier: Tier) -> LoyaltyTier:
    """Return the tier as the contract shows it."""
    return LoyaltyTier(tier.id, tier.program_id, tier.name, tier.code, tier.ordering)


ADDRESS = "/api/connector/v1/loyaltyTiers"
OPERATIONS = (
    Operation(f"{ADDRESS}/getAll", "programs:read", GetAllTiers, TiersPage, get_all, paged=True, reads=True),
    Operation(f"{ADDRESS}/add", "programs:write", AddTiers, LoyaltyTiers, add),
    Operation(f"{ADDRESS}/update", "programs:write", UpdateTiers, LoyaltyTiers, update),
    Operation(
        f"{ADDRESS}/delete", "programs:write", DeleteTiers, Done, delete, named={"tier_not_found": "LoyaltyTierIds"}
    ),
)
