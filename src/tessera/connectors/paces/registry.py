"""The paces of one process: one a profile, for as long as runs use it, and the connection that hears of changes."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from tessera.connectors.paces import store
from tessera.connectors.paces.ledger import LEASE_SECONDS, DatabaseLedger
from tessera.connectors.paces.limits import PaceLimits
from tessera.connectors.paces.pace import Observer, Pace
from tessera.connectors.paces.run_pace import RunPace
from tessera.platform.db import ClockOffset, Database
from tessera.platform.ids import new_id

logger = logging.getLogger(__name__)

RECONNECT_SECONDS = 1.0


class Paces:
    """Every process that sends has one. While nothing is sent it holds no connection and asks nothing."""

    def __init__(
        self, database: Database, *, lease_seconds: float = LEASE_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._worker = new_id().hex
        self._offset = ClockOffset()
        self._paces: dict[UUID, Pace] = {}
        self._changes = asyncio.Lock()
        self._listening: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def open(
        self,
        profile_id: UUID,
        limits: PaceLimits,
        *,
        definition_id: UUID,
        concurrency: int | None = None,
        weight: int = 1,
        observer: Observer | None = None,
    ) -> AsyncIterator[RunPace]:
        """Let a run take part in the pace of its profile.

        `concurrency` is the run's own limit. Of two definitions, one with twice the weight has twice the turns. The
        observer is called once for each period in which the run's requests kept waiting.
        """
        most = min(concurrency or limits.concurrency, limits.concurrency)
        async with self._changes:
            pace = self._find_or_make(profile_id, limits)
            try:
                member = await pace.join(definition_id, most=most, weight=weight, observer=observer)
            except BaseException:
                await self._drop_unused(profile_id, pace)
                raise
        try:
            yield RunPace(pace, member)
        finally:
            pace.leave(member)
            async with self._changes:
                await self._drop_unused(profile_id, pace)

    async def close(self) -> None:
        """Give everything back."""
        async with self._changes:
            for profile_id, pace in list(self._paces.items()):
                pace.members.clear()
                await self._drop_unused(profile_id, pace)

    def _find_or_make(self, profile_id: UUID, limits: PaceLimits) -> Pace:
        pace = self._paces.get(profile_id)
        if pace is None:
            ledger = DatabaseLedger(
                self._database, profile_id, self._worker, self._offset, self._lease_seconds, self._clock
            )
            pace = self._paces[profile_id] = Pace(limits, ledger, self._clock)
        pace.adopt(limits)
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        return pace

    async def _drop_unused(self, profile_id: UUID, pace: Pace) -> None:
        if pace.members or self._paces.get(profile_id) is not pace:
            return
        del self._paces[profile_id]
        await pace.close()
        if not self._paces and self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
            self._listening = None

    async def _listen(self) -> None:
        """Ask again whenever another worker says so; after a break of the connection, about everything."""
        while True:
            try:
                await self._hear()
            except Exception:
                logger.warning("changes of paces are not heard just now; connecting again", exc_info=True)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _hear(self) -> None:
        connection = await self._database.connect("tessera paces", autocommit=True)
        async with connection:
            await connection.execute(store.LISTEN)
            for pace in self._paces.values():
                pace.part.ask_soon()
            async for notice in connection.notifies():
                profile_id, _, worker = notice.payload.partition(" ")
                pace_of_notice = self._paces.get(UUID(profile_id))
                if pace_of_notice is not None and worker != self._worker:
                    pace_of_notice.part.ask_soon()
