"""Time zones: finding one, the moments at which its clocks change, and which release of the zone data is in use."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tessera.platform.calendar.errors import ScheduleInvalidError

# They depend on the machine, or say that there is no zone.
NO_ZONES = frozenset({"localtime", "Factory"})
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@cache
def list_zones() -> tuple[str, ...]:
    """Return the names of all zones, in order."""
    return tuple(sorted(available_timezones() - NO_ZONES))


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name, or raise `ScheduleInvalidError`."""
    # Files beside the zones have names too: folders, tables, and a second tree that counts leap seconds.
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        if name in list_zones():
            return ZoneInfo(name)
    near = get_close_matches(name, list_zones(), n=1) or ["Europe/Berlin"]
    raise ScheduleInvalidError(f"“{name}” is not a time zone. Write an IANA name such as {near[0]}.", field="zone")


@cache
def zone_data_version() -> str:
    """Return the release of the zone data that this process uses, such as `2026a`; later ones sort behind.

    Empty where its folder does not tell.
    """
    for folder in map(Path, TZPATH):
        if not (folder / "UTC").is_file():
            continue
        for name in ("tzdata.zi", "+VERSION"):
            with suppress(OSError), (folder / name).open(encoding="ascii", errors="replace") as file:
                return file.readline().removeprefix("# version").strip()
        return ""
    with suppress(ImportError):
        return str(import_module("tzdata").IANA_VERSION)
    return ""


def find_change(zone: ZoneInfo, after: datetime, until: datetime, offset: timedelta) -> datetime | None:
    """Return a moment within (after, until] from which the offset is not that of `after`, None where both agree.

    Changes that undo each other in between are not seen.
    """
    if offset_at(zone, until) == offset:
        return None
    low, high = after.replace(microsecond=0), until
    while high - low > SECOND:
        middle = low + timedelta(seconds=(high - low) // SECOND // 2)
        if offset_at(zone, middle) == offset:
            low = middle
        else:
            high = middle
    return high


def offset_at(zone: ZoneInfo, moment: datetime) -> timedelta:
    """Return what local time is ahead of UTC at a moment."""
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


def resolve_wall(zone: ZoneInfo, wall: datetime) -> datetime:
    """Return the moment of a local time: the first of two, and the first whole minute after a gap."""
    local = wall.replace(tzinfo=zone, fold=0)
    moment = local.astimezone(UTC)
    if is_skipped(zone, wall):
        before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
        change = find_change(zone, before, moment, offset_at(zone, before))
        return moment if change is None else whole_minute(change)
    return moment


def is_skipped(zone: ZoneInfo, wall: datetime) -> bool:
    """Say whether clocks never show this local time."""
    return wall.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != wall


def whole_minute(moment: datetime) -> datetime:
    """Return the moment, or the next one without seconds: clocks once changed at odd ones."""
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + MINUTE
