"""Changing many rows, a batch a transaction, so that none is long."""

from typing import Protocol

from tessera.platform.db.engine import Database, Session


class Change(Protocol):
    """Changes some rows, at most so many; returns how many."""

    async def __call__(self, session: Session, *, most: int) -> int: ...


async def change_in_batches(database: Database, change: Change, *, most: int) -> int:
    """Repeat the change, each time in a transaction of its own, until nothing is left; return how many rows in all."""
    total = 0
    while True:
        async with database.session() as session:
            changed = await change(session, most=most)
        total += changed
        if changed < most:
            return total
