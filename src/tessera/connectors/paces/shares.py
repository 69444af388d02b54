"""How the workers of one profile divide what it allows: places in flight, and slices of the schedule. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tessera.connectors.paces.limits import PaceLimits

# A slice is planned at most so far ahead: so long waits a worker that joins, and so much a dead one takes with it.
HORIZON = 2.0
# With fewer places than workers they take turns, this long each.
ROTATION_SECONDS = 2


@dataclass(frozen=True, slots=True)
class PaceState:
    """What the workers of a profile share. Times are those of the database's clock, in seconds."""

    next_start: float = 0.0
    held_until: float = 0.0
    hold_reason: str | None = None
    probe_at: float | None = None
    failed_probes: int = 0


@dataclass(frozen=True, slots=True)
class Slice:
    """One worker's part of the places: what it holds, what it could use, for how many definitions."""

    worker: str
    places: int
    wanted: int
    definitions: int = 1


@dataclass(frozen=True, slots=True)
class Ask:
    """What a worker asks for: `slice.places` are those that it has requests in flight on.

    `seconds` is how much of the schedule it could use, `least` what its next request takes. `unused` is the end of its
    last slice, which it gives back.
    """

    slice: Slice
    limits: PaceLimits
    seconds: float = 0.0
    least: float = 0.0
    unused: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What a worker gets: `places` that it may fill, `declared` that the others must leave to it.

    `workers` is how many work with the profile, `wakes` says that the others should ask again now.
    """

    places: int
    declared: int
    start: float
    end: float
    workers: int
    wakes: bool


def decide(state: PaceState, others: Sequence[Slice], ask: Ask, *, now: float, held: int) -> tuple[PaceState, Grant]:
    """Return what a worker gets, and the state after it; `held` is what was declared for it before."""
    mine = ask.slice
    total = ask.limits.concurrency
    entitled = share_places(total, [mine, *others], turn=int(now) // ROTATION_SECONDS)
    free = max(0, total - sum(other.places for other in others))
    places = min(entitled[mine.worker], free)
    declared = max(places, mine.places)
    short = places < entitled[mine.worker]
    others_short = any(other.places < entitled[other.worker] for other in others)
    state = give_back(state, ask.unused, now)
    state, start, end = cut_slice(state, ask, now)
    wakes = short or (others_short and declared < held)
    return state, Grant(places, declared, start, end, workers=1 + len(others), wakes=wakes and bool(others))


def share_places(total: int, slices: Sequence[Slice], *, turn: int) -> Mapping[str, int]:
    """Divide places evenly by definitions, and nobody gets more than it could use.

    Where there are fewer places than workers, the turn says who comes first.
    """
    ordered = sorted(slices, key=lambda each: each.worker)
    first = turn % len(ordered) if total < len(ordered) else 0
    shares = {each.worker: 0 for each in ordered}
    while total > 0:
        before = total
        for each in (*ordered[first:], *ordered[:first]):
            given = min(each.definitions, each.wanted - shares[each.worker], total)
            shares[each.worker] += max(0, given)
            total -= max(0, given)
        if total == before:
            break
    return shares


def give_back(state: PaceState, unused: tuple[float, float] | None, now: float) -> PaceState:
    """Take back the end of a slice, if nobody has a later one."""
    if unused is None or abs(state.next_start - unused[1]) > 1e-5:
        return state
    return replace(state, next_start=max(now, unused[0]))


def cut_slice(state: PaceState, ask: Ask, now: float) -> tuple[PaceState, float, float]:
    """Give the next stretch of the schedule, nothing while what was given reaches too far ahead."""
    start = max(state.next_start, state.held_until, now)
    if ask.seconds <= 0 or ask.least <= 0 or start > max(now, state.held_until) + HORIZON:
        return state, start, start
    # Whole requests: a piece that is too short for one would be lost to everybody.
    requests = max(1, int(min(ask.seconds, now + HORIZON - start) / ask.least + 1e-6))
    seconds = requests * ask.least
    return replace(state, next_start=start + seconds), start, start + seconds
