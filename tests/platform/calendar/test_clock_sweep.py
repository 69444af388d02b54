"""Every clock change of every zone: each local time fires exactly once, by an oracle that looks at minutes only.

The oracle asks a zone what the clock shows at each minute of UTC around a change, and knows neither offsets nor CRON.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from tessera.platform.calendar import Schedule, list_zones, next_moments

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2024, 1, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
# The short form looks at a year and a half.
SOON = datetime(2025, 6, 1, tzinfo=UTC)
AROUND = timedelta(hours=30)
# An hour either way, half an hour, two hours, forth and back for a month, and none.
ZONES = (
    "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca", "America/Havana",
    "Africa/Cairo", "Asia/Tokyo",
)  # fmt: skip
OFTEN = {"0 * * * *": range(0, 60, 60), "30 * * * *": range(30, 60, 60), "*/15 * * * *": range(0, 60, 15)}


def list_changes(zone: ZoneInfo, last: datetime) -> Iterator[datetime]:
    """Yield the hours in which the clocks of a zone change."""
    moment, shown = FIRST, FIRST.astimezone(zone).replace(tzinfo=None)
    while moment < last:
        moment += HOUR
        now = moment.astimezone(zone).replace(tzinfo=None)
        if now - shown != HOUR:
            yield moment
        shown = now


def show_clock(zone: ZoneInfo, middle: datetime) -> list[tuple[datetime, datetime]]:
    """Return every minute around a moment, and what the clock shows then."""
    minutes = [middle - AROUND + MINUTE * count for count in range(int(2 * AROUND / MINUTE))]
    return [(minute, minute.astimezone(zone).replace(tzinfo=None)) for minute in minutes]


def expect(clock: Sequence[tuple[datetime, datetime]], walls: Sequence[datetime], *, each: bool) -> list[datetime]:
    """Return when these local times fire: when shown, the first time or each; what is never shown, right after."""
    shown: dict[datetime, list[datetime]] = {}
    for minute, wall in clock:
        shown.setdefault(wall, []).append(minute)
    found = set[datetime]()
    for wall in walls:
        if wall in shown:
            found.update(shown[wall] if each else shown[wall][:1])
        else:
            found.add(next(minute for minute, later in clock if later > wall))
    return sorted(found)


def local_times(clock: Sequence[tuple[datetime, datetime]], minutes: Sequence[int]) -> list[datetime]:
    """Return these minutes of the day on every date between the clock's ends."""
    first, last = clock[0][1], clock[-1][1]
    days = [datetime.combine(first.date() + DAY * count, datetime.min.time()) for count in range(5)]
    return [wall for day in days for minute in minutes if first < (wall := day + MINUTE * minute) <= last]


def sweep_change(name: str, zone: ZoneInfo, middle: datetime) -> int:
    """Compare all schedules around a change; return how many moments there were."""
    clock = show_clock(zone, middle)
    begin, end = clock[0][0], clock[-1][0]
    near = sorted(
        {(wall.hour * 60 + wall.minute) // 30 * 30 for minute, wall in clock if abs(minute - middle) <= 2 * HOUR}
    )
    daily = {
        f"{minute % 60} {minute // 60} * * *": ([minute], False) for minute in [0, *near, *(each + 7 for each in near)]
    }
    often = {cron: ([h * 60 + m for h in range(24) for m in minutes], True) for cron, minutes in OFTEN.items()}
    count = 0
    for cron, (minutes, each) in {**daily, **often}.items():
        wanted = expect(clock, local_times(clock, minutes), each=each)
        found = next_moments(Schedule(cron=cron, zone=name), begin, len(wanted) + 1)
        assert [moment for moment in found if moment <= end] == wanted, (name, cron, middle)
        # A search that begins anywhere finds the same.
        for earlier, later in pairwise(wanted):
            assert next_moments(Schedule(cron=cron, zone=name), earlier, 1) == [later], (name, cron, earlier)
        count += len(wanted)
    return count


def sweep_years(name: str, zone: ZoneInfo) -> None:
    """Check that a daily schedule fires once on each date of five years."""
    schedule = Schedule(cron="30 2 * * *", zone=name, from_date=date(2024, 1, 2), to_date=date(2028, 12, 30))
    dates = [moment.astimezone(zone).date() for moment in next_moments(schedule, FIRST, 3000)]
    assert dates == [date(2024, 1, 2) + DAY * count for count in range(len(dates))]
    assert dates[-1] == date(2028, 12, 30)


def sweep(names: Sequence[str], last: datetime) -> int:
    count = 0
    for name in names:
        zone = ZoneInfo(name)
        sweep_years(name, zone)
        count += sum(sweep_change(name, zone, change) for change in list_changes(zone, last))
    return count


def test_each_local_time_fires_once() -> None:
    assert sweep(ZONES, SOON) > 5_000


@pytest.mark.prove(minutes=5)
@pytest.mark.timeout(1800)
def test_each_local_time_fires_once_in_every_zone() -> None:
    assert len(list_zones()) > 500
    assert sweep(list_zones(), LAST) > 100_000
