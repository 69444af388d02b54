"""A room that owns schedules, small: its runs are rows in memory, its transactions are real."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.calendar import Schedule
from tessera.platform.db import Database, Session
from tessera.platform.ids import new_id, new_random_ids
from tessera.platform.schedules import (
    Claim,
    DueMoment,
    FinishedRun,
    MomentOutcome,
    Outcome,
    OwnedSchedule,
    PausedSchedule,
    Policies,
    claim_due,
    list_moments,
    note_results,
    record_outcomes,
    save_schedules,
    take_queued,
)

KIND = "export_definition"
CHAIN = text("INSERT INTO chains (id, name, created_at, updated_at) VALUES (:id, cast(:id AS text), now(), now())")


def utc(moment: str) -> datetime:
    """Return a moment of UTC."""
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


@dataclass
class Owners:
    """Owners of one chain, which run of each is active, and every run that was made."""

    database: Database
    chain_id: UUID
    active: dict[UUID, UUID] = field(default_factory=dict)
    started: list[tuple[UUID, datetime]] = field(default_factory=list)

    async def save(self, schedule: Schedule, now: datetime, *, count: int = 1, **policies: Any) -> list[UUID]:
        """Make owners with this schedule."""
        ids = new_random_ids(count)
        await self.change(ids, schedule, now, **policies)
        return ids

    async def change(self, ids: Sequence[UUID], schedule: Schedule, now: datetime, **policies: Any) -> None:
        """Save this schedule for owners."""
        async with self.database.session() as session:
            given = [OwnedSchedule(each, self.chain_id, schedule, Policies(**policies)) for each in ids]
            await save_schedules(session, KIND, given, now=now)

    async def tick(self, now: datetime, *, most: int = 2000) -> Claim:
        """Do what a worker's chore does each second."""
        async with self.database.session() as session:
            claim = await claim_due(session, KIND, now, most=most)
            await self.start(session, claim.moments, now)
        return claim

    async def start(self, session: Session, moments: Sequence[DueMoment], now: datetime) -> None:
        """Make a run for each moment whose owner has none."""
        outcomes = []
        for moment in moments:
            run_id = None if moment.owner_id in self.active else new_id()
            if run_id is not None:
                self.active[moment.owner_id] = run_id
                self.started.append((moment.owner_id, moment.due_at))
            outcomes.append(MomentOutcome(moment.owner_id, moment.due_at, run_id))
        await record_outcomes(session, KIND, outcomes, now=now)

    async def finish(self, owner_id: UUID, now: datetime, *, succeeded: bool | None = True) -> list[PausedSchedule]:
        """End the owner's active run, and start what waits for it."""
        run_id = self.active.pop(owner_id)
        async with self.database.session() as session:
            paused = await note_results(session, KIND, [FinishedRun(owner_id, run_id, succeeded)], now=now)
            await self.start(session, await take_queued(session, KIND, [owner_id], now=now), now)
        return paused

    async def history(self, owner_id: UUID) -> list[tuple[str, Outcome]]:
        """Return what became of each moment, the oldest first."""
        async with self.database.session() as session:
            found = await list_moments(session, KIND, owner_id, count=10_000)
        return [(f"{each.due_at:%d %H:%M}", each.outcome) for each in reversed(found)]


@asynccontextmanager
async def owners_of_a_chain(database: Database) -> AsyncIterator[Owners]:
    """Have a chain whose owners can be given schedules."""
    chain_id = new_id()
    async with database.session() as session:
        await session.execute(CHAIN, {"id": chain_id})
    yield Owners(database, chain_id)
