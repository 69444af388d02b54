"""Named places in an export at which a worker can be made to die; one line each, so that every kind adds its own."""

from dataclasses import dataclass
from enum import StrEnum

POINT_VARIABLE, CALL_VARIABLE = "TESSERA_TEST_CRASH_POINT", "TESSERA_TEST_CRASH_CALL"


class Moment(StrEnum):
    """When the worker dies: before the call, some milliseconds into it, or after it. Of a generator: at an item."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True)
class CrashPoint:
    """A function of the product, `module:name` or `module:Class.name`, and when to die at one of its calls."""

    function: str
    moment: Moment

    @property
    def module(self) -> str:
        """The module that holds the function."""
        return self.function.partition(":")[0]

    @property
    def path(self) -> list[str]:
        """The way from the module to the function."""
        return self.function.partition(":")[2].split(".")


REQUESTS = "tessera.exports.kinds.requests"
CRASH_POINTS = {
    "claimed": CrashPoint("tessera.exports.execution.executor:claim_shard", Moment.AFTER),
    "selecting": CrashPoint("tessera.exports.execution.selection:Counted.watch", Moment.DURING),
    "selection_not_committed": CrashPoint("tessera.exports.execution.selection:judge", Moment.AFTER),
    "selection_committed": CrashPoint("tessera.exports.execution.executor:Executor._go_on", Moment.BEFORE),
    "shards_enqueued": CrashPoint("tessera.exports.execution.executor:Executor._go_on", Moment.AFTER),
    "window_not_committed": CrashPoint(f"{REQUESTS}.recorder:Recorder.record_window", Moment.BEFORE),
    "window_committed": CrashPoint(f"{REQUESTS}.recorder:Recorder.record_window", Moment.AFTER),
    "before_send": CrashPoint("tessera.platform.http:OutboundClient.send", Moment.BEFORE),
    "during_send": CrashPoint("tessera.platform.http:OutboundClient.send", Moment.DURING),
    "before_settle": CrashPoint(f"{REQUESTS}.recorder:Recorder.settle", Moment.BEFORE),
    "after_settle": CrashPoint(f"{REQUESTS}.recorder:Recorder.settle", Moment.AFTER),
    "before_shard_end": CrashPoint("tessera.exports.execution.executor:finish_shard", Moment.BEFORE),
    "after_shard_end": CrashPoint("tessera.exports.execution.executor:finish_shard", Moment.AFTER),
    "run_end_not_committed": CrashPoint("tessera.exports.endings:finish_run", Moment.AFTER),
}
# Where a schedule's moment becomes a run.
START_POINTS = {
    "moments_claimed": CrashPoint("tessera.platform.schedules:claim_due", Moment.AFTER),
    "runs_made": CrashPoint("tessera.exports.scheduled_runs:create_runs", Moment.AFTER),
    "outcomes_recorded": CrashPoint("tessera.platform.schedules:record_outcomes", Moment.AFTER),
    "moments_started": CrashPoint("tessera.exports.scheduled_runs:start_moments", Moment.AFTER),
}
EVERY_POINT = {**CRASH_POINTS, **START_POINTS}
