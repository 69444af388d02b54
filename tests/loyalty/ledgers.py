"""A chain's points at hand: memberships with nothing on them, and every operation in a transaction of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any
from uuid import UUID

from tessera import loyalty
from tessera.loyalty import (
    Adjustment,
    Balance,
    Burning,
    Earning,
    Movement,
    NewMembership,
    Reversal,
    Transfer,
    create_memberships,
)
from tessera.loyalty.store.ledger import hold_memberships, insert_movements
from tessera.loyalty.store.lots import take_from_lots
from tessera.loyalty.values.ledger import Draft
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import MovementKind
from tessera.platform.actors import Actor, system_actor
from tessera.platform.db import Database, driver

from .conftest import NOON, House

NUMBERS = count()


def new_key() -> str:
    return f"key {next(NUMBERS)}"


@dataclass
class Ledger:
    """Points of one chain. `now` is the moment of every operation until it is changed."""

    database: Database
    house: House
    ids: list[UUID]
    now: datetime = NOON
    actor: Actor = field(default_factory=lambda: system_actor("tests"))

    async def call(self, function: Any, items: Sequence[Any], **more: Any) -> list[Movement]:
        async with self.database.session() as session:
            made: list[Movement] = await function(
                session, more.get("actor", self.actor), self.house.chain_id, items, now=self.now
            )
        return made

    async def earn(self, place: int, points: int, key: str | None = None, **more: Any) -> Movement:
        item = Earning(membership_id=self.ids[place], points=points, idempotency_key=key or new_key(), **more)
        return (await self.call(loyalty.earn_points, [item]))[0]

    async def burn(self, place: int, points: int, key: str | None = None, **more: Any) -> Movement:
        item = Burning(membership_id=self.ids[place], points=points, idempotency_key=key or new_key(), **more)
        return (await self.call(loyalty.burn_points, [item]))[0]

    async def adjust(self, place: int, points: int, **more: Any) -> Movement:
        item = Adjustment(membership_id=self.ids[place], points=points, reason="by hand", **more)
        return (await self.call(loyalty.adjust_points, [item]))[0]

    async def transfer(self, place: int, to: int, points: int, key: str | None = None) -> list[Movement]:
        item = Transfer(
            from_membership_id=self.ids[place],
            to_membership_id=self.ids[to],
            points=points,
            idempotency_key=key or new_key(),
        )
        return await self.call(loyalty.transfer_points, [item])

    async def reverse(self, line: Movement) -> Movement:
        item = Reversal(membership_id=line.membership_id, sequence=line.sequence, reason="a mistake")
        return (await self.call(loyalty.reverse_movements, [item]))[0]

    async def expire(self, **more: Any) -> int:
        async with self.database.session() as session:
            return await loyalty.expire_points(session, self.actor, now=self.now, **more)

    async def set_to(self, place: int, balance: int) -> None:
        """Set a balance the way an update of a membership does."""
        async with self.database.session() as session:
            (held,) = await hold_memberships(session, self.house.chain_id, [self.ids[place]])
            draft = Draft(
                membership_id=held.membership_id,
                kind=MovementKind.SET,
                points=balance - held.balance,
                balance=balance,
            )
            mark = Mark("Platform", None, self.now)
            await insert_movements(session, self.house.chain_id, [draft], source="system", mark=mark)
            step = held.membership_id, held.balance, balance
            await take_from_lots(session, self.house.chain_id, [step], now=self.now)

    async def balance(self, place: int, at: datetime | None = None) -> Balance:
        async with self.database.session() as session:
            return await loyalty.get_balance(
                session, self.actor, self.house.chain_id, self.ids[place], at=at, now=self.now
            )

    async def movements(self, place: int, **more: Any) -> list[Movement]:
        async with self.database.session() as session:
            return await loyalty.list_movements(session, self.actor, self.house.chain_id, self.ids[place], **more)

    async def points(self, place: int) -> list[int]:
        """Return the points of every movement, oldest first."""
        return [line.points for line in reversed(await self.movements(place))]

    async def lots(self, place: int) -> list[tuple[int, datetime | None, datetime | None]]:
        """Return what is left in lots: points, begin, end."""
        found = await self.read(
            "SELECT remaining, active_at, expires_at FROM points_lots WHERE membership_id = %s "
            "ORDER BY expires_at, active_at, sequence, part",
            self.ids[place],
        )
        return [(row[0], row[1], row[2]) for row in found]

    async def read(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.database.session() as session:
            connection = await driver(session)
            return await (await connection.execute(statement.encode(), values)).fetchall()

    async def allow_overdraft(self) -> None:
        await self.read("UPDATE programs SET allows_overdraft = true RETURNING 1")

    async def faults(self) -> list[loyalty.Fault]:
        async with self.database.session() as session:
            return await loyalty.list_faults(session, self.actor)


async def build_ledger(database: Database, house: House) -> Ledger:
    """Give each account of a house a membership that keeps no points yet."""
    items = [NewMembership(account_id=account, program_id=house.program_id) for account in house.account_ids]
    async with database.session() as session:
        made = await create_memberships(session, house.actor, house.chain_id, items, now=NOON)
    return Ledger(database, house, [item.id for item in made])
