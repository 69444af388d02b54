"""Ten thousand definitions with schedules, of which two thousand are due at the same moment, and three workers.

How long a run took to exist is seen from outside: several times a second the database is asked how many of them are
committed. A run and its job are written in one transaction. Every moment comes twice: the first time no definition has
run before, the second time each has. What saving a definition keeps for its first run is copied with the definition.
"""

import asyncio
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from rich.console import Console

from benchmarks.definitions import Shape, create_export, opened
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.processes import BenchmarkError, Receiver, started_receiver
from benchmarks.tables import Bar, make_table, show_bars, write_results
from tessera.platform import schedules
from tessera.platform.calendar import Schedule
from tessera.platform.clock import now
from tessera.platform.schedules import OwnedSchedule

DEFINITIONS, SMALL_DEFINITIONS = 10_000, 200
DUE, SMALL_DUE = 2_000, 40
WORKERS = 3
# Each run is over in an instant: one row, one request.
SHAPE = Shape(1, 8, profile={"max_concurrent_requests": 32})
LOOK_SECONDS, LEAD_SECONDS = 0.05, 2.0
LATE_SHARE = 0.99
MOST_LATE_SECONDS, MOST_MINUTES = 5.0, 5.0
ROUNDS = ("first run of each", "second run of each")
KIND = "export_definition"
COPY_DEFINITIONS = """
INSERT INTO tessera.export_definitions
SELECT (jsonb_populate_record(d, jsonb_build_object(
          'id', gen_random_uuid(), 'label', d.label || ' ' || n, 'internal_name', d.internal_name || '_' || n))).*
  FROM tessera.export_definitions AS d, generate_series(2, %s) AS n
 WHERE d.id = %s
RETURNING id
"""
COPY_SNAPSHOTS = """
INSERT INTO tessera.run_snapshots
SELECT (jsonb_populate_record(s, jsonb_build_object(
          'id', gen_random_uuid(), 'definition_id', d.id,
          'document', s.document || jsonb_build_object('definition', d.internal_name)))).*
  FROM tessera.run_snapshots AS s, tessera.export_definitions AS d
 WHERE s.definition_id = %(first)s AND d.id <> %(first)s
"""
# Nobody has to wait for a full minute: the moment comes when it is asked for.
MAKE_DUE = """
UPDATE tessera.schedules SET next_at = %(due_at)s
 WHERE owner_kind = %(kind)s AND owner_id IN (SELECT id FROM tessera.export_definitions ORDER BY id LIMIT %(count)s)
"""
STARTED = "SELECT count(*) FROM tessera.runs WHERE scheduled_for = %s"
ENDED = """
SELECT count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state IN ('failed', 'cancelled', 'held')),
       max(finished_at) FROM tessera.runs WHERE scheduled_for = %s
"""
ONCE_EACH = "SELECT count(*), count(DISTINCT definition_id) FROM tessera.runs WHERE scheduled_for = %s"


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one moment; seconds count from it."""

    name: str
    started: int
    half_seconds: float
    late_seconds: float
    started_seconds: float
    ended_seconds: float


def measure_ticks(*, small: bool, moment: datetime, console: Console) -> list[Bar]:
    """Measure two moments, print and write; each definition must start once at each."""
    definitions, due = (SMALL_DEFINITIONS, SMALL_DUE) if small else (DEFINITIONS, DUE)
    with open_place() as place, started_receiver() as receiver:
        with console.status(f"Making {definitions:,} definitions with schedules"):
            chain_id = asyncio.run(create_members(place.settings, 1))
            asyncio.run(make_definitions(place, chain_id, receiver, definitions))
            settle(place)
        with console.status(f"Starting {due:,} of them at once"), running_workers(place, WORKERS):
            rounds = [measure_round(place.database, name, due) for name in ROUNDS]
        if (rows := receiver.counts()["rows"]) != due * len(ROUNDS):
            raise BenchmarkError(f"{due * len(ROUNDS):,} rows should have arrived, and {rows:,} did.")
    table = make_table(
        f"{due:,} of {definitions:,} definitions due at once, {WORKERS} workers: seconds from the moment"
    )
    for heading in ("", "half started", "p99 started", "all started", "all ended"):
        table.add_column(heading, justify="right" if heading else "left")
    for each in rounds:
        seconds = (each.half_seconds, each.late_seconds, each.started_seconds, each.ended_seconds)
        table.add_row(each.name, *(f"{value:.2f}" for value in seconds))
    console.print(table)
    bars = [bar for each in rounds for bar in judge_round(each)]
    show_bars(bars, console)
    path = write_results("ticks", moment, measurements=[asdict(each) for each in rounds], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


async def make_definitions(place: Place, chain_id: UUID, receiver: Receiver, count: int) -> None:
    """Make one definition as a user would, copy it, and give every one a schedule of its own far from now."""
    async with opened(place) as house:
        first = await create_export(house, chain_id, receiver, SHAPE)
        copies = await asyncio.to_thread(copy_definition, place.database, first, count)
        far = now() + timedelta(hours=6)
        given = [
            OwnedSchedule(
                owner_id, chain_id, Schedule(cron=f"{number % 60} {(far.hour + number // 60 % 12) % 24} * * *")
            )
            for number, owner_id in enumerate([first, *copies])
        ]
        async with house.resources.database.session() as session:
            await schedules.save_schedules(session, KIND, given, now=now())


def copy_definition(database: str, definition_id: UUID, count: int) -> list[UUID]:
    """Copy the definition until there are so many; return the copies."""
    with psycopg.connect(database) as connection:
        copies = [row[0] for row in connection.execute(COPY_DEFINITIONS, [count, definition_id])]
        connection.execute(COPY_SNAPSHOTS, {"first": definition_id})
        return copies


def measure_round(database: str, name: str, due: int) -> Round:
    """Have so many moments come at once, and watch until all their runs have ended."""
    due_at = now() + timedelta(seconds=LEAD_SECONDS)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(MAKE_DUE, {"due_at": due_at, "kind": KIND, "count": due})
        seen = watch_starts(connection, due_at, due)
        ended_at = wait_for_ends(connection, due_at, due)
        if connection.execute(ONCE_EACH, [due_at]).fetchone() != (due, due):
            raise BenchmarkError("A definition was started more than once at the same moment.")
    half, late, last = (
        next(after for after, count in seen if count >= due * share) for share in (0.5, LATE_SHARE, 1.0)
    )
    return Round(name, due, half, late, last, (ended_at - due_at).total_seconds())


def watch_starts(connection: psycopg.Connection[Any], due_at: datetime, due: int) -> list[tuple[float, int]]:
    """Return how many runs were committed, and how many seconds after the moment, again and again until all are."""
    seen: list[tuple[float, int]] = []
    while not seen or seen[-1][1] < due:
        time.sleep(LOOK_SECONDS)
        row = connection.execute(STARTED, [due_at]).fetchone()
        assert row is not None
        after = (now() - due_at).total_seconds()
        seen.append((after, row[0]))
        if after > MOST_MINUTES * 60:
            raise BenchmarkError(f"Only {row[0]:,} of {due:,} runs were started in {MOST_MINUTES:g} minutes.")
    return seen


def wait_for_ends(connection: psycopg.Connection[Any], due_at: datetime, due: int) -> datetime:
    """Return when the last run ended; raise when one does not complete."""
    for _ in range(int(2 * MOST_MINUTES * 60 / LOOK_SECONDS / 4)):
        completed, failed, last = connection.execute(ENDED, [due_at]).fetchone() or (0, 0, None)
        if failed:
            raise BenchmarkError(f"{failed:,} runs did not complete. The workers' lines above may say why.")
        if completed == due and isinstance(last, datetime):
            return last
        time.sleep(4 * LOOK_SECONDS)
    raise BenchmarkError(f"The runs were not over after {2 * MOST_MINUTES:g} minutes.")


def judge_round(found: Round) -> list[Bar]:
    """Hold starts and ends against their bars."""
    late, ended = found.late_seconds, found.ended_seconds
    asked = f"p99 at most {MOST_LATE_SECONDS:g} s, each once"
    return [
        Bar(f"{found.name}: started", f"{late:.2f} s", asked, late <= MOST_LATE_SECONDS),
        Bar(
            f"{found.name}: the last one ended",
            f"{ended:.0f} s",
            f"at most {MOST_MINUTES:g} minutes",
            ended <= MOST_MINUTES * 60,
        ),
    ]
