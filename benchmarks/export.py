"""The export to HTTP: Tessera beside the bare loop, which is the ceiling, and drt, the tool a user would pick instead.

Everything runs on one machine, one after another, on the same members and against the same kind of receiver, each way
in a process of its own. Whatever a way says of itself, the ids at the receiver must be those of the members, each once,
or the benchmark fails.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from uuid import UUID

from rich.console import Console

from benchmarks.bare_loop import DATABASE_VARIABLE, TOKEN_VARIABLE
from benchmarks.definitions import QUERY, Shape, check_run, create_export, opened, run_once
from benchmarks.export_judging import LEAST_ROWS_FOR_RATE, Delay, judge_exports
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.peers.dlt_export import run_dlt
from benchmarks.peers.drt_export import run_drt
from benchmarks.peers.environment import install_peers
from benchmarks.processes import run_watched, started_receiver
from benchmarks.receiver import DELAY_SECONDS
from benchmarks.rows import check_received, copy_members
from benchmarks.tables import Measurement, choose_median, show_bars, show_measurements, write_results
from tessera.exports import Run
from tessera.queries.engines.sql import SqlEngine

ROWS_PER_REQUEST = 100
CONCURRENCY = 16
SHAPE = Shape(ROWS_PER_REQUEST, CONCURRENCY)
# Small exports end in two seconds, so they are done three times, and the middle one counts.
SMALL, TIMES_WHEN_SMALL = 200_000, 3
# One sync of drt sends some 4,000 rows a second: more rows would only take longer.
MOST_ROWS_OF_ONE_SYNC = 100_000
MOST_SECONDS = 300.0
BEARER, OAUTH = "Tessera", "Tessera, OAuth 2.0"
CEILING, CUT = "bare loop (ceiling)", f"drt, cut into {CONCURRENCY} syncs"


def measure_exports(sizes: Sequence[int], *, with_peers: bool, moment: datetime, console: Console) -> None:
    """Measure exports of these many rows, print and write what was found."""
    if with_peers:
        install_peers()
    found: list[list[Measurement]] = []
    delays: list[Delay] = []
    with open_place() as place:
        for rows in sizes:
            of_size, delay = measure_size(place, rows, with_peers=with_peers, console=console)
            found.append(of_size)
            delays.append(delay)
    middles = [{name: choose_median(named(name, one)) for name in names_of(one)} for one in found]
    bars = judge_exports(middles, delays, ours=BEARER, oauth=OAUTH, ceiling=CEILING, peer=CUT)
    show_bars(bars, console)
    measurements = [each.describe() for one in found for each in one]
    path = write_results("export", moment, measurements=[*measurements, *map(asdict, delays)], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")


def measure_size(place: Place, rows: int, *, with_peers: bool, console: Console) -> tuple[list[Measurement], Delay]:
    """Measure every way with so many rows; print the middle one of each and return all."""
    with console.status(f"Loading {rows:,} members"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
    times = TIMES_WHEN_SMALL if LEAST_ROWS_FOR_RATE <= rows <= SMALL else 1
    found = []
    with console.status(f"Exporting {rows:,} members"):
        for _ in range(times):
            found += [
                measure_bare_loop(place, rows),
                measure_tessera(place, chain_id, rows),
                measure_tessera(place, chain_id, rows, oauth=True),
            ]
        if with_peers:
            found += [*measure_drt(place, rows), measure_dlt(place, rows)]
        copied = asyncio.run(copy_query(place, chain_id))
    shown = [choose_median(named(name, found)) for name in names_of(found)]
    title = (
        f"Export of {rows:,} members, {ROWS_PER_REQUEST} a request, {CONCURRENCY} in flight,"
        f" answered after {DELAY_SECONDS * 1000:.0f} ms"
    )
    show_measurements(title, shown, ceiling=shown[0], console=console)
    ours = choose_median(named(BEARER, found))
    return found, Delay(rows, ours.received["first_request_seconds"], copied)


async def copy_query(place: Place, chain_id: UUID) -> float:
    """Return the seconds of a bare COPY of the export's query, as the login that it runs as."""
    async with opened(place) as house:
        engine = house.engine
        assert isinstance(engine, SqlEngine)
        async with engine.connected(chain_id, MOST_SECONDS) as connection, connection.cursor() as cursor:
            begun = time.monotonic()
            async with cursor.copy(f"COPY ({QUERY}) TO STDOUT".encode()) as copy:
                async for _ in copy:
                    pass
            return time.monotonic() - begun


