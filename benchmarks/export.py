"""The export to HTTP: Tessera beside the bare loop, which is the ceiling, and drt, the tool a user would pick instead.

Everything runs on one machine, one after another, on the same members and against the same kind of receiver, each way
in a process of its own. Whatever a way says of itself, the ids at the receiver must be those of the members, each once,
or the benchmark fails.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from rich.console import Console

from benchmarks.bare_loop import DATABASE_VARIABLE, TOKEN_VARIABLE
from benchmarks.definitions import export_members
from benchmarks.house import Place, open_place, running_worker, settle
from benchmarks.members import create_members
from benchmarks.peers.drt_export import run_drt
from benchmarks.peers.environment import install_peers
from benchmarks.processes import BenchmarkError, Receiver, run_watched, started_receiver
from benchmarks.receiver import DELAY_SECONDS
from benchmarks.rows import copy_members, digest_members
from benchmarks.tables import Bar, Measurement, choose_median, show_bars, show_measurements, write_results

ROWS_PER_REQUEST = 100
CONCURRENCY = 16
LEAST_ROWS_PER_SECOND = 40_000
# Below that a run's start and end weigh more than its sending.
LEAST_ROWS_FOR_RATE = 100_000
MOST_MEGABYTES = 150
MOST_GROWTH = 0.10
# Small exports end in two seconds, so they are done three times, and the middle one counts.
SMALL, TIMES_WHEN_SMALL = 200_000, 3
# One sync of drt sends some 4,000 rows a second: more rows would only take longer.
MOST_ROWS_OF_ONE_SYNC = 100_000
MOST_SECONDS = 300.0
BEARER, OAUTH = "Tessera", "Tessera, OAuth 2.0"
# Of the rate with a token that never changes.
LEAST_SHARE_WITH_OAUTH = 0.95


def measure_exports(sizes: Sequence[int], *, with_peers: bool, moment: datetime, console: Console) -> None:
    """Measure exports of these many rows, print and write what was found."""
    if with_peers:
        install_peers()
    measurements: list[Measurement] = []
    ours: list[Measurement] = []
    with_oauth: list[Measurement] = []
    with open_place() as place:
        for rows in sizes:
            found = measure_size(place, rows, with_peers=with_peers, console=console)
            measurements += found
            ours.append(choose_median(named(BEARER, found)))
            with_oauth.append(choose_median(named(OAUTH, found)))
    bars = [*judge(ours), *judge_oauth(ours, with_oauth)]
    show_bars(bars, console)
    path = write_results("export", moment, measurements=[found.describe() for found in measurements], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")


def measure_size(place: Place, rows: int, *, with_peers: bool, console: Console) -> list[Measurement]:
    """Measure every way with so many rows; print the middle one of each and return all."""
    with console.status(f"Loading {rows:,} members"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
    times = TIMES_WHEN_SMALL if rows <= SMALL else 1
    found = []
    with console.status(f"Exporting {rows:,} members"):
        for _ in range(times):
            found += [
                measure_bare_loop(place, rows),
                measure_tessera(place, chain_id, rows),
                measure_tessera(place, chain_id, rows, oauth=True),
            ]
        if with_peers:
            found += measure_drt(place, rows)
    shown = [choose_median(named(name, found)) for name in dict.fromkeys(one.name for one in found)]
    title = (
        f"Export of {rows:,} members, {ROWS_PER_REQUEST} a request, {CONCURRENCY} in flight,"
        f" answered after {DELAY_SECONDS * 1000:.0f} ms"
    )
    show_measurements(title, shown, ceiling=shown[0], console=console)
    return found


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
        received = check_received(place, receiver, rows)
    return Measurement("bare loop (ceiling)", rows, seconds, done.peak_megabytes, done.cpu_seconds, received)


def measure_tessera(place: Place, chain_id: UUID, rows: int, *, oauth: bool = False) -> Measurement:
    """Measure ourselves: a fresh worker, from the run's start to its end as the run itself tells them.

    With `oauth` the token is asked for, and again whenever it is about to expire.
    """
    with started_receiver() as receiver:
        with running_worker(place) as watch:
            seconds = asyncio.run(
                export_members(
                    place.settings,
                    chain_id,
                    replace(receiver, oauth=oauth),
                    rows=rows,
                    rows_per_request=ROWS_PER_REQUEST,
                    concurrency=CONCURRENCY,
                    most_seconds=MOST_SECONDS,
                )
            )
        received = check_received(place, receiver, rows)
    name = OAUTH if oauth else BEARER
    return Measurement(name, rows, seconds, watch.peak_megabytes, watch.cpu_seconds, received)


def measure_drt(place: Place, rows: int) -> list[Measurement]:
    """Measure drt as one sync, on fewer rows when there are many, and cut into as many syncs as calls in flight."""
    found = []
    for name, syncs, count in (
        ("drt, one sync", 1, min(rows, MOST_ROWS_OF_ONE_SYNC)),
        (f"drt, cut into {CONCURRENCY} syncs", CONCURRENCY, rows),
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
            received = check_received(place, receiver, count)
        finished = done.finished
        found.append(Measurement(name, count, done.seconds, finished.peak_megabytes, finished.cpu_seconds, received))
    return found


def check_received(place: Place, receiver: Receiver, rows: int) -> dict[str, object]:
    """Return the receiver's counts; raise unless every member arrived exactly once."""
    counts, proof = receiver.counts(), receiver.proof()
    if (counts["rows"], proof["distinct"], proof["digest"]) != (rows, *digest_members(place.database, rows)):
        raise BenchmarkError(
            f"{rows:,} members should have arrived once each; {counts['rows']:,} rows did, {proof['distinct']:,} of"
            " them distinct. The figures above it are worth nothing until that is mended."
        )
    return counts


