"""Why a schedule is refused."""

from tessera.platform.errors import InvalidError


class CronInvalidError(InvalidError):
    """A CRON expression cannot be read, or never fires."""

    code = "cron_invalid"


class CronTooFrequentError(InvalidError):
    """A CRON expression fires more often than this deployment allows."""

    code = "cron_too_frequent"


class ScheduleInvalidError(InvalidError):
    """A schedule names a moment, a date or a time zone that it cannot have; `field` says which."""

    code = "schedule_invalid"


class ScheduleInPastError(ScheduleInvalidError):
    """A schedule is over before it begins: its moment or its last day is past."""

    code = "schedule_in_past"
