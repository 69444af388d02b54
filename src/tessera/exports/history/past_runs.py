"""Runs as pictures and lists of many show them: how each went, without what it worked from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.exports.gates import Finding
from tessera.exports.states import RunState
from tessera.exports.store import history as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session

SHOWN = 30
OPEN = frozenset({RunState.PENDING, RunState.RUNNING, RunState.HELD})


@dataclass(frozen=True, slots=True)
class PastRun:
    """One execution of a definition; `selected` is None until the selection is written down."""

    id: UUID
    definition_id: UUID
    definition_label: str
    state: RunState
    trigger: str
    started_by: str
    created_at: datetime
    scheduled_for: datetime | None
    started_at: datetime | None
    held_at: datetime | None
    finished_at: datetime | None
    selected: int | None
    sent: int
    unchanged: int
    failed: int
    skipped: int
    error: str | None
    findings: Sequence[Finding]

    @property
    def active(self) -> bool:
        """Say whether it is not over."""
        return self.state in OPEN

    @property
    def settled(self) -> int:
        """Rows whose fate is known."""
        return self.sent + self.unchanged + self.failed + self.skipped

    @property
    def refused_percent(self) -> float | None:
        """The share of what was tried that did not arrive; None where nothing was tried."""
        tried = self.sent + self.failed
        return 100 * self.failed / tried if tried else None

    def seconds(self, now: datetime) -> float | None:
        """Return how long it has taken so far or in all; None before its start."""
        return ((self.finished_at or now) - self.started_at).total_seconds() if self.started_at else None


async def list_past_runs(
    session: Session, actor: Actor, *, definition_id: UUID, count: int = SHOWN, before: datetime | None = None
) -> list[PastRun]:
    """Return the definition's latest runs that were created before then, newest first."""
    actor.require("exports:read")
    rows = await store.list_runs_of(session, definition_id, chains=actor.reach(), before=before, count=count)
    return make_runs(rows)


async def list_latest_runs(session: Session, actor: Actor, chain_id: UUID, *, count: int = 10) -> list[PastRun]:
    """Return the chain's latest runs, newest first."""
    actor.require("exports:read")
    return make_runs(await store.list_latest(session, chain_id, count=count)) if actor.sees(chain_id) else []


async def list_active_runs(session: Session, actor: Actor, chain_id: UUID, *, count: int = 50) -> list[PastRun]:
    """Return the chain's runs that wait, run or are held, oldest first."""
    actor.require("exports:read")
    return make_runs(await store.list_active(session, chain_id, count=count)) if actor.sees(chain_id) else []


def make_runs(rows: Sequence[Mapping[str, Any]]) -> list[PastRun]:
    """Turn stored rows into the values that others see."""
    return [
        PastRun(**{**row, "state": RunState(row["state"]), "findings": msgspec.convert(row["findings"], list[Finding])})
        for row in rows
    ]
