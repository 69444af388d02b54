"""One row a request: what a request costs with all its bookkeeping, beside arithmetic and beside drt."""

import asyncio
from datetime import datetime

from rich.console import Console

from benchmarks.definitions import Shape, check_run, create_export, opened, run_once
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.peers.drt_export import run_drt
from benchmarks.peers.environment import install_peers
from benchmarks.processes import started_receiver
from benchmarks.receiver import DELAY_SECONDS
from benchmarks.rows import check_received, copy_members
from benchmarks.tables import Bar, Measurement, show_bars, show_measurements, write_results

ROWS, SMALL_ROWS = 20_000, 2_000
SHAPE = Shape(rows_per_request=1, concurrency=32)
# The most that so many calls in flight can do.
CEILING = SHAPE.concurrency / DELAY_SECONDS
LEAST_SHARE, LEAST_TIMES_DRT = 0.84, 25.0
# One sync of drt sends fewer than fifty rows a second this way.
ROWS_OF_DRT, SMALL_ROWS_OF_DRT = 2_000, 100
MOST_SECONDS = 300.0


def measure_singles(*, small: bool, with_peers: bool, moment: datetime, console: Console) -> list[Bar]:
    """Measure, print and write; each row must arrive once."""
    rows, rows_of_drt = (SMALL_ROWS, SMALL_ROWS_OF_DRT) if small else (ROWS, ROWS_OF_DRT)
    if with_peers:
        install_peers()
    with open_place() as place, console.status(f"Exporting {rows:,} members, one a request"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
        with started_receiver() as receiver, running_workers(place, 1) as (watch,):

            async def export() -> float:
                async with opened(place) as house:
                    definition_id = await create_export(house, chain_id, receiver, SHAPE)
                    return check_run(await run_once(house, definition_id, MOST_SECONDS), rows)

            seconds = asyncio.run(export())
            received = check_received(place.database, receiver, rows)
        ours = Measurement("Tessera", rows, seconds, watch.peak_megabytes, watch.cpu_seconds, received)
        found = [ours, *([measure_drt(place, rows_of_drt)] if with_peers else [])]
    title = f"One row a request, {SHAPE.concurrency} in flight, answered after {DELAY_SECONDS * 1000:.0f} ms"
    show_measurements(title, found, ceiling=None, console=console)
    bars = judge_singles(found)
    show_bars(bars, console)
    path = write_results("singles", moment, measurements=[each.describe() for each in found], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


def measure_drt(place: Place, rows: int) -> Measurement:
    """Let drt do the same in one sync."""
    with started_receiver() as receiver:
        done = run_drt(place.database, receiver, rows=rows, rows_per_request=1, syncs=1, most_seconds=MOST_SECONDS)
        received = check_received(place.database, receiver, rows)
    finished = done.finished
    return Measurement("drt, one sync", rows, done.seconds, finished.peak_megabytes, finished.cpu_seconds, received)


def judge_singles(found: list[Measurement]) -> list[Bar]:
    """Hold our rate against what arithmetic allows, and against drt's where it was measured."""
    rate = found[0].rows_per_second
    share = rate / CEILING
    asked = f"at least {LEAST_SHARE:.0%} of {CEILING:,.0f}/s"
    bars = [Bar("requests of one row", f"{rate:,.0f}/s, {share:.0%}", asked, share >= LEAST_SHARE)]
    for peer in found[1:]:
        times = rate / peer.rows_per_second
        asked = f"at least {LEAST_TIMES_DRT:g} × its rate"
        bars.append(Bar(f"beside {peer.name}", f"{times:.1f} ×", asked, times >= LEAST_TIMES_DRT))
    return bars
