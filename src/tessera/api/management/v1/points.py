"""Points: reading the ledger, and moving points."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from tessera import loyalty
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import LARGEST_PAGE, Listing
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Moment, Points, Reason
from tessera.api.management.v1.shapes import show_as

MOST = 1000
Sequential = Annotated[int, Meta(ge=1, le=9_223_372_036_854_775_807)]
Correction = Annotated[
    int,
    Meta(
        ge=-2_147_483_648, le=2_147_483_647, description="Points to add, or to take where below zero.", examples=[-20]
    ),
]


class MovementQuery(Asked, frozen=True):
    """Which page of a membership's movements."""

    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many at most.")] = 100
    after: Annotated[Sequential | None, Meta(description="`next` of the page before.")] = None


class BalanceQuery(Asked, frozen=True):
    """At which instant."""

    at: Annotated[Moment | None, Meta(description="Without it: now.")] = None


class Earning(Asked, frozen=True):
    """Points to give."""

    points: Points
    reason: Reason | None = None
    active_at: Annotated[Moment | None, Meta(description="From when on they can be spent.")] = None
    expires_at: Annotated[Moment | None, Meta(description="When what is left of them leaves.")] = None


class Burning(Asked, frozen=True):
    """Points to spend."""

    points: Points
    reason: Reason | None = None


class Adjustment(Asked, frozen=True):
    """A correction by hand."""

    points: Correction
    reason: Reason


class Reversal(Asked, frozen=True):
    """A movement to undo by its opposite."""

    sequence: Sequential
    reason: Reason


class Transfer(Asked, frozen=True):
    """Points to pass from one membership to another of the same chain."""

    from_membership_id: UUID
    to_membership_id: UUID
    points: Points
    reason: Reason | None = None


class EarningOf(Earning, frozen=True, kw_only=True):
    """Points to give to one of several memberships."""

    membership_id: UUID


class BurningOf(Burning, frozen=True, kw_only=True):
    """Points to spend of one of several memberships."""

    membership_id: UUID


class AdjustmentOf(Adjustment, frozen=True, kw_only=True):
    """A correction of one of several memberships."""

    membership_id: UUID


class Earnings(Asked, frozen=True):
    """Points to give, all or none."""

    items: Annotated[list[EarningOf], Meta(min_length=1, max_length=MOST)]


class Burnings(Asked, frozen=True):
    """Points to spend, all or none."""

    items: Annotated[list[BurningOf], Meta(min_length=1, max_length=MOST)]


class Adjustments(Asked, frozen=True):
    """Corrections, all or none."""

    items: Annotated[list[AdjustmentOf], Meta(min_length=1, max_length=MOST)]


class Origin(Struct, frozen=True):
    """What a movement came from."""

    kind: Annotated[str, Meta(description="What sort of record it is.", examples=["submission"])]
    id: UUID
    row: Annotated[int | None, Meta(description="Which row of the record.")]
    rule_version: Annotated[int | None, Meta(description="The version of the rule that counted the points.")]


class Movement(Struct, frozen=True):
    """One line of the ledger."""

    membership_id: UUID
    sequence: int
    kind: Literal["set", "earn", "burn", "adjust", "expire", "reverse"]
    points: int
    balance: Annotated[int, Meta(description="The membership's points after it.")]
    source: Annotated[str, Meta(description="What sort of actor moved the points.", examples=["api_key"])]
    actor_id: UUID | None
    reason: str | None
    idempotency_key: str | None
    created_at: Moment
    active_at: Moment | None
    expires_at: Moment | None
    transfer_id: UUID | None
    reverses: Annotated[int | None, Meta(description="The sequence of the movement that it undoes.")]
    origin: Annotated[Origin | None, Meta(description="Null for a movement that was made by itself.")]


class Movements(Struct, frozen=True):
    """Movements, in the order of what was asked for."""

    items: Sequence[Movement]


