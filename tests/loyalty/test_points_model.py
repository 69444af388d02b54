"""The ledger against a plain model in which every single point knows when it begins and ends."""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from tessera import loyalty
from tessera.loyalty import Burning, Movement
from tessera.loyalty.errors import BalanceTooLowError, MovementNotReversibleError
from tessera.platform.db import Database, app_address
from tessera.platform.secrets import KeyRing

from .conftest import NOON, build_house
from .ledgers import Ledger, build_ledger, new_key

T = TypeVar("T")
FAR = NOON + timedelta(days=10_000)
PLACES = st.integers(0, 2)
AMOUNTS = st.integers(1, 9)
HOURS = st.one_of(st.none(), st.integers(1, 8))


@dataclass(frozen=True)
class Point:
    """One point. One without a lot has neither begin nor end, and `lot` is false."""

    lot: bool = False
    active_at: datetime | None = None
    expires_at: datetime | None = None
    earned: int = 0

    def pending(self, now: datetime) -> bool:
        return self.active_at is not None and self.active_at > now

    def ended(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def rank(self, now: datetime) -> tuple[Any, ...]:
        place = 2 if self.pending(now) else 0 if self.lot else 1
        return place, self.expires_at or FAR, self.active_at or NOON - timedelta(days=9), self.earned


@dataclass
class Purse:
    """The points of one membership, or what it owes."""

    points: list[Point] = field(default_factory=list)
    debt: int = 0

    @property
    def balance(self) -> int:
        return len(self.points) - self.debt

    def settle(self, now: datetime) -> None:
        self.points = [point for point in self.points if not point.ended(now)]

    def spendable(self, now: datetime) -> int:
        return sum(not point.pending(now) for point in self.points) - self.debt

    def add(self, points: list[Point], now: datetime) -> None:
        points = sorted(points, key=lambda point: point.rank(now))
        paid = min(self.debt, len(points))
        self.debt -= paid
        self.points += points[paid:]

    def remove(self, count: int, now: datetime, earned: int | None = None) -> list[Point]:
        def rank(point: Point) -> tuple[Any, ...]:
            return (-1,) if point.lot and point.earned == earned else point.rank(now)

        self.points.sort(key=rank)
        taken, self.points = self.points[:count], self.points[count:]
        self.debt += count - len(taken)
        return taken


@contextmanager
def refused_if(refused: bool) -> Iterator[None]:
    """Expect a refusal exactly where the model has one."""
    if refused:
        with pytest.raises(BalanceTooLowError):
            yield
    else:
        yield


class LedgerMachine(RuleBasedStateMachine):
    """Every operation in any order, by clocks that do not agree to the hour."""

    earnings: Bundle[Any] = Bundle("earnings")
    burns: Bundle[Any] = Bundle("burns")

    loop: asyncio.AbstractEventLoop
    database: Database

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @initialize(overdraft=st.booleans())
    def begin(self, overdraft: bool) -> None:
        self.clock = NOON
        self.overdraft = overdraft
        self.purses = [Purse() for _ in range(3)]
        self.touched = [False] * 3
        self.ledger = self.run(self.build())

    async def build(self) -> Ledger:
        house = await build_house(self.database, f"Harbour {new_key()}", 3)
        ledger = await build_ledger(self.database, house)
        if self.overdraft:
            await ledger.allow_overdraft()
        else:
            await ledger.read("UPDATE programs SET allows_overdraft = false RETURNING 1")
        return ledger

    @rule(hours=st.integers(-1, 4))
    def pass_time(self, hours: int) -> None:
        self.clock = self.ledger.now = self.clock + timedelta(hours=hours)

    def settled(self, place: int) -> Purse:
        purse = replace(self.purses[place], points=list(self.purses[place].points))
        purse.settle(self.clock)
        return purse

    def moved(self, place: int, purse: Purse) -> None:
        self.purses[place] = purse
        self.touched[place] = True

    @rule(target=earnings, place=PLACES, points=AMOUNTS, begin=HOURS, last=HOURS)
    def earn(self, place: int, points: int, begin: int | None, last: int | None) -> Any:
        active_at = None if begin is None else self.clock + timedelta(hours=begin - 2)
        start = max(active_at or self.clock, self.clock)
        expires_at = None if last is None else start + timedelta(hours=last)
        key = new_key()
        line = self.run(self.ledger.earn(place, points, key, active_at=active_at, expires_at=expires_at))
        purse = self.settled(place)
        lot = active_at is not None or expires_at is not None
        purse.add([Point(lot, active_at, expires_at, line.sequence)] * points, self.clock)
        self.moved(place, purse)
        return place, line

    @rule(target=burns, place=PLACES, points=AMOUNTS)
    def burn(self, place: int, points: int) -> Any:
        purse = self.settled(place)
        refused = points > purse.spendable(self.clock) and not self.overdraft
        line = None
        with refused_if(refused):
            line = self.run(self.ledger.burn(place, points))
        if line is None:
            return multiple()
        purse.remove(points, self.clock)
        self.moved(place, purse)
        return place, line

    @rule(items=st.lists(st.tuples(PLACES, AMOUNTS), min_size=2, max_size=6))
    def burn_many(self, items: list[tuple[int, int]]) -> None:
        purses = [self.settled(place) for place in range(3)]
        refused = False
        for place, points in items:
            refused |= points > purses[place].spendable(self.clock) and not self.overdraft
            purses[place].remove(points, self.clock)
        burnings = [
            Burning(membership_id=self.ledger.ids[place], points=points, idempotency_key=new_key())
            for place, points in items
        ]
        with refused_if(refused):
            self.run(self.ledger.call(loyalty.burn_points, burnings))
        if not refused:
            for place in {place for place, _ in items}:
                self.moved(place, purses[place])

    @rule(place=PLACES, points=st.integers(-9, 9).filter(bool))
    def adjust(self, place: int, points: int) -> None:
        purse = self.settled(place)
        refused = -points > purse.balance and points < 0 and not self.overdraft
        with refused_if(refused):
            self.run(self.ledger.adjust(place, points))
        if refused:
            return
        if points > 0:
            purse.add([Point()] * points, self.clock)
        else:
            purse.remove(-points, self.clock)
        self.moved(place, purse)

    @rule(place=PLACES, balance=st.integers(-5, 20))
    def set_to(self, place: int, balance: int) -> None:
        self.run(self.ledger.set_to(place, balance))
        purse = self.settled(place)
        if balance > purse.balance:
            purse.add([Point()] * (balance - purse.balance), self.clock)
        else:
            purse.remove(purse.balance - balance, self.clock)
        self.moved(place, purse)

    @rule(place=PLACES, step=st.integers(1, 2), points=AMOUNTS)
    def transfer(self, place: int, step: int, points: int) -> None:
        to = (place + step) % 3
        giver, receiver = self.settled(place), self.settled(to)
        refused = points > giver.spendable(self.clock) and not self.overdraft
        line = None
        with refused_if(refused):
            _, line = self.run(self.ledger.transfer(place, to, points))
        if line is None:
            return
        taken = [replace(point, earned=line.sequence) for point in giver.remove(points, self.clock)]
        receiver.add(taken + [Point()] * (points - len(taken)), self.clock)
        self.moved(place, giver)
        self.moved(to, receiver)

    @rule(earning=consumes(earnings))
    def reverse_earning(self, earning: tuple[int, Movement]) -> None:
        place, line = earning
        if line.expires_at is not None and line.expires_at <= self.clock:
            with pytest.raises(MovementNotReversibleError):
                self.run(self.ledger.reverse(line))
            return
        purse = self.settled(place)
        own = sum(point.earned == line.sequence and point.pending(self.clock) for point in purse.points)
        refused = line.points > purse.spendable(self.clock) + own and not self.overdraft
        with refused_if(refused):
            self.run(self.ledger.reverse(line))
        if not refused:
            purse.remove(line.points, self.clock, earned=line.sequence)
            self.moved(place, purse)

    @rule(burn=consumes(burns))
    def reverse_burn(self, burn: tuple[int, Movement]) -> None:
        place, line = burn
        self.run(self.ledger.reverse(line))
        purse = self.settled(place)
        purse.add([Point()] * -line.points, self.clock)
        self.moved(place, purse)

    @rule(burn=burns)
    def burn_again(self, burn: tuple[int, Movement]) -> None:
        place, line = burn
        assert self.run(self.ledger.burn(place, -line.points, line.idempotency_key)) == line

    @rule()
    def expire(self) -> None:
        self.run(self.ledger.expire())
        for place in range(3):
            self.purses[place] = self.settled(place)

    @invariant()
    def books_agree(self) -> None:
        if not hasattr(self, "ledger"):
            return
        for place, purse in enumerate(self.purses):
            stored = self.run(self.ledger.read("SELECT balance FROM memberships WHERE id = %s", self.ledger.ids[place]))
            assert stored == [(purse.balance if self.touched[place] else None,)]
            lots: Counter[Any] = Counter()
            for remaining, active_at, expires_at in self.run(self.ledger.lots(place)):
                lots[active_at, expires_at] += remaining
            assert lots == Counter((each.active_at, each.expires_at) for each in purse.points if each.lot)
            balance = self.run(self.ledger.balance(place))
            now = self.settled(place)
            assert (balance.balance or 0, balance.spendable) == (now.balance, max(now.spendable(self.clock), 0))

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            assert self.run(self.ledger.faults()) == []


def prove(address: str, keys: KeyRing, *, examples: int, steps: int, phases: Sequence[Phase]) -> None:
    """Run the machine on a database and a loop of its own."""
    loop = asyncio.new_event_loop()
    database = Database(app_address(address, keys), pool_size=2)
    try:
        machine = type("Machine", (LedgerMachine,), {"loop": loop, "database": database})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                phases=phases,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(database.close())
        loop.close()


def test_ledger_behaves_like_the_model(admin_address: str, keys: KeyRing) -> None:
    # Shrinking a failure takes minutes: the long one does that.
    prove(admin_address, keys, examples=20, steps=20, phases=[Phase.generate])


@pytest.mark.prove(minutes=4)
@pytest.mark.timeout(1800)
def test_ledger_behaves_like_the_model_for_long(admin_address: str, keys: KeyRing) -> None:
    prove(admin_address, keys, examples=200, steps=50, phases=list(Phase))
