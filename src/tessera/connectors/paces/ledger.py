"""What one worker's pace asks of the others, through the database: each question is one short transaction."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol
from uuid import UUID

from tessera.connectors.errors import ProfileNotFoundError
from tessera.connectors.paces import store
from tessera.connectors.paces.breaker import PROBE_SECONDS, Breaker, pause_after
from tessera.connectors.paces.shares import Ask, Grant, PaceState, decide, give_back
from tessera.connectors.paces.waits import WaitReason
from tessera.platform.db import ClockOffset, Database, Session

# A worker that lives asks again long before; one that died blocks its places no longer than this.
LEASE_SECONDS = 10.0


class Ledger(Protocol):
    """What a pace shares with those of other workers."""

    worker: str
    clock: ClockOffset
    lease_seconds: float

    async def ask(self, ask: Ask) -> tuple[PaceState, Grant]:
        """Renew the worker's part, and take a slice of the schedule."""

    async def hold(self, seconds: float, reason: WaitReason) -> None:
        """Have nobody call for so long."""

    async def share_breaker(self, breaker: Breaker) -> None:
        """Have the others know that the breaker opened, that a probe failed, or that it closed."""

    async def claim_probe(self) -> bool:
        """Take the right to the probe that is due."""

    async def leave(self, unused: tuple[float, float] | None) -> None:
        """Give everything back."""


@dataclass(slots=True)
class DatabaseLedger:
    """The ledger of one profile for one worker process."""

    database: Database
    profile_id: UUID
    worker: str
    clock: ClockOffset
    lease_seconds: float = LEASE_SECONDS
    monotonic: Callable[[], float] = time.monotonic

    async def ask(self, ask: Ask) -> tuple[PaceState, Grant]:
        """Renew the worker's part, and take a slice of the schedule."""
        async with self.database.session() as session:
            state = await self._lock(session)
            sent = self.monotonic()
            slices, now = await store.list_slices(session, self.profile_id)
            self.clock.note(sent, now, self.monotonic())
            others = [each for each in slices if each.worker != self.worker]
            held = next((each.places for each in slices if each.worker == self.worker), 0)
            state, grant = decide(state, others, ask, now=now, held=held)
            mine = replace(ask.slice, places=grant.declared)
            await store.write_slice(session, self.profile_id, mine, state, lease=self.lease_seconds)
            if grant.wakes:
                await store.notify_workers(session, self.profile_id, self.worker)
        return state, grant

    async def hold(self, seconds: float, reason: WaitReason) -> None:
        """Have nobody call for so long."""
        async with self.database.session() as session:
            await store.hold_profile(session, self.profile_id, seconds=seconds, reason=reason.value)
            await store.notify_workers(session, self.profile_id, self.worker)

    async def share_breaker(self, breaker: Breaker) -> None:
        """Have the others know that the breaker opened, that a probe failed, or that it closed."""
        failed = breaker.failed_probes
        async with self.database.session() as session:
            if breaker.open:
                await store.open_breaker(session, self.profile_id, pause=pause_after(failed), failed_probes=failed)
            else:
                await store.close_breaker(session, self.profile_id)
            await store.notify_workers(session, self.profile_id, self.worker)

    async def claim_probe(self) -> bool:
        """Take the right to the probe that is due."""
        async with self.database.session() as session:
            return await store.claim_probe(session, self.profile_id, seconds=PROBE_SECONDS)

    async def leave(self, unused: tuple[float, float] | None) -> None:
        """Give everything back."""
        async with self.database.session() as session:
            locked = await store.lock_pace(session, self.profile_id)
            if locked is not None:
                state, now = locked
                await store.leave_pace(session, self.profile_id, self.worker, give_back(state, unused, now))
                await store.notify_workers(session, self.profile_id, self.worker)

    async def _lock(self, session: Session) -> PaceState:
        locked = await store.lock_pace(session, self.profile_id)
        if locked is None:
            raise ProfileNotFoundError("The connection profile was deleted while it was in use.")
        return locked[0]
