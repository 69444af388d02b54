"""Who is due: schedules of any owner (kind and id), in the caller's transaction. Nobody writes a second one.

An owner's room saves with `save_schedules`, and has a chore that every worker runs each second, with `has_due` as its
`needed`. The chore does all of this in one transaction:

1. `claim_due` gives the moments to start. Workers get disjoint ones; those missed for good are recorded already.
2. The room inserts a run and a job for each, unless a run of that owner is active.
3. `record_outcomes` names the run of each moment, or none: then the policy says `skipped`, or `queued`.

When a run begins, `note_starts`; when it ends, in the transaction that ends it, `note_results`, which may pause the
schedule, then `take_queued` and steps 2 and 3 for what waited. `list_overdue` reports deadlines that passed, each once.
`Claim.more` says that the chore should go on at once.

`schedules.background_work` belongs to all owners: next moments after new zone data, and moments past their days.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.schedules.claims import claim_due, has_due
    from tessera.platform.schedules.jobs import background_work
    from tessera.platform.schedules.outcomes import (
        list_moments,
        list_waiting,
        note_results,
        note_starts,
        record_outcomes,
        take_queued,
    )
    from tessera.platform.schedules.overdue import list_overdue
    from tessera.platform.schedules.policies import Overlap, Policies, check_policies
    from tessera.platform.schedules.records import (
        delete_schedules,
        find_schedule,
        find_schedules,
        list_upcoming,
        next_executions,
        resume_schedules,
        save_schedules,
    )
    from tessera.platform.schedules.stoppages import MissedMoments, Pause, list_missed, list_paused
    from tessera.platform.schedules.store.schedules import NEXT_OF
    from tessera.platform.schedules.upkeep import purge_moments, recompute_schedules
    from tessera.platform.schedules.values import (
        Claim,
        Deadline,
        DueMoment,
        FinishedRun,
        MomentOutcome,
        Outcome,
        OverdueMoment,
        OwnedSchedule,
        PausedSchedule,
        RecordedMoment,
        ScheduleState,
        StoredSchedule,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "NEXT_OF",
    "Claim",
    "Deadline",
    "DueMoment",
    "FinishedRun",
    "MissedMoments",
    "MomentOutcome",
    "Outcome",
    "OverdueMoment",
    "Overlap",
    "OwnedSchedule",
    "Pause",
    "PausedSchedule",
    "Policies",
    "RecordedMoment",
    "ScheduleState",
    "StoredSchedule",
    "background_work",
    "check_policies",
    "claim_due",
    "delete_schedules",
    "find_schedule",
    "find_schedules",
    "has_due",
    "list_missed",
    "list_moments",
    "list_overdue",
    "list_paused",
    "list_upcoming",
    "list_waiting",
    "next_executions",
    "note_results",
    "note_starts",
    "purge_moments",
    "recompute_schedules",
    "record_outcomes",
    "resume_schedules",
    "save_schedules",
    "take_queued",
]
