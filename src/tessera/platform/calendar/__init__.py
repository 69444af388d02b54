"""When things happen: CRON expressions, time zones, and the next moments of a schedule. Pure; the time is passed in.

* `Schedule` is the value that owners keep. `check_schedule` refuses one that cannot be, `find_faults` lists why,
  `next_moments` and `moments_after` give its moments in UTC, `describe_schedule` says it in words.
* `parse_cron` reads both forms of CRON, `normalise_cron` writes what means the same in the same way, `describe_cron`
  puts it in words, and `warn_of_late_days` says which months lack a day.
* `compose_cron` and `find_composition` are the composer of the editor, there and back.
* `list_zones` names the time zones, and `zone_data_version` the release of their data.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.calendar.checks import SHORTEST_MINUTES, check_schedule, find_faults
    from tessera.platform.calendar.clock_changes import warn_of_clock_changes
    from tessera.platform.calendar.composer import (
        Composition,
        Interval,
        compose_cron,
        find_composition,
        warn_of_late_days,
    )
    from tessera.platform.calendar.cron import Cron, check_frequency, parse_cron
    from tessera.platform.calendar.errors import CronInvalidError, CronTooFrequentError, ScheduleInvalidError
    from tessera.platform.calendar.moments import moments_after, next_moments
    from tessera.platform.calendar.normal_form import normalise_cron
    from tessera.platform.calendar.schedule import Recurrence, Schedule
    from tessera.platform.calendar.words import describe_cron, describe_schedule
    from tessera.platform.calendar.zones import list_zones, load_zone, zone_data_version
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "SHORTEST_MINUTES",
    "Composition",
    "Cron",
    "CronInvalidError",
    "CronTooFrequentError",
    "Interval",
    "Recurrence",
    "Schedule",
    "ScheduleInvalidError",
    "check_frequency",
    "check_schedule",
    "compose_cron",
    "describe_cron",
    "describe_schedule",
    "find_composition",
    "find_faults",
    "list_zones",
    "load_zone",
    "moments_after",
    "next_moments",
    "normalise_cron",
    "parse_cron",
    "warn_of_clock_changes",
    "warn_of_late_days",
    "zone_data_version",
]
