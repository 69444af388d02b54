"""What was found of the Connector API, held against what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.loads import Timing
from benchmarks.tables import Bar

LEAST_ADDED = 30_000
MOST_TIMES_FLOOR = 2.0
LEAST_CHANGED = 15_000
MOST_LIST_MILLISECONDS = 30.0
MOST_LATE_PAGE = 1.2
LEAST_SINGLE = 4_500
MOST_SINGLE_MILLISECONDS = 60.0
LEAST_TIMES_PEER = 1.7
MOST_MEGABYTES = 200.0


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything measured. `singles` are ours and maybe the peer's, `limited` without and with the request limit."""

    add: Timing
    floors: Sequence[Timing]
    update: Timing
    pages: Sequence[Timing]
    singles: Sequence[Timing]
    limited: Sequence[Timing]
    filters: Sequence[Timing]
    megabytes: Sequence[float]

    @property
    def floor(self) -> Timing:
        """The faster floor, which counts."""
        return min(self.floors, key=lambda timing: timing.seconds)

    def describe(self) -> list[dict[str, Any]]:
        """Return everything, for machines."""
        parts = {
            "bulk": [*self.floors, self.add, self.update],
            "one by id": self.singles,
            "request limit": self.limited,
            "pages": self.pages,
            "filters": self.filters,
        }
        timings = [{"part": part, **timing.describe()} for part, found in parts.items() for timing in found]
        return [*timings, {"part": "memory of web processes", "peak_megabytes": list(self.megabytes)}]


def judge(found: Findings) -> list[Bar]:
    """Hold everything against its bar."""
    return [*judge_bulk(found), *judge_lists(found), *judge_singles(found.singles), judge_memory(found)]


def judge_bulk(found: Findings) -> list[Bar]:
    """Hold adding and changing against their bars."""
    add, update = found.add.records_per_second, found.update.records_per_second
    times = found.add.seconds / found.floor.seconds
    return [
        Bar("adding memberships", f"{add:,.0f}/s", f"at least {LEAST_ADDED:,}/s", add >= LEAST_ADDED),
        Bar(
            "beside a bare COPY",
            f"{times:.2f} ×",
            f"at most {MOST_TIMES_FLOOR:g} × its time",
            times <= MOST_TIMES_FLOOR,
        ),
        Bar("setting points", f"{update:,.0f}/s", f"at least {LEAST_CHANGED:,}/s", update >= LEAST_CHANGED),
    ]


def judge_lists(found: Findings) -> list[Bar]:
    """Hold pages and filters against their bars."""
    asked = f"p95 at most {MOST_LIST_MILLISECONDS:g} ms"
    bars = [
        Bar(timing.name, f"{timing.p95:.1f} ms", asked, timing.p95 <= MOST_LIST_MILLISECONDS)
        for timing in [*found.pages, *found.filters]
    ]
    first, late = found.pages
    times = late.p95 / first.p95
    promise = f"{late.name} beside {first.name}"
    bars.insert(2, Bar(promise, f"{times:.2f} ×", f"at most {MOST_LATE_PAGE:g} × its p95", times <= MOST_LATE_PAGE))
    return bars


def judge_singles(singles: Sequence[Timing]) -> list[Bar]:
    """Hold calls for one membership against their bars, and against the peer where it was measured."""
    ours = singles[0]
    rate = ours.requests_per_second
    bars = [
        Bar("one membership by id", f"{rate:,.0f}/s", f"at least {LEAST_SINGLE:,}/s", rate >= LEAST_SINGLE),
        Bar(
            "the slowest of a hundred",
            f"{ours.p99:.1f} ms",
            f"p99 at most {MOST_SINGLE_MILLISECONDS:g} ms",
            ours.p99 <= MOST_SINGLE_MILLISECONDS,
        ),
    ]
    for peer in singles[1:]:
        times = rate / peer.requests_per_second
        asked = f"at least {LEAST_TIMES_PEER:g} × its rate"
        bars.append(Bar("beside the peer", f"{times:.2f} ×", asked, times >= LEAST_TIMES_PEER))
    return bars


def judge_memory(found: Findings) -> Bar:
    """Hold the largest web process against its bar."""
    most = max(found.megabytes)
    promise = f"memory of a web process after adding {found.add.records:,}"
    return Bar(promise, f"{most:,.0f} MB", f"at most {MOST_MEGABYTES:g} MB", most <= MOST_MEGABYTES)