def measure_bare_loop(place: Place, rows: int) -> Measurement:
    """Measure the ceiling."""
    with started_receiver() as receiver:
        done = run_watched(
            [
                *(sys.executable, "-m", "benchmarks.bare_loop", receiver.url),
                *("--rows-per-request", str(ROWS_PER_REQUEST), "--concurrency", str(CONCURRENCY)),
            ],
            environment={DATABASE_VARIABLE: place.database, TOKEN_VARIABLE: receiver.token},
            seconds=MOST_SECONDS,
        )
        seconds = json.loads(done.output)["seconds"]
        received = check_received(place.database, receiver, rows)
    return Measurement(CEILING, rows, seconds, done.peak_megabytes, done.cpu_seconds, received)


def measure_tessera(place: Place, chain_id: UUID, rows: int, *, oauth: bool = False) -> Measurement:
    """Measure ourselves: a fresh worker, from the run's start to its end as the run itself tells them.

    With `oauth` the token is asked for, and again whenever it is about to expire.
    """
    with started_receiver() as receiver, running_workers(place, 1) as (watch,):

        async def export() -> Run:
            async with opened(place) as house:
                definition_id = await create_export(house, chain_id, replace(receiver, oauth=oauth), SHAPE)
                return await run_once(house, definition_id, MOST_SECONDS)

        run = asyncio.run(export())
        seconds = check_run(run, rows)
        received = check_received(place.database, receiver, rows)
    assert run.started_at is not None
    received["first_request_seconds"] = received["began_at"] - run.started_at.timestamp()
    name = OAUTH if oauth else BEARER
    return Measurement(name, rows, seconds, watch.peak_megabytes, watch.cpu_seconds, received)


def measure_drt(place: Place, rows: int) -> list[Measurement]:
    """Measure drt as one sync, on fewer rows when there are many, and cut into as many syncs as calls in flight."""
    found = []
    for name, syncs, count in (
        ("drt, one sync", 1, min(rows, MOST_ROWS_OF_ONE_SYNC)),
        (CUT, CONCURRENCY, rows),
    ):
        with started_receiver() as receiver:
            done = run_drt(
                place.database,
                receiver,
                rows=count,
                rows_per_request=ROWS_PER_REQUEST,
                syncs=syncs,
                most_seconds=MOST_SECONDS,
            )
            received = check_received(place.database, receiver, count)
        finished = done.finished
        found.append(Measurement(name, count, done.seconds, finished.peak_megabytes, finished.cpu_seconds, received))
    return found


def measure_dlt(place: Place, rows: int) -> Measurement:
    """Measure dlt with a destination of its own, its load cut into as many jobs as calls in flight."""
    with started_receiver() as receiver:
        done = run_dlt(
            place.database,
            receiver,
            rows=rows,
            rows_per_request=ROWS_PER_REQUEST,
            jobs=CONCURRENCY,
            most_seconds=MOST_SECONDS,
        )
        received = check_received(place.database, receiver, rows)
    name, used = f"dlt, {CONCURRENCY} load jobs", done.finished
    return Measurement(name, rows, done.seconds, used.peak_megabytes, used.cpu_seconds, received)


def names_of(measurements: Sequence[Measurement]) -> list[str]:
    """Return the ways that were measured, each once, in their order."""
    return list(dict.fromkeys(one.name for one in measurements))


def named(name: str, measurements: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements of one way."""
    return [found for found in measurements if found.name == name]
