"""Waiting for events, without a transaction or a connection held in between.

However many wait in a process, one of them looks on behalf of all, at growing intervals.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID
from weakref import WeakKeyDictionary

from tessera.platform.db import Database
from tessera.platform.events.feed import EventPage, latest_position, list_events
from tessera.platform.events.positions import EventPosition

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 1.0, 1.5
LONGEST_WAIT = 30.0


class EventListener:
    """Checks whether anything has become readable, while a reader waits for it."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], int] = {}
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, database: Database, bound: int, seconds: float) -> None:
        """Return once a transaction numbered `bound` or higher has ended, or the time is over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = bound
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(database))
        try:
            await asyncio.wait([future], timeout=seconds)
            if future.done():
                future.result()
        finally:
            self._waiting.pop(future, None)

    async def _look(self, database: Database) -> None:
        pause = FIRST_PAUSE
        try:
            while True:
                await asyncio.sleep(pause)
                if not self._waiting:
                    return
                bound = (await latest_position(database.reader)).transaction_id
                for future, known in list(self._waiting.items()):
                    if known < bound and not future.done():
                        future.set_result(None)
                pause = min(GROWTH * pause, LONGEST_PAUSE)
        except Exception as error:
            for future in self._waiting:
                if not future.done():
                    future.set_exception(error)


LISTENERS: "WeakKeyDictionary[Database, EventListener]" = WeakKeyDictionary()


async def wait_for_events(
    database: Database,
    chain_ids: Sequence[UUID] | None,
    *,
    after: EventPosition | None,
    names: Sequence[str] | None = None,
    count: int = 100,
    seconds: float = 0,
) -> EventPage:
    """Return the events that follow a position as soon as there are any, or an empty page when the time is over."""
    timer = asyncio.get_running_loop().time
    end = timer() + min(seconds, LONGEST_WAIT)
    while True:
        page = await list_events(database.reader, chain_ids, after=after, names=names, count=count)
        left = end - timer()
        if page.items or left <= 0:
            return page
        after = page.position
        if not page.more:
            await LISTENERS.setdefault(database, EventListener()).wait(database, after.transaction_id, left)
