"""The news of runs: which list gets what, as the specification's table has it. Pure."""

from tessera.notifications.contract import Signal
from tessera.notifications.notices.values import GOOD, News, NoticeList

ERROR, SUCCESS, THRESHOLDS = NoticeList.ERROR, NoticeList.SUCCESS, NoticeList.THRESHOLDS

RUN_STARTED = News("run_started", "started", signal=Signal.START)
RUN_COMPLETED = News(
    "run_completed", "completed", frozenset({SUCCESS}), GOOD, recovers=frozenset({ERROR}), signal=Signal.SUCCESS
)
# Rows were sent: to a monitor, which only knows two outcomes, the run did its work.
RUN_COMPLETED_WITH_ERRORS = News(
    "run_completed_with_errors",
    "completed with errors",
    frozenset({SUCCESS, ERROR}),
    "completed with errors",
    signal=Signal.SUCCESS,
)
RUN_FAILED = News("run_failed", "failed", frozenset({ERROR}), "failed", signal=Signal.FAILURE)
# What a person did, or has to do, is no state of the definition: the next run decides it.
RUN_CANCELLED = News("run_cancelled", "was cancelled", frozenset({ERROR}), signal=Signal.FAILURE)
RUN_HELD = News("run_held", "is held", frozenset({ERROR}), signal=Signal.FAILURE)
RUN_MISSED = News("run_missed", "missed its time", frozenset({ERROR}))
RUN_OVERDUE = News("run_overdue", "is overdue", frozenset({ERROR}))
PAUSED = News("paused", "is paused", frozenset({ERROR}))
# Each threshold is a topic of its own, so that one that stays passed is announced once.
THRESHOLD_PASSED = News("threshold_passed", "passed a threshold", frozenset({ERROR, THRESHOLDS}), "passed a threshold")
THRESHOLD_CLEARED = News(
    "threshold_cleared", "is below its threshold again", state=GOOD, recovers=frozenset({ERROR, THRESHOLDS})
)
NOTICE_TESTED = News("notice_tested", "was tested", frozenset(NoticeList), signal=Signal.SUCCESS)

RUN_NEWS = {
    each.name: each
    for each in (
        RUN_STARTED,
        RUN_COMPLETED,
        RUN_COMPLETED_WITH_ERRORS,
        RUN_FAILED,
        RUN_CANCELLED,
        RUN_HELD,
        RUN_MISSED,
        RUN_OVERDUE,
        PAUSED,
        THRESHOLD_PASSED,
        THRESHOLD_CLEARED,
    )
}
