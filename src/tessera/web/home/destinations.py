"""How the connection profiles of a chain fared in the last 24 hours, hour by hour. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tessera.connectors.calls import Health, ProfileDay
from tessera.exports.history import HourCount

HOURS, SHOWN = 24, 8
# A strip of hours as it is drawn, and the least height that shows its colour.
SLOT, HEIGHT, LEAST = 8, 24, 3.0
TONES = {
    Health.FINE: ("fine", "Fine"),
    Health.NEEDS_YOU: ("needs", "Failing"),
    Health.UNKNOWN: ("off", "Never called"),
}
OFF = ("off", "Disabled")


@dataclass(frozen=True, slots=True)
class Bar:
    """One hour of a strip: the heights of what passed and failed, and what it says; `x` is its place."""

    x: int
    passed: float
    failed: float
    title: str


@dataclass(frozen=True, slots=True)
class Destination:
    """A profile with its state, its hours, oldest first, and their sums."""

    profile_id: UUID
    label: str
    tone: str
    word: str
    bars: Sequence[Bar]
    passed: int
    failed: int


def make_destinations(days: Sequence[ProfileDay], runs: Mapping[UUID, Mapping[int, HourCount]]) -> list[Destination]:
    """Return the profiles, those that fail first, then the busiest."""
    made = [make_destination(day, runs.get(day.profile_id, {})) for day in days]
    return sorted(made, key=lambda each: (each.tone != "needs", -(each.passed + each.failed), each.label.lower()))


def make_destination(day: ProfileDay, runs: Mapping[int, HourCount]) -> Destination:
    """Return a profile with its tests and runs by the hour."""
    hours = [
        (
            day.passed.count(ago) + runs.get(ago, HourCount()).passed,
            day.failed.count(ago) + runs.get(ago, HourCount()).failed,
        )
        for ago in reversed(range(HOURS))
    ]
    tone, word = TONES[day.health] if day.enabled else OFF
    passed, failed = (sum(column) for column in zip(*hours, strict=True))
    return Destination(day.profile_id, day.label, tone, word, make_bars(hours), passed, failed)


def make_bars(hours: Sequence[tuple[int, int]]) -> list[Bar]:
    """Return the bars of hours in which something was called, each as high as its share of the busiest."""
    highest = max(map(sum, hours)) or 1
    return [
        Bar(
            SLOT * place,
            max(LEAST, round(HEIGHT * passed / highest, 1)) if passed else 0,
            max(LEAST, round(HEIGHT * failed / highest, 1)) if failed else 0,
            f"{hour_words(HOURS - 1 - place)}: {passed:,} passed, {failed:,} failed",
        )
        for place, (passed, failed) in enumerate(hours)
        if passed or failed
    ]


def hour_words(ago: int) -> str:
    """Return which hour it is."""
    return "in the last hour" if ago == 0 else f"{ago} to {ago + 1} h ago"
