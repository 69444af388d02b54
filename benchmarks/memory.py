"""One worker's memory over ten runs: what it has after the third, it must have after the tenth."""

import asyncio
from datetime import datetime
from uuid import UUID

from rich.console import Console

from benchmarks.definitions import Shape, check_run, create_export, opened, run_once
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.processes import MemoryWatch, Receiver, started_receiver
from benchmarks.rows import check_received, copy_members
from benchmarks.tables import Bar, make_table, show_bars, write_results

ROWS, SMALL_ROWS = 1_000_000, 5_000
RUNS, SETTLED = 10, 3
SHAPE = Shape(rows_per_request=100, concurrency=16)
MOST_MEGABYTES = 200.0
# What the allocator keeps differs a little from run to run; a leak of a few bytes a row would be many megabytes.
TOLERANCE = 0.02
MOST_SECONDS = 400.0


def measure_memory(*, small: bool, moment: datetime, console: Console) -> list[Bar]:
    """Run the export ten times in one worker and look at its memory after each; print and write."""
    rows = SMALL_ROWS if small else ROWS
    with open_place() as place, console.status(f"Exporting {rows:,} members {RUNS} times"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
        with started_receiver() as receiver, running_workers(place, 1) as (watch,):
            found = asyncio.run(run_often(place, chain_id, receiver, watch, rows=rows))
            check_received(place.database, receiver, rows, times=RUNS)
        peak = watch.peak_megabytes
    table = make_table(f"{RUNS} runs of {rows:,} rows, one worker")
    for heading in ("run", "seconds", "MB after it"):
        table.add_column(heading, justify="right")
    for number, (seconds, megabytes) in enumerate(found, 1):
        table.add_row(str(number), f"{seconds:.2f}", f"{megabytes:.1f}")
    console.print(table)
    bars = judge_memory([megabytes for _, megabytes in found], peak)
    show_bars(bars, console)
    measurements = [{"seconds": seconds, "megabytes": megabytes} for seconds, megabytes in found]
    path = write_results("memory", moment, measurements=[{"peak_megabytes": peak}, *measurements], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


async def run_often(
    place: Place, chain_id: UUID, receiver: Receiver, watch: MemoryWatch, *, rows: int
) -> list[tuple[float, float]]:
    """Run one definition again and again; return the seconds of each run, and the worker's memory after it."""
    found = []
    async with opened(place) as house:
        definition_id = await create_export(house, chain_id, receiver, SHAPE)
        for _ in range(RUNS):
            seconds = check_run(await run_once(house, definition_id, MOST_SECONDS), rows)
            found.append((seconds, watch.resident_megabytes))
    return found


def judge_memory(megabytes: list[float], peak: float) -> list[Bar]:
    """Hold the most memory and its growth against their bars."""
    growth = megabytes[-1] / megabytes[SETTLED - 1] - 1
    asked = f"none (tolerance {TOLERANCE:.0%})"
    return [
        Bar("worker's memory at its most", f"{peak:.0f} MB", f"at most {MOST_MEGABYTES:g} MB", peak <= MOST_MEGABYTES),
        Bar(f"growth from run {SETTLED} to run {RUNS}", f"{growth:+.1%}", asked, growth <= TOLERANCE),
    ]
