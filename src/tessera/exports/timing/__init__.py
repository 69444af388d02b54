"""When a definition runs by itself, and who is notified: its schedule, the moments that came, its notice rules."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.exports.notice_rules import set_notice_rules
    from tessera.exports.schedules import (
        clear_schedule,
        get_schedule,
        list_scheduled_moments,
        list_schedules,
        list_upcoming_runs,
        resume_schedule,
        set_schedule,
    )
    from tessera.exports.values import Thresholds
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Thresholds",
    "clear_schedule",
    "get_schedule",
    "list_scheduled_moments",
    "list_schedules",
    "list_upcoming_runs",
    "resume_schedule",
    "set_notice_rules",
    "set_schedule",
]