class Expiring(Struct, frozen=True):
    """Points that leave at a moment, unless they are spent before."""

    at: Moment
    points: int


class Balance(Struct, frozen=True):
    """A membership's points at an instant."""

    membership_id: UUID
    at: Moment
    balance: Annotated[int | None, Meta(description="Null while it keeps no points.")]
    spendable: Annotated[int | None, Meta(description="What a burn can take; null for the past.")]
    pending: Annotated[int | None, Meta(description="Part of the balance, not to be spent yet; null for the past.")]
    expiring: Annotated[Expiring | None, Meta(description="What leaves next.")]


show_movement = show_as(Movement)
show_balance = show_as(Balance)


def show_movements(made: Sequence[loyalty.Movement]) -> Movements:
    """Return the shape of several movements."""
    return Movements([show_movement(movement) for movement in made])


def members_of(asked: Struct) -> dict[str, Any]:
    """Return what was asked for as the loyalty room names it."""
    return {name: getattr(asked, name) for name in asked.__struct_fields__}


def keyed(items: Sequence[Any], key: str) -> Iterator[dict[str, Any]]:
    """Yield the items with a key each: the call's, numbered from a membership's second item on.

    The numbers count by membership, so that the same items in another order are still the same call.
    """
    seen: Counter[UUID] = Counter()
    for item in items:
        seen[item.membership_id] += 1
        count = seen[item.membership_id]
        yield {**members_of(item), "idempotency_key": key if count == 1 else f"{key}/{count}"}


async def list_points_movements(call: Call, membership_id: UUID, query: MovementQuery) -> Listing[Movement]:
    """List the points movements of a membership, newest first."""
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    found = await loyalty.list_movements(
        call.session, call.actor, chain_id, membership_id, before=query.after, count=query.limit + 1
    )
    following = str(found[query.limit - 1].sequence) if len(found) > query.limit else None
    return Listing([show_movement(movement) for movement in found[: query.limit]], following)


async def get_balance(call: Call, membership_id: UUID, query: BalanceQuery) -> Balance:
    """Read a membership's points at an instant.

    In the past it is the sum of the movements until then; in the future what is left if no points are earned or spent.
    """
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    balance = await loyalty.get_balance(call.session, call.actor, chain_id, membership_id, at=query.at, now=call.now)
    return show_balance(balance)


async def earn_points(call: Call, membership_id: UUID, body: Earning, idempotency_key: str) -> Movement:
    """Give points to a membership."""
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    item = loyalty.Earning(membership_id=membership_id, idempotency_key=idempotency_key, **members_of(body))
    (made,) = await loyalty.earn_points(call.session, call.actor, chain_id, [item], now=call.now)
    return show_movement(made)


async def burn_points(call: Call, membership_id: UUID, body: Burning, idempotency_key: str) -> Movement:
    """Spend points of a membership.

    More than is spendable is refused, unless the program allows overdraft.
    """
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    item = loyalty.Burning(membership_id=membership_id, idempotency_key=idempotency_key, **members_of(body))
    (made,) = await loyalty.burn_points(call.session, call.actor, chain_id, [item], now=call.now)
    return show_movement(made)


async def adjust_points(call: Call, membership_id: UUID, body: Adjustment, idempotency_key: str | None) -> Movement:
    """Correct a membership's points by hand."""
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    item = loyalty.Adjustment(membership_id=membership_id, idempotency_key=idempotency_key, **members_of(body))
    (made,) = await loyalty.adjust_points(call.session, call.actor, chain_id, [item], now=call.now)
    return show_movement(made)


async def reverse_movement(call: Call, membership_id: UUID, body: Reversal) -> Movement:
    """Undo a points movement by its opposite.

    A movement is undone once, so a repeated call changes nothing more and is refused.
    """
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, [membership_id])
    item = loyalty.Reversal(membership_id=membership_id, **members_of(body))
    (made,) = await loyalty.reverse_movements(call.session, call.actor, chain_id, [item], now=call.now)
    return show_movement(made)


