"""What stands still and waits for a person: schedules that are paused, and moments that were missed for good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.platform.db import Session
from tessera.platform.schedules.store import moments, schedules


@dataclass(frozen=True, slots=True)
class Pause:
    """A schedule that is paused: after how many failures in a row, since when, and why."""

    owner_id: UUID
    chain_id: UUID
    failures: int
    paused_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class MissedMoments:
    """How many moments an owner missed since its schedule last started a run, and the latest of them."""

    owner_id: UUID
    chain_id: UUID
    number: int
    due_at: datetime
    reason: str


async def list_paused(session: Session, kind: str, chain_ids: Sequence[UUID] | None, *, count: int = 50) -> list[Pause]:
    """Return paused schedules, the latest pause first; `chain_ids` None looks at every chain."""
    rows = await schedules.list_paused(session, kind, chain_ids, count=count)
    return [
        Pause(row["owner_id"], row["chain_id"], row["failures"], row["paused_at"], row["pause_reason"] or "")
        for row in rows
    ]


async def list_missed(
    session: Session, kind: str, chain_ids: Sequence[UUID] | None, *, since: datetime, count: int = 50
) -> list[MissedMoments]:
    """Return owners with moments after `since` that were missed, and after which their schedule started nothing yet."""
    rows = await moments.list_missed(session, kind, chain_ids, since=since, count=count)
    return [MissedMoments(**row | {"reason": row["reason"] or ""}) for row in rows]