def named(name: str, measurements: Sequence[Measurement]) -> list[Measurement]:
    """Return the measurements of one way."""
    return [found for found in measurements if found.name == name]


def judge(ours: Sequence[Measurement]) -> list[Bar]:
    """Hold our measurements, one a size from the smallest up, against what was promised."""
    bars = []
    for found in ours:
        rate, peak = found.rows_per_second, found.peak_megabytes
        if found.rows >= LEAST_ROWS_FOR_RATE:
            asked = f"at least {LEAST_ROWS_PER_SECOND:,} rows/s"
            bars.append(Bar(f"rate, {found.rows:,} rows", f"{rate:,.0f} rows/s", asked, rate >= LEAST_ROWS_PER_SECOND))
        promise, asked = f"worker's memory, {found.rows:,} rows", f"at most {MOST_MEGABYTES} MB"
        bars.append(Bar(promise, f"{peak:,.0f} MB", asked, peak <= MOST_MEGABYTES))
    if len(ours) > 1:
        growth = ours[-1].peak_megabytes / ours[0].peak_megabytes - 1
        promise = f"worker's memory from {ours[0].rows:,} to {ours[-1].rows:,} rows"
        bars.append(Bar(promise, f"{growth:+.1%}", f"at most +{MOST_GROWTH:.0%}", growth <= MOST_GROWTH))
    return bars


def judge_oauth(bearer: Sequence[Measurement], oauth: Sequence[Measurement]) -> list[Bar]:
    """Hold the rate with renewed tokens against that with one that never changes, size by size."""
    asked = f"at least {LEAST_SHARE_WITH_OAUTH:.0%} of a bearer token's rate"
    bars = []
    for plain, renewed in zip(bearer, oauth, strict=True):
        share = renewed.rows_per_second / plain.rows_per_second
        met = share >= LEAST_SHARE_WITH_OAUTH
        bars.append(Bar(f"rate with OAuth 2.0, {renewed.rows:,} rows", f"{share:.0%}", asked, met))
    return bars
