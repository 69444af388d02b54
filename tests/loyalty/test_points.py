"""Earning, burning and adjusting points, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import errors as refusals

from tessera import loyalty
from tessera.access.chains.errors import ChainNotFoundError
from tessera.loyalty import Adjustment, Burning, Earning, Expiring, MovementKind, Origin
from tessera.loyalty.errors import (
    BalanceOutOfRangeError,
    BalanceTooLowError,
    IdempotencyKeyReusedError,
    MembershipNotFoundError,
    MovementInvalidError,
)
from tessera.platform.db import Database
from tessera.platform.ids import new_id

from .conftest import NOON, House
from .ledgers import Ledger, build_ledger, new_key

HOUR = timedelta(hours=1)
LOWEST, HIGHEST = -(2**31), 2**31 - 1


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


async def test_movements_tell_the_whole_story(ledger: Ledger) -> None:
    earned = await ledger.earn(0, 30, "key one", reason="a stay")
    burned = await ledger.burn(0, 12, reason="a breakfast")

    assert (earned.kind, earned.points, earned.balance, earned.source) == (MovementKind.EARN, 30, 30, "system")
    assert (burned.kind, burned.points, burned.balance, burned.reason) == (MovementKind.BURN, -12, 18, "a breakfast")
    assert (earned.idempotency_key, earned.created_at, earned.chain_id) == ("key one", NOON, ledger.house.chain_id)
    assert await ledger.movements(0) == [burned, earned]
    assert await ledger.movements(0, before=burned.sequence) == [earned]
    assert await ledger.movements(0, count=1) == [burned]


async def test_movements_keep_what_they_came_from(ledger: Ledger) -> None:
    receipt, member = Origin("submission", new_id(), row=7, rule_version=3), ledger.ids[0]
    earning = Earning(membership_id=member, points=30, idempotency_key="a", origin=receipt)
    burning = Burning(membership_id=member, points=5, idempotency_key="b", origin=Origin("submission", receipt.id))
    correction = Adjustment(membership_id=member, points=-1, reason="a miscount", origin=receipt)
    made = [
        *await ledger.call(loyalty.earn_points, [earning]),
        *await ledger.call(loyalty.burn_points, [burning]),
        *await ledger.call(loyalty.adjust_points, [correction]),
    ]
    alone = await ledger.earn(0, 1)

    assert [line.origin for line in made] == [receipt, Origin("submission", receipt.id, None, None), receipt]
    assert alone.origin is None
    assert await ledger.movements(0) == [alone, *reversed(made)]


async def test_points_begin_with_the_first_movement(ledger: Ledger) -> None:
    assert (await ledger.balance(0)).balance is None
    assert (await ledger.balance(0)).spendable == 0
    await ledger.earn(0, 1)
    await ledger.burn(0, 1)

    assert (await ledger.balance(0)).balance == 0


async def test_every_movement_marks_its_membership_and_is_told(ledger: Ledger) -> None:
    ledger.actor, ledger.now = ledger.house.actor, NOON + HOUR
    line = await ledger.earn(0, 5)

    mark = await ledger.read(
        "SELECT balance, updated_at, updater_kind, updater_id FROM memberships WHERE id = %s", ledger.ids[0]
    )
    assert mark == [(5, NOON + HOUR, "Integration", ledger.actor.id)]
    events = await ledger.read("SELECT subject_id, payload FROM events WHERE name = 'balance.updated'")
    assert events == [(ledger.ids[0], {"kind": "earn", "points": 5, "balance": 5, "sequence": line.sequence})]
    audit = await ledger.read("SELECT action, object_id, after FROM audit_entries WHERE object_kind = 'points'")
    assert audit == [("earned", ledger.ids[0], {"count": 1, "memberships": 1, "points": 5})]


async def test_one_call_moves_many_in_order(ledger: Ledger) -> None:
    places = [0, 1, 0, 2, 0, 1]
    items = [
        Earning(membership_id=ledger.ids[place], points=number + 1, idempotency_key=new_key())
        for number, place in enumerate(places)
    ]
    made = await ledger.call(loyalty.earn_points, items)

    assert [line.points for line in made] == [1, 2, 3, 4, 5, 6]
    assert [line.membership_id for line in made] == [ledger.ids[place] for place in places]
    assert [line.balance for line in made] == [1, 2, 4, 4, 9, 8]
    assert await ledger.points(0) == [1, 3, 5]
    assert await ledger.faults() == []


async def test_no_items_move_nothing(ledger: Ledger) -> None:
    for function in (loyalty.earn_points, loyalty.burn_points, loyalty.adjust_points, loyalty.transfer_points):
        assert await ledger.call(function, []) == []
    assert await ledger.read("SELECT 1 FROM audit_entries WHERE object_kind = 'points'") == []


async def test_call_that_would_overdraw_is_refused_whole(ledger: Ledger) -> None:
    for place in range(3):
        await ledger.earn(place, 10)
    items = [
        Burning(membership_id=ledger.ids[place], points=points, idempotency_key=new_key())
        for place, points in ((0, 10), (1, 6), (2, 1), (1, 5))
    ]
    with pytest.raises(BalanceTooLowError) as refusal:
        await ledger.call(loyalty.burn_points, items)

    assert refusal.value.details == {"membership_id": ledger.ids[1], "balance": 4, "spendable": 4, "asked": 5}
    assert str(ledger.ids[1]) in refusal.value.message
    assert [(await ledger.balance(place)).balance for place in range(3)] == [10, 10, 10]
    assert await ledger.points(0) == [10]


async def test_program_may_allow_overdraft(ledger: Ledger) -> None:
    with pytest.raises(BalanceTooLowError):
        await ledger.burn(0, 1)
    await ledger.allow_overdraft()

    assert (await ledger.burn(0, 7)).balance == -7
    assert (await ledger.balance(0)).spendable == 0


async def test_pending_points_are_counted_but_not_spent(ledger: Ledger) -> None:
    await ledger.earn(0, 10, active_at=NOON + HOUR)
    assert (await ledger.balance(0)).balance == 10
    assert ((await ledger.balance(0)).pending, (await ledger.balance(0)).spendable) == (10, 0)
    with pytest.raises(BalanceTooLowError):
        await ledger.burn(0, 1)
    ledger.now = NOON + HOUR - timedelta(microseconds=1)
    with pytest.raises(BalanceTooLowError):
        await ledger.burn(0, 1)

    ledger.now = NOON + HOUR
    assert (await ledger.burn(0, 10)).balance == 0


async def test_points_that_end_first_are_spent_first(ledger: Ledger) -> None:
    await ledger.earn(0, 10)
    await ledger.earn(0, 10, expires_at=NOON + 3 * HOUR)
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    await ledger.earn(0, 10, active_at=NOON + HOUR, expires_at=NOON + 2 * HOUR)
    await ledger.burn(0, 15)

    assert await ledger.lots(0) == [(10, NOON + HOUR, NOON + 2 * HOUR), (5, None, NOON + 3 * HOUR)]
    await ledger.burn(0, 15)
    assert await ledger.lots(0) == [(10, NOON + HOUR, NOON + 2 * HOUR)]
    assert (await ledger.balance(0)).spendable == 0


async def test_correction_reaches_pending_points_last(ledger: Ledger) -> None:
    await ledger.earn(0, 10, active_at=NOON + HOUR)
    await ledger.earn(0, 5)
    await ledger.adjust(0, -8)
    assert await ledger.lots(0) == [(7, NOON + HOUR, None)]
    with pytest.raises(BalanceTooLowError):
        await ledger.adjust(0, -8)

    assert (await ledger.adjust(0, -7)).balance == 0
    assert await ledger.lots(0) == []


async def test_set_to_less_shrinks_lots_as_spending_does(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + HOUR)
    await ledger.earn(0, 10, active_at=NOON + HOUR)
    await ledger.earn(0, 10)
    for balance, left in ((25, [5, 10]), (15, [10]), (4, [4]), (30, [4]), (-3, [])):
        await ledger.set_to(0, balance)
        assert [lot[0] for lot in await ledger.lots(0)] == left
    assert await ledger.faults() == []


async def test_debt_is_paid_before_a_lot_is_made(ledger: Ledger) -> None:
    await ledger.allow_overdraft()
    await ledger.burn(0, 6)
    await ledger.earn(0, 10, expires_at=NOON + HOUR)

    assert await ledger.lots(0) == [(4, None, NOON + HOUR)]
    assert await ledger.faults() == []


async def test_repeated_key_pays_once(ledger: Ledger) -> None:
    until = NOON + HOUR
    first = await ledger.earn(0, 10, "k", reason="r", expires_at=until)
    ledger.now = NOON + 2 * HOUR
    assert await ledger.earn(0, 10, "k", reason="r", expires_at=until) == first
    ledger.now = NOON
    spent = await ledger.burn(0, 4, "b")
    assert await ledger.burn(0, 4, "b") == spent
    moved = await ledger.adjust(0, 1, idempotency_key="a")
    assert await ledger.adjust(0, 1, idempotency_key="a") == moved

    assert await ledger.points(0) == [10, -4, 1]
    assert await ledger.earn(1, 10, "k") != first
    events = await ledger.read("SELECT count(*) FROM events WHERE name = 'balance.updated'")
    assert events == [(4,)]


async def test_equal_keys_in_one_call_pay_once(ledger: Ledger) -> None:
    item = Earning(membership_id=ledger.ids[0], points=3, idempotency_key="k")
    made = await ledger.call(loyalty.earn_points, [item, item, item])

    assert made == [made[0]] * 3
    assert await ledger.points(0) == [3]
    other = Earning(membership_id=ledger.ids[1], points=3, idempotency_key="k")
    with pytest.raises(IdempotencyKeyReusedError):
        await ledger.call(
            loyalty.earn_points, [other, Earning(membership_id=ledger.ids[1], points=4, idempotency_key="k")]
        )
    assert await ledger.points(1) == []


@pytest.mark.parametrize(
    "change", [{"points": 11}, {"reason": "other"}, {"active_at": NOON}, {"expires_at": NOON + HOUR}], ids=str
)
async def test_key_with_other_content_is_refused(ledger: Ledger, change: dict[str, Any]) -> None:
    await ledger.earn(0, 10, "k")
    with pytest.raises(IdempotencyKeyReusedError) as refusal:
        await ledger.earn(
            0, change.get("points", 10), "k", **{name: change[name] for name in change if name != "points"}
        )

    assert refusal.value.details == {"membership_id": ledger.ids[0], "idempotency_key": "k"}
    with pytest.raises(IdempotencyKeyReusedError):
        await ledger.burn(0, 10, "k")
    assert await ledger.points(0) == [10]


async def test_balances_reach_both_ends_and_no_further(ledger: Ledger) -> None:
    await ledger.allow_overdraft()
    assert (await ledger.earn(0, HIGHEST)).balance == HIGHEST
    for further in (1, HIGHEST, 10**40):
        with pytest.raises(BalanceOutOfRangeError):
            await ledger.earn(0, further)
    assert (await ledger.adjust(0, LOWEST - HIGHEST)).balance == LOWEST
    for further in (1, HIGHEST, 10**40):
        with pytest.raises(BalanceOutOfRangeError):
            await ledger.burn(0, further)

    assert (await ledger.adjust(0, HIGHEST - LOWEST)).balance == HIGHEST
    assert await ledger.faults() == []


def earning(**changes: Any) -> Any:
    given = {"points": 1, "idempotency_key": "k"}
    return loyalty.earn_points, Earning, given | changes


def burning(**changes: Any) -> Any:
    given = {"points": 1, "idempotency_key": "k"}
    return loyalty.burn_points, Burning, given | changes


def adjustment(**changes: Any) -> Any:
    return loyalty.adjust_points, Adjustment, {"points": 1, "reason": "r"} | changes


@pytest.mark.parametrize(
    ("case", "field"),
    [
        (earning(points=0), "points"),
        (earning(points=-1), "points"),
        (earning(points=-(10**30)), "points"),
        (earning(idempotency_key=""), "idempotency_key"),
        (earning(idempotency_key="k" * 256), "idempotency_key"),
        (earning(idempotency_key="a\0b"), "idempotency_key"),
        (earning(reason="r" * 1001), "reason"),
        (earning(expires_at=NOON), "expires_at"),
        (earning(expires_at=NOON - HOUR), "expires_at"),
        (earning(active_at=NOON + HOUR, expires_at=NOON + HOUR), "expires_at"),
        (burning(points=0), "points"),
        (burning(points=-1), "points"),
        (burning(idempotency_key=" "), "idempotency_key"),
        (adjustment(points=0), "points"),
        (adjustment(reason=""), "reason"),
        (adjustment(reason=" "), "reason"),
        (adjustment(idempotency_key=""), "idempotency_key"),
    ],
    ids=lambda given: given if isinstance(given, str) else str(given[2]),
)
async def test_nonsense_is_refused(ledger: Ledger, case: Any, field: str) -> None:
    function, kind, given = case
    with pytest.raises(MovementInvalidError) as refusal:
        await ledger.call(function, [kind(membership_id=ledger.ids[0], **given)])

    assert refusal.value.details["field"] == field
    assert await ledger.points(0) == []


async def test_texts_survive_whatever_they_hold(ledger: Ledger) -> None:
    for text in ['quote " \\ brace {} , NULL', "null", "\n\t\b\x01 control", "émoji 🎫", "'; DROP TABLE x"]:
        line = await ledger.earn(0, 1, text, reason=text)
        assert (line.idempotency_key, line.reason) == (text, text)
        assert (await ledger.movements(0, count=1)) == [line]
        assert await ledger.earn(0, 1, text, reason=text) == line


async def test_unknown_membership_is_refused(ledger: Ledger, stranger: House) -> None:
    there = await build_ledger(ledger.database, stranger)
    await ledger.read("UPDATE memberships SET deleted_at = now() WHERE id = %s RETURNING 1", ledger.ids[1])
    for unknown in (new_id(), there.ids[0], ledger.ids[1]):
        items = [Earning(membership_id=one, points=1, idempotency_key="k") for one in (ledger.ids[0], unknown)]
        with pytest.raises(MembershipNotFoundError) as refusal:
            await ledger.call(loyalty.earn_points, items)
        assert refusal.value.details == {"membership_id": unknown}
    assert await ledger.points(0) == []


@pytest.mark.parametrize(
    ("operation", "values"),
    [
        ("earn", (0, 1)),
        ("burn", (0, 1)),
        ("adjust", (0, 1)),
        ("transfer", (0, 1, 1)),
        ("balance", (0,)),
        ("movements", (0,)),
    ],
)
async def test_stranger_sees_and_moves_nothing(
    ledger: Ledger, stranger: House, operation: str, values: tuple[int, ...]
) -> None:
    await ledger.earn(0, 5)
    ledger.actor = stranger.actor
    with pytest.raises(ChainNotFoundError):
        await getattr(ledger, operation)(*values)
    network = Ledger(ledger.database, stranger, ledger.ids, actor=stranger.actor)
    with pytest.raises(MembershipNotFoundError):
        await getattr(network, operation)(*values)

    ledger.actor = ledger.house.actor
    assert await ledger.points(0) == [5]


async def test_balance_at_an_instant(ledger: Ledger) -> None:
    await ledger.earn(0, 10, expires_at=NOON + 3 * HOUR)
    ledger.now = NOON + HOUR
    await ledger.earn(0, 20, active_at=NOON + 2 * HOUR)
    await ledger.earn(0, 5, expires_at=NOON + 3 * HOUR)

    past = [await ledger.balance(0, NOON + shift) for shift in (-HOUR, timedelta(), HOUR / 2)]
    assert [(each.balance, each.spendable, each.pending) for each in past] == [
        (None, None, None),
        (10, None, None),
        (10, None, None),
    ]
    expiring = Expiring(NOON + 3 * HOUR, 15)
    ahead = [await ledger.balance(0, at) for at in (None, NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR)]
    assert [(each.balance, each.spendable, each.pending, each.expiring) for each in ahead] == [
        (35, 15, 20, expiring),
        (35, 15, 20, expiring),
        (35, 35, 0, expiring),
        (20, 20, 0, None),
    ]


async def test_movements_keep_their_order_when_clocks_differ(ledger: Ledger) -> None:
    ledger.now = NOON + HOUR
    await ledger.earn(0, 10)
    ledger.now = NOON
    await ledger.burn(0, 4)

    assert [(line.points, line.balance) for line in await ledger.movements(0)] == [(-4, 6), (10, 10)]
    ledger.now = NOON + 2 * HOUR
    assert (await ledger.balance(0, NOON + HOUR)).balance == 6
    assert await ledger.faults() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE memberships SET balance = balance + 1",
        "UPDATE memberships SET balance = NULL",
        "UPDATE memberships SET balance = 0",
        (
            "INSERT INTO points_movements"
            " (chain_id, membership_id, sequence, kind, points, balance, source, created_at)"
            " SELECT chain_id, id, 1000, 'earn', 1, balance + 1, 'x', now() FROM memberships WHERE balance > 0"
        ),
        (
            "INSERT INTO points_movements"
            " (chain_id, membership_id, sequence, kind, points, balance, source, created_at)"
            " SELECT chain_id, id, 1000, 'earn', 1, balance, 'x', now() FROM memberships WHERE balance > 0"
        ),
        (
            "WITH m AS (UPDATE memberships SET balance = balance + 2 WHERE balance > 0 RETURNING *)"
            " INSERT INTO points_movements"
            " (chain_id, membership_id, sequence, kind, points, balance, source, created_at)"
            " SELECT chain_id, id, 1000, 'earn', 1, balance, 'x', now() FROM m"
        ),
    ],
)
async def test_database_refuses_a_balance_without_its_movement(ledger: Ledger, statement: str) -> None:
    await ledger.earn(0, 5)
    with pytest.raises(refusals.CheckViolation):
        await ledger.read(statement)

    assert await ledger.faults() == []
