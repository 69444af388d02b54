"""Making mParticle batches of rows, beside the least that anybody would do: `json.dumps` of what a batch holds."""

import json
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from rich.console import Console

from benchmarks.tables import Bar, make_table, show_bars, write_results
from tessera.outbound.kinds.mparticle.batches import BatchShape, CompiledShape, EmptyValue, MappingLine, TargetKind
from tessera.outbound.rendering import RunFacts

ROWS = 100_000
WINDOW = 800
TIMES = 3
# mParticle takes so many batches a second unless it agreed to more.
CEILING = 270
LEAST_SHARE = 0.2

IDENTITY, ATTRIBUTE = TargetKind.USER_IDENTITY, TargetKind.USER_ATTRIBUTE
NAMES = ("id", "email", "first_name", "last_name", "tier", "balance", "city", "country", "joined_at", "interests")
SHAPE = BatchShape(
    (
        MappingLine(IDENTITY, "customer_id", "id"),
        MappingLine(IDENTITY, "email", "email", transform="trim | lower"),
        MappingLine(ATTRIBUTE, "$firstname", "first_name"),
        MappingLine(ATTRIBUTE, "$lastname", "last_name"),
        MappingLine(ATTRIBUTE, "loyalty_tier", "tier", empty=EmptyValue.DELETE),
        MappingLine(ATTRIBUTE, "loyalty_points_balance", "balance"),
        MappingLine(ATTRIBUTE, "$city", "city"),
        MappingLine(ATTRIBUTE, "$country", "country"),
        MappingLine(ATTRIBUTE, "loyalty_since", "joined_at", transform="iso"),
        MappingLine(ATTRIBUTE, "loyalty_interests", "interests"),
    ),
    profile_id=UUID(int=1),
)


def make_rows(count: int) -> list[tuple[int, list[Any]]]:
    """Return members as a query gives them."""
    shared = ["Prague", "CZ", "2024-03-01T10:00:00+00:00", ["wine", "travel"]]
    return [(number, [*make_member(number), *shared]) for number in range(1, count + 1)]


def make_member(number: int) -> list[Any]:
    """Return what differs from member to member."""
    tier = "Gold" if number % 3 else None
    return [f"M-{number:08}", f"Ada{number}@Example.com", "Ada", f"O'Neil {number}", tier, number * 7 % 9000]


def build(rows: Sequence[tuple[int, list[Any]]], run: RunFacts) -> int:
    """Make batches as a run does, window by window; return how many rows are in them."""
    compiled = CompiledShape(SHAPE, NAMES)
    built, index = 0, 0
    for start in range(0, len(rows), WINDOW):
        plan = compiled.plan(rows[start : start + WINDOW], run, first_index=index)
        index += len(plan.requests)
        built += sum(len(request.ordinals) for request in plan.requests)
    return built


def dump(rows: Sequence[tuple[int, list[Any]]], _run: RunFacts) -> int:
    """Write what a batch holds as JSON, a hundred at a time; no id, no check, no limit."""
    dumped = 0
    for start in range(0, len(rows), 100):
        part = [
            {
                "environment": "production",
                "user_identities": {"customer_id": row[0], "email": row[1].strip().lower()},
                "user_attributes": dict(zip(NAMES[2:], row[2:], strict=True)),
            }
            for _, row in rows[start : start + 100]
        ]
        json.dumps(part).encode()
        dumped += len(part)
    return dumped


def rate_of(work: Callable[[Sequence[tuple[int, list[Any]]], RunFacts], int], rows: Any, run: RunFacts) -> float:
    """Return the best rate of a few times, in rows a second."""
    best = 0.0
    for _ in range(TIMES):
        started = time.perf_counter()
        assert work(rows, run) == len(rows)
        best = max(best, len(rows) / (time.perf_counter() - started))
    return best


def measure_batches(count: int, *, moment: datetime, console: Console) -> list[Bar]:
    """Measure both, show them, and keep the figures."""
    rows, run = make_rows(count), RunFacts(UUID(int=2), "members", "map", moment, UUID(int=3), UUID(int=4))
    ours, floor = rate_of(build, rows, run), rate_of(dump, rows, run)
    table = make_table(f"{count:,} members into mParticle batches, one core")
    table.add_column("")
    table.add_column("rows/s", justify="right")
    table.add_row("Tessera", f"{ours:,.0f}")
    table.add_row("json.dumps alone", f"{floor:,.0f}")
    console.print(table)
    bars = judge_batches(ours, floor)
    show_bars(bars, console)
    found = [{"name": "tessera", "rows_per_second": ours}, {"name": "json.dumps", "rows_per_second": floor}]
    console.print(f"written to {write_results('batches', moment, measurements=found, bars=bars)}", soft_wrap=True)
    return bars


def judge_batches(ours: float, floor: float) -> list[Bar]:
    """Hold the rates against what is promised."""
    share, times = ours / floor, ours / CEILING
    return [
        Bar(
            "batches with ids and checks beside json.dumps", f"{share:.0%}", f"{LEAST_SHARE:.0%}", share >= LEAST_SHARE
        ),
        Bar("one core ahead of what mParticle takes", f"{times:,.0f} times", "20 times", times >= 20),
    ]
