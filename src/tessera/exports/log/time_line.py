"""What happened in a run and when, and how fast it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.exports.runs import get_run
from tessera.exports.store import request_log as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session

MOST_WAITS = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the time line."""

    at: datetime
    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Rate:
    """What came per second from `second` on: requests and rows that were sent, and attempts by their answers.

    Answers are `accepted` (2xx), `refused` (3xx and 4xx) or `broken` (5xx), or there was none. Latency is in
    milliseconds, None where nothing came back.
    """

    second: datetime
    requests: float
    rows: float
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    accepted: float
    refused: float
    broken: float
    unanswered: float
    retries: float


async def list_moments(session: Session, actor: Actor, run_id: UUID) -> list[Moment]:
    """Return the run's time line, oldest first; requests that had to wait for another try are counted by the minute."""
    run = await get_run(session, actor, run_id=run_id)
    moments = [Moment(**row) for row in await store.list_moments(session, run_id)]
    waits = [
        Moment(row["at"], "waited", describe_wait(row))
        for row in await store.list_waits(session, run, limit=MOST_WAITS)
    ]
    return sorted([*moments, *waits], key=lambda moment: moment.at)


def describe_wait(row: Mapping[str, Any]) -> str:
    """Return what made requests wait for another try in one minute."""
    count = row["attempts"]
    requests = "1 request waits" if count == 1 else f"{count:,} requests wait"
    answer = f"the receiver answered {row['status']}" if row["status"] else f"no answer came: {row['code']}"
    return f"{requests} for another try: {answer}"


async def list_rates(session: Session, actor: Actor, run_id: UUID) -> list[Rate]:
    """Return one entry a second from the first answer to the last; long runs come in fewer, wider steps."""
    run = await get_run(session, actor, run_id=run_id)
    return [Rate(**row) for row in await store.list_rates(session, run)]
