"""One run in shards: four workers beside one, a row a request and a slow receiver."""

import asyncio
from datetime import datetime
from uuid import UUID

from rich.console import Console

from benchmarks.definitions import Shape, check_run, create_export, opened, run_once
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.processes import started_receiver
from benchmarks.rows import check_received, copy_members
from benchmarks.tables import Bar, Measurement, show_bars, show_measurements, write_results

ROWS, SMALL_ROWS = 9_600, 480
WORKERS = 4
DELAY_SECONDS = 0.1
# So many in flight in each worker, and all together as many as the profile allows.
CONCURRENCY, ALLOWED = 8, 32
SHAPE = Shape(1, CONCURRENCY, shards=WORKERS, profile={"max_concurrent_requests": ALLOWED})
LEAST_TIMES = 3.4
MOST_SECONDS = 400.0


def measure_shards(*, small: bool, moment: datetime, console: Console) -> list[Bar]:
    """Measure with one worker, then with all; each row must arrive once."""
    rows = SMALL_ROWS if small else ROWS
    with open_place() as place, console.status(f"Exporting {rows:,} members in {WORKERS} shards"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
        found = [measure_workers(place, chain_id, rows, workers) for workers in (1, WORKERS)]
    title = (
        f"One run in {WORKERS} shards, {CONCURRENCY} in flight a worker, answered after {DELAY_SECONDS * 1000:.0f} ms"
    )
    show_measurements(title, found, ceiling=None, console=console)
    one, all_of_them = found
    times = all_of_them.rows_per_second / one.rows_per_second
    ceiling = ALLOWED / DELAY_SECONDS
    asked = f"at least {LEAST_TIMES:g} × (ceiling {ceiling:,.0f}/s)"
    bars = [Bar(f"{WORKERS} workers beside one", f"{times:.2f} ×", asked, times >= LEAST_TIMES)]
    show_bars(bars, console)
    path = write_results("shards", moment, measurements=[each.describe() for each in found], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


def measure_workers(place: Place, chain_id: UUID, rows: int, workers: int) -> Measurement:
    """Measure one run with so many workers, each of which takes one shard at a time."""
    with (
        started_receiver(DELAY_SECONDS) as receiver,
        running_workers(place, workers, TESSERA_WORKER_CONCURRENCY="1") as watches,
    ):

        async def export() -> float:
            async with opened(place) as house:
                definition_id = await create_export(house, chain_id, receiver, SHAPE)
                return check_run(await run_once(house, definition_id, MOST_SECONDS), rows)

        seconds = asyncio.run(export())
        received = check_received(place.database, receiver, rows)
    peak = max(watch.peak_megabytes for watch in watches)
    spent = sum(watch.cpu_seconds for watch in watches)
    return Measurement(f"{workers} worker{'s' if workers > 1 else ''}", rows, seconds, peak, spent, received)