async def transfer_points(call: Call, body: Transfer, idempotency_key: str) -> Movements:
    """Pass points from one membership to another.

    The answer has two movements, the burn first. The key belongs to the giving membership.
    """
    ids = [body.from_membership_id, body.to_membership_id]
    chain_id = await loyalty.get_membership_chain(call.session, call.actor, ids)
    item = loyalty.Transfer(idempotency_key=idempotency_key, **members_of(body))
    return show_movements(await loyalty.transfer_points(call.session, call.actor, chain_id, [item], now=call.now))


async def earn_points_of_many(call: Call, body: Earnings, idempotency_key: str) -> Movements:
    """Give points to memberships of one chain, all or none.

    A membership's second item goes under the key followed by `/2`, and so on.
    """
    chain_id = await get_chain(call, body.items)
    items = [loyalty.Earning(**item) for item in keyed(body.items, idempotency_key)]
    return show_movements(await loyalty.earn_points(call.session, call.actor, chain_id, items, now=call.now))


async def burn_points_of_many(call: Call, body: Burnings, idempotency_key: str) -> Movements:
    """Spend points of memberships of one chain, all or none.

    A membership's second item goes under the key followed by `/2`, and so on.
    """
    chain_id = await get_chain(call, body.items)
    items = [loyalty.Burning(**item) for item in keyed(body.items, idempotency_key)]
    return show_movements(await loyalty.burn_points(call.session, call.actor, chain_id, items, now=call.now))


async def adjust_points_of_many(call: Call, body: Adjustments, idempotency_key: str) -> Movements:
    """Correct the points of memberships of one chain by hand, all or none.

    A membership's second item goes under the key followed by `/2`, and so on.
    """
    chain_id = await get_chain(call, body.items)
    items = [loyalty.Adjustment(**item) for item in keyed(body.items, idempotency_key)]
    return show_movements(await loyalty.adjust_points(call.session, call.actor, chain_id, items, now=call.now))


async def get_chain(call: Call, items: Sequence[Any]) -> UUID:
    """Return the one chain that the items' memberships are in."""
    ids = list(dict.fromkeys(item.membership_id for item in items))
    return await loyalty.get_membership_chain(call.session, call.actor, ids)


PLACE = "/memberships/{membership_id}"
READ, WRITE = "points:read", "points:write"
SOME = "0190b3c4-5d6e-7f80-9123-456789abcdef"
OTHER = "0190b3c4-6000-7000-8000-456789abcdef"
STAY = {"points": 250, "reason": "Stay in May"}
NIGHT = {"points": 100, "reason": "Free night"}
ERROR = {"points": -20, "reason": "Counted twice"}
PASSED = {"from_membership_id": SOME, "to_membership_id": OTHER, "points": 100}

ROUTES = (
    Route("GET", f"{PLACE}/points-movements", READ, list_points_movements),
    Route("GET", f"{PLACE}/balance", READ, get_balance),
    Route("POST", f"{PLACE}/points/earn", WRITE, earn_points, example=STAY),
    Route("POST", f"{PLACE}/points/burn", WRITE, burn_points, example=NIGHT),
    Route("POST", f"{PLACE}/points/adjust", WRITE, adjust_points, example=ERROR),
    Route("POST", f"{PLACE}/points/reverse", WRITE, reverse_movement, example={"sequence": 7, "reason": "Cancelled"}),
    Route("POST", "/points/transfers", WRITE, transfer_points, example=PASSED),
    Route("POST", "/points/earn", WRITE, earn_points_of_many, example={"items": [{"membership_id": SOME, **STAY}]}),
    Route("POST", "/points/burn", WRITE, burn_points_of_many, example={"items": [{"membership_id": SOME, **NIGHT}]}),
    Route(
        "POST", "/points/adjust", WRITE, adjust_points_of_many, example={"items": [{"membership_id": SOME, **ERROR}]}
    ),
)
