"""Looking over many runs: how exports went, what comes next, and what needs a person. It changes nothing."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.exports.history.attention import Concern, ConcernKind, list_concerns
    from tessera.exports.history.destination_hours import HourCount, list_run_hours
    from tessera.exports.history.past_runs import PastRun, list_active_runs, list_latest_runs, list_past_runs
    from tessera.exports.history.time_line import History, HistoryLine, read_history
    from tessera.exports.history.upcoming_runs import UpcomingRuns, list_upcoming
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Concern",
    "ConcernKind",
    "History",
    "HistoryLine",
    "HourCount",
    "PastRun",
    "UpcomingRuns",
    "list_active_runs",
    "list_concerns",
    "list_latest_runs",
    "list_past_runs",
    "list_run_hours",
    "list_upcoming",
    "read_history",
]
