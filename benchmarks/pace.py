"""One pace for one profile: three workers, five runs of unequal demand, and a receiver that counts in windows."""

import asyncio
import time
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from uuid import UUID

from rich.console import Console

from benchmarks.definitions import Shape, create_target, define_export, opened, start_runs
from benchmarks.house import Place, open_place, running_worker, settle
from benchmarks.members import create_members
from benchmarks.processes import BenchmarkError, Receiver, started_receiver
from benchmarks.receiver import WAIT_SECONDS
from benchmarks.tables import Bar, make_table, show_bars, write_results

PACE_SECONDS = 60
WORKERS = 3
# What each run may have in flight: from one that sends now and then to one that could fill the profile alone.
DEMANDS = (1, 2, 4, 8, 16)
PER_SECOND, PER_MINUTE, CONCURRENCY = 50, 2000, 16
TOLERANCE, LEAST_SHARE = 0.01, 0.97
# In that time the news of a refusal reaches every worker, and what was on its way arrives.
NEWS_SECONDS = 0.1
START_SECONDS = 60.0
LOOK_SECONDS = 0.05


def measure_pace(seconds: int, *, moment: datetime, console: Console) -> list[Bar]:
    """Measure for so long from the first call on, then have one call refused; show and write what was found."""
    with open_place() as place, console.status(f"Sending through one profile for {seconds} seconds"):
        # No run ends while it is measured.
        chain_id = asyncio.run(create_members(place.settings, seconds * PER_SECOND))
        settle(place)
        with ExitStack() as processes:
            receiver = processes.enter_context(started_receiver())
            asyncio.run(begin_runs(place, chain_id, receiver))
            for _ in range(WORKERS):
                # So many slots that no worker takes all runs.
                processes.enter_context(running_worker(place, TESSERA_WORKER_CONCURRENCY="2"))
            wait_for_calls(receiver, 1, START_SECONDS)
            time.sleep(seconds)
            found = receiver.windows()
            found["after"] = refuse_one(receiver)
    table = make_table(f"{len(DEMANDS)} runs in {WORKERS} workers, {PER_SECOND} a second, {PER_MINUTE:,} a minute")
    for heading in ("calls", "seconds", "calls/s", "most a second", "most a minute"):
        table.add_column(heading, justify="right")
    rate = found["arrived"] / found["seconds"]
    columns = (f"{found['arrived']:,}", f"{found['seconds']:.1f}", f"{rate:.2f}")
    table.add_row(*columns, str(found["most_a_second"]), f"{found['most_a_minute']:,}")
    console.print(table)
    bars = judge_pace(found)
    show_bars(bars, console)
    console.print(f"Written to {write_results('pace', moment, measurements=[found], bars=bars)}", soft_wrap=True)
    return bars


async def begin_runs(place: Place, chain_id: UUID, receiver: Receiver) -> None:
    """Make one profile and a run of its own for each demand."""
    limits = {
        "max_requests_per_second": PER_SECOND,
        "max_requests_per_minute": PER_MINUTE,
        "max_concurrent_requests": CONCURRENCY,
    }
    shapes = [Shape(1, demand, profile=limits) for demand in DEMANDS]
    async with opened(place) as house:
        target = await create_target(house, chain_id, receiver, shapes[0])
        await start_runs(house, [await define_export(house, target, shape) for shape in shapes])


def wait_for_calls(receiver: Receiver, count: int, most_seconds: float) -> None:
    """Return once so many calls have come; raise when that takes too long."""
    for _ in range(int(most_seconds / LOOK_SECONDS)):
        if receiver.windows()["arrived"] >= count:
            return
        time.sleep(LOOK_SECONDS)
    raise BenchmarkError("No calls came from the workers. Their lines above may say why.")


def refuse_one(receiver: Receiver) -> dict[str, Any]:
    """Have one call refused, wait for longer than it asks to, and return what came meanwhile."""
    receiver.refuse_next()
    time.sleep(WAIT_SECONDS + 1)
    after = receiver.windows()
    if not after["refused"]:
        raise BenchmarkError("No call came that could be refused: the runs ended before their time.")
    return after


def judge_pace(found: dict[str, Any]) -> list[Bar]:
    """Hold what the receiver counted against what the profile allows."""
    # Both windows allow this in the long run; the first call stands at the very beginning.
    allowed = min(PER_SECOND, PER_MINUTE / 60) * found["seconds"]
    share = (found["arrived"] - 1) / allowed
    second, minute = (most * (1 + TOLERANCE) for most in (PER_SECOND, PER_MINUTE))
    late = found["after"]["latest_early_seconds"]
    return [
        Bar("of what is allowed", f"{share:.1%}", f"{LEAST_SHARE:.0%} to 100%", LEAST_SHARE <= share <= 1 + TOLERANCE),
        Bar("most in any second", f"{found['most_a_second']}", f"at most {second:g}", found["most_a_second"] <= second),
        Bar(
            "most in any minute",
            f"{found['most_a_minute']:,}",
            f"at most {minute:,g}",
            found["most_a_minute"] <= minute,
        ),
        Bar(
            "last call after a 429, before its time",
            f"{late * 1000:.0f} ms",
            f"at most {NEWS_SECONDS * 1000:.0f} ms: what was on its way",
            late <= NEWS_SECONDS,
        ),
    ]
