"""What leaves, when and where to: definitions, runs, delivery.

A run's log is read through `exports.log`, and what would leave now through `exports.previews`.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.exports.contract import ExportKind
    from tessera.exports.definitions import (
        copy_definition,
        create_definition,
        delete_definition,
        get_definition,
        get_definition_by_name,
        list_definitions,
        update_definition,
    )
    from tessera.exports.errors import DefinitionNotFoundError, RunActiveError, RunNotFoundError
    from tessera.exports.execution import Executor
    from tessera.exports.gates import Finding, GateLevel, Gates
    from tessera.exports.jobs import background_work
    from tessera.exports.member_filters import MemberFilter, MemberRule
    from tessera.exports.notice_rules import set_notice_rules
    from tessera.exports.owners import find_owner
    from tessera.exports.places import register_kinds
    from tessera.exports.refusals import forget_refusals
    from tessera.exports.registry import get_kind, list_kinds, list_properties
    from tessera.exports.retention import purge_runs
    from tessera.exports.runs import (
        EXECUTE_RUN,
        Run,
        RunFilter,
        RunOptions,
        cancel_run,
        get_run,
        list_last_runs,
        list_runs,
        release_run,
        resend_failed,
        start_run,
    )
    from tessera.exports.schedules import (
        clear_schedule,
        get_schedule,
        list_scheduled_moments,
        list_schedules,
        list_upcoming_runs,
        resume_schedule,
        set_schedule,
    )
    from tessera.exports.states import FileState, FirstRun, Match, Operator, RequestState, RunQueue, RunState
    from tessera.exports.values import (
        Changes,
        Definition,
        DefinitionChange,
        DefinitionFilter,
        NewDefinition,
        Owner,
        Period,
        Selection,
        Thresholds,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EXECUTE_RUN",
    "Changes",
    "Definition",
    "DefinitionChange",
    "DefinitionFilter",
    "DefinitionNotFoundError",
    "Executor",
    "ExportKind",
    "FileState",
    "Finding",
    "FirstRun",
    "GateLevel",
    "Gates",
    "Match",
    "MemberFilter",
    "MemberRule",
    "NewDefinition",
    "Operator",
    "Owner",
    "Period",
    "RequestState",
    "Run",
    "RunActiveError",
    "RunFilter",
    "RunNotFoundError",
    "RunOptions",
    "RunQueue",
    "RunState",
    "Selection",
    "Thresholds",
    "background_work",
    "cancel_run",
    "clear_schedule",
    "copy_definition",
    "create_definition",
    "delete_definition",
    "find_owner",
    "forget_refusals",
    "get_definition",
    "get_definition_by_name",
    "get_kind",
    "get_run",
    "get_schedule",
    "list_definitions",
    "list_kinds",
    "list_last_runs",
    "list_properties",
    "list_runs",
    "list_scheduled_moments",
    "list_schedules",
    "list_upcoming_runs",
    "purge_runs",
    "register_kinds",
    "release_run",
    "resend_failed",
    "resume_schedule",
    "set_notice_rules",
    "set_schedule",
    "start_run",
    "update_definition",
]
