"""Ten definitions at once on one worker, of which one has a receiver that hangs: the others must not feel it."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from rich.console import Console

from benchmarks.definitions import ACTOR, Shape, check_run, create_export, opened, start_runs, wait_for_end
from benchmarks.house import Place, open_place, running_workers, settle
from benchmarks.members import create_members
from benchmarks.processes import BenchmarkError, Receiver, started_receiver
from benchmarks.tables import Bar, make_table, show_bars, write_results
from tessera import exports
from tessera.exports import Run
from tessera.wiring import Application

NEIGHBOURS = 9
ROWS, SMALL_ROWS = 50_000, 1_000
HANG_SECONDS = 30.0
SHAPE = Shape(rows_per_request=100, concurrency=4)
LEAST_SHARE = 0.9
MOST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Found:
    """How fast the nine were, alone and beside the one that hangs."""

    rows: int
    alone_seconds: float
    beside_seconds: float

    @property
    def share(self) -> float:
        """Their rate beside the hanging one, of what they do alone."""
        return self.alone_seconds / self.beside_seconds


def measure_neighbours(*, small: bool, moment: datetime, console: Console) -> list[Bar]:
    """Measure the nine alone, then with the tenth; print and write."""
    rows = SMALL_ROWS if small else ROWS
    with open_place() as place, console.status(f"Exporting {rows:,} members {NEIGHBOURS} times at once"):
        chain_id = asyncio.run(create_members(place.settings, rows))
        settle(place)
        with ExitStack() as processes:
            receivers = [processes.enter_context(started_receiver()) for _ in range(NEIGHBOURS)]
            hanging = processes.enter_context(started_receiver(HANG_SECONDS))
            processes.enter_context(running_workers(place, 1, TESSERA_WORKER_CONCURRENCY=str(NEIGHBOURS + 1)))
            alone, beside = asyncio.run(run_both(place, chain_id, [*receivers, hanging], rows))
            check_arrived(receivers, hanging, rows)
    found = Found(rows, alone, beside)
    table = make_table(f"{NEIGHBOURS} exports of {rows:,} rows at once, one worker")
    for heading in ("", "seconds", "rows/s"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, seconds in (("alone", alone), (f"beside one that hangs {HANG_SECONDS:g} s", beside)):
        table.add_row(name, f"{seconds:.2f}", f"{NEIGHBOURS * rows / seconds:,.0f}")
    console.print(table)
    asked = f"at least {LEAST_SHARE:.0%}"
    bars = [Bar("rate beside a receiver that hangs", f"{found.share:.0%}", asked, found.share >= LEAST_SHARE)]
    show_bars(bars, console)
    measurement = {"rows": rows, "alone_seconds": alone, "beside_seconds": beside, "share": found.share}
    path = write_results("neighbours", moment, measurements=[measurement], bars=bars)
    console.print(f"Written to benchmarks/results/{path.name}")
    return bars


async def run_both(place: Place, chain_id: UUID, receivers: Sequence[Receiver], rows: int) -> tuple[float, float]:
    """Run all but the last definition, then all of them; return the seconds of all but the last, both times."""
    async with opened(place) as house:
        *definitions, hanging = [await create_export(house, chain_id, each, SHAPE) for each in receivers]
        # The first runs of a fresh worker load what later ones use.
        await run_together(house, definitions, rows)
        alone = await run_together(house, definitions, rows)
        (hanging_run,) = await start_runs(house, [hanging])
        beside = await run_together(house, definitions, rows)
        await end_run(house, hanging_run)
    return alone, beside


async def run_together(house: Application, definitions: Sequence[UUID], rows: int) -> float:
    """Run the definitions at once; return the seconds from the first run's start to the last one's end."""
    runs: list[Run] = []
    for run_id in await start_runs(house, definitions):
        runs.append(await wait_for_end(house, run_id, MOST_SECONDS))
        check_run(runs[-1], rows)
    starts = [run.started_at for run in runs if run.started_at]
    ends = [run.finished_at for run in runs if run.finished_at]
    return (max(ends) - min(starts)).total_seconds()


async def end_run(house: Application, run_id: UUID) -> None:
    """Cancel the run that hangs; raise if it is over, for then it has not hung."""
    async with house.resources.database.session() as session:
        run = await exports.get_run(session, ACTOR, run_id=run_id)
        if not run.active:
            raise BenchmarkError(f"The run that should hang ended as {run.state}. {run.error or ''}")
        await exports.cancel_run(session, ACTOR, house.resources, run_id=run_id)
    await wait_for_end(house, run_id, HANG_SECONDS)


def check_arrived(receivers: Sequence[Receiver], hanging: Receiver, rows: int) -> None:
    """Raise unless the nine sent everything three times, and the tenth had calls that hung."""
    counts = [receiver.counts()["rows"] for receiver in receivers]
    if counts != [3 * rows] * len(receivers) or not hanging.counts()["requests"]:
        raise BenchmarkError(f"Each receiver should have got {3 * rows:,} rows, and they got {counts}.")
