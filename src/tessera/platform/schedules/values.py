"""What passes between schedules and their owners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tessera.platform.calendar import Schedule
from tessera.platform.schedules.policies import Policies


@dataclass(frozen=True, slots=True)
class OwnedSchedule:
    """A schedule to save for an owner."""

    owner_id: UUID
    chain_id: UUID
    schedule: Schedule
    policies: Policies = field(default_factory=Policies)


class ScheduleState(StrEnum):
    """What a schedule does."""

    ACTIVE = "active"
    DISABLED = "disabled"
    PAUSED = "paused"
    EXECUTED = "executed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StoredSchedule:
    """A schedule as it is kept, with its next moment."""

    owner_id: UUID
    chain_id: UUID
    schedule: Schedule
    normal_form: str | None
    policies: Policies
    next_at: datetime | None
    armed_at: datetime
    zone_data: str
    executed_at: datetime | None
    failures: int
    paused_at: datetime | None
    pause_reason: str | None

    @property
    def state(self) -> ScheduleState:
        """What it does: why there is no next moment, where there is none."""
        if not self.schedule.enabled:
            return ScheduleState.DISABLED
        if self.paused_at is not None:
            return ScheduleState.PAUSED
        if self.next_at is not None:
            return ScheduleState.ACTIVE
        return ScheduleState.ENDED if self.executed_at is None else ScheduleState.EXECUTED


class Outcome(StrEnum):
    """What became of a moment. Only the transaction that claimed it sees it `claimed`."""

    CLAIMED = "claimed"
    QUEUED = "queued"
    STARTED = "started"
    SKIPPED = "skipped"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class DueMoment:
    """A moment at which an owner starts a run now; `late` is one that was missed and is caught up with."""

    owner_id: UUID
    chain_id: UUID
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class MomentOutcome:
    """What an owner did at a claimed moment: the run it made, or why there is none.

    Without a run it waits for the active one where the policy says so, unless it `may_wait` no longer.
    """

    owner_id: UUID
    due_at: datetime
    run_id: UUID | None = None
    reason: str = "previous run active"
    may_wait: bool = True


@dataclass(frozen=True, slots=True)
class RecordedMoment:
    """A moment that came, and what became of it."""

    owner_id: UUID
    due_at: datetime
    outcome: Outcome
    reason: str | None
    late: bool
    run_id: UUID | None
    recorded_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    succeeded: bool | None


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that ended. `succeeded` is None for one that counts neither way, such as a cancelled one."""

    owner_id: UUID
    run_id: UUID
    succeeded: bool | None


@dataclass(frozen=True, slots=True)
class PausedSchedule:
    """A schedule that was just paused: by failures, or because it cannot be read any more."""

    owner_id: UUID
    chain_id: UUID
    failures: int
    reason: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What a worker has to start, how many moments of which owners were missed for good, and whether more is due.

    `paused` are schedules that can no longer be read, such as those in a zone that the machine does not know.
    """

    moments: Sequence[DueMoment]
    missed: Mapping[UUID, int]
    paused: Sequence[PausedSchedule]
    more: bool


class Deadline(StrEnum):
    """What was due by then."""

    START = "start"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class OverdueMoment:
    """A moment whose run did not start or finish in time; `outcome` is None where no worker has claimed it yet."""

    owner_id: UUID
    chain_id: UUID
    due_at: datetime
    deadline: Deadline
    by: datetime
    outcome: Outcome | None
    run_id: UUID | None
