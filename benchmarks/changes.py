"""Changes only: one row in a hundred changed since the run before, and nothing else may leave."""

import asyncio
from datetime import datetime
from uuid import UUID

import psycopg
from rich.console import Console

from benchmarks.definitions import Shape, check_run, create_export, opened, run_once
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.processes import BenchmarkError, Receiver, started_receiver
from benchmarks.rows import check_received, copy_members
from benchmarks.tables import Bar, Measurement, show_bars, show_measurements, write_results
from tessera.exports import Changes, FirstRun

ROWS, SMALL_ROWS = 1_000_000, 10_000
# Of so many rows one changes.
ONE_OF = 100
CHANGED = f"ordinal % {ONE_OF} = 0"
CHANGE = f"""
UPDATE tessera.accounts AS account SET last_name = left(account.last_name, 40) || ' II'
  FROM tessera.memberships AS membership JOIN benchmark.members AS member ON member.id = membership.id
 WHERE account.id = membership.account_id AND {CHANGED.replace("ordinal", "member.ordinal")}
"""
SHAPE = Shape(rows_per_request=100, concurrency=16, changes=Changes(first_run=FirstRun.BASELINE))
MOST_SECONDS_AS_PROMISED, MOST_SECONDS = 15.0, 600.0


def measure_changes(*, small: bool, moment: datetime, console: Console) -> list[Bar]:
    """Measure the run after the change, print and write; exactly the changed rows must arrive."""
    rows = SMALL_ROWS if small else ROWS
    with open_place() as place, console.status(f"Comparing {rows:,} members"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        copy_members(place.database, chain_id)
        settle(place)
        with started_receiver() as receiver, running_workers(place, 1) as (watch,):
            first, seconds = asyncio.run(run_twice(place, chain_id, receiver, rows))
            received = check_received(place.database, receiver, rows // ONE_OF, where=CHANGED)
        usage = (watch.peak_megabytes, watch.cpu_seconds)
    found = [
        Measurement("first run: baseline", rows, first, *usage, {"requests": 0, "peak_in_flight": 0}),
        Measurement("changes only", rows, seconds, *usage, received),
    ]
    title = f"{rows // ONE_OF:,} of {rows:,} rows changed"
    show_measurements(title, found, ceiling=None, console=console)
    promise = f"changes only, {rows:,} rows"
    asked = f"at most {MOST_SECONDS_AS_PROMISED:g} s"
    bars = [
        Bar(promise, f"{seconds:.1f} s", asked, seconds <= MOST_SECONDS_AS_PROMISED),
        Bar("rows sent", f"{received['rows']:,}", f"the {rows // ONE_OF:,} that changed, each once", met=True),
    ]
    show_bars(bars, console)
    path = write_results("changes", moment, measurements=[each.describe() for each in found], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


async def run_twice(place: Place, chain_id: UUID, receiver: Receiver, rows: int) -> tuple[float, float]:
    """Note what there is, change some of it, and send that; return the seconds of both runs."""
    async with opened(place) as house:
        definition_id = await create_export(house, chain_id, receiver, SHAPE)
        first = check_run(await run_once(house, definition_id, MOST_SECONDS), 0)
        await asyncio.to_thread(change_rows, place.database, rows // ONE_OF)
        await asyncio.to_thread(settle, place)
        return first, check_run(await run_once(house, definition_id, MOST_SECONDS), rows // ONE_OF)


def change_rows(database: str, count: int) -> None:
    """Change one row in so many."""
    with psycopg.connect(database) as connection:
        changed = connection.execute(CHANGE.encode()).rowcount
    if changed != count:
        raise BenchmarkError(f"{count:,} rows should have been changed, and {changed:,} were.")
