"""What was found of the export to HTTP, held against what was promised."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.tables import Bar, Measurement

LEAST_SHARE = 0.80
# Below that a run's start and end weigh more than its sending.
LEAST_ROWS_FOR_RATE = 100_000
MOST_MEGABYTES, MOST_GROWTH = 150, 0.10
# Of the rate with a token that never changes.
LEAST_SHARE_WITH_OAUTH = 0.95
MOST_TIMES_COPY, MORE_SECONDS = 2.0, 1.0

Ways = Mapping[str, Measurement]


@dataclass(frozen=True, slots=True)
class Delay:
    """How long the receiver waited for the first request, and how long a bare COPY of the query takes."""

    rows: int
    first_request_seconds: float
    copy_seconds: float

    @property
    def most_seconds(self) -> float:
        """What is promised."""
        return MOST_TIMES_COPY * self.copy_seconds + MORE_SECONDS


def judge_exports(
    sizes: Sequence[Ways], delays: Sequence[Delay], *, ours: str, oauth: str, ceiling: str, peer: str
) -> list[Bar]:
    """Hold the middle measurement of each way, one a size from the smallest up, against what was promised."""
    bars: list[Bar] = []
    for ways, delay in zip(sizes, delays, strict=True):
        if delay.rows >= LEAST_ROWS_FOR_RATE:
            bars += judge_rates(ways, ours=ours, ceiling=ceiling, peer=peer)
        bars += [judge_delay(delay), judge_oauth(ways[ours], ways[oauth])]
    return [*bars, *judge_memory([ways[ours] for ways in sizes])]


def judge_rates(ways: Ways, *, ours: str, ceiling: str, peer: str) -> list[Bar]:
    """Hold our rate against the ceiling's in the same run, and against the peer's where it was measured."""
    rate, rows = ways[ours].rows_per_second, ways[ours].rows
    share = rate / ways[ceiling].rows_per_second
    asked = f"at least {LEAST_SHARE:.0%} of the bare loop's rate"
    bars = [Bar(f"rate, {rows:,} rows", f"{rate:,.0f} rows/s, {share:.0%}", asked, share >= LEAST_SHARE)]
    if peer in ways:
        theirs = ways[peer].rows_per_second
        bars.append(Bar(f"beside {peer}, {rows:,} rows", f"{rate / theirs:.2f} ×", "more than its rate", rate > theirs))
    return bars


def judge_delay(delay: Delay) -> Bar:
    """Hold the first request's delay against a bare COPY of the query."""
    found, most = delay.first_request_seconds, delay.most_seconds
    asked = f"at most {MOST_TIMES_COPY:g} × COPY ({delay.copy_seconds:.2f} s) + {MORE_SECONDS:g} s = {most:.2f} s"
    return Bar(f"first request, {delay.rows:,} rows", f"{found:.2f} s", asked, found <= most)


def judge_oauth(plain: Measurement, renewed: Measurement) -> Bar:
    """Hold the rate with renewed tokens against that with one that never changes."""
    share = renewed.rows_per_second / plain.rows_per_second
    asked = f"at least {LEAST_SHARE_WITH_OAUTH:.0%} of a bearer token's rate"
    return Bar(f"rate with OAuth 2.0, {renewed.rows:,} rows", f"{share:.0%}", asked, share >= LEAST_SHARE_WITH_OAUTH)


def judge_memory(ours: Sequence[Measurement]) -> list[Bar]:
    """Hold the worker's memory, and how it grows with the rows, against what was promised."""
    asked = f"at most {MOST_MEGABYTES} MB"
    bars = [
        Bar(
            f"worker's memory, {found.rows:,} rows",
            f"{found.peak_megabytes:,.0f} MB",
            asked,
            found.peak_megabytes <= MOST_MEGABYTES,
        )
        for found in ours
    ]
    if len(ours) > 1:
        growth = ours[-1].peak_megabytes / ours[0].peak_megabytes - 1
        promise = f"worker's memory from {ours[0].rows:,} to {ours[-1].rows:,} rows"
        bars.append(Bar(promise, f"{growth:+.1%}", f"at most +{MOST_GROWTH:.0%}", growth <= MOST_GROWTH))
    return bars
