"""What leaves, when and where to: definitions, runs, delivery."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
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
    from tessera.exports.member_filters import Match, MemberFilter, MemberRule, Operator
    from tessera.exports.owners import find_owner
    from tessera.exports.places import register_kinds
    from tessera.exports.previews import DefinitionPreview, RequestPreview, open_preview
    from tessera.exports.registry import list_properties
    from tessera.exports.request_log import (
        AnswerCount,
        Attempt,
        ErrorGroup,
        LoggedRequest,
        Moment,
        Rate,
        RequestDetail,
        RowError,
        get_request,
        list_answers,
        list_error_groups,
        list_moments,
        list_rates,
        list_requests,
        list_row_errors,
    )
    from tessera.exports.retention import purge_runs
    from tessera.exports.runs import (
        EXECUTE_RUN,
        Run,
        RunOptions,
        cancel_run,
        get_run,
        list_last_runs,
        list_runs,
        release_run,
        resend_failed,
        start_run,
    )
    from tessera.exports.schedules import resume_schedule
    from tessera.exports.states import RequestState, RunQueue, RunState
    from tessera.exports.values import (
        Changes,
        Definition,
        DefinitionChange,
        DefinitionFilter,
        FirstRun,
        NewDefinition,
        Owner,
        Period,
        Selection,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EXECUTE_RUN",
    "AnswerCount",
    "Attempt",
    "Changes",
    "Definition",
    "DefinitionChange",
    "DefinitionFilter",
    "DefinitionNotFoundError",
    "DefinitionPreview",
    "ErrorGroup",
    "Executor",
    "Finding",
    "FirstRun",
    "GateLevel",
    "Gates",
    "LoggedRequest",
    "Match",
    "MemberFilter",
    "MemberRule",
    "Moment",
    "NewDefinition",
    "Operator",
    "Owner",
    "Period",
    "Rate",
    "RequestDetail",
    "RequestPreview",
    "RequestState",
    "RowError",
    "Run",
    "RunActiveError",
    "RunNotFoundError",
    "RunOptions",
    "RunQueue",
    "RunState",
    "Selection",
    "background_work",
    "cancel_run",
    "copy_definition",
    "create_definition",
    "delete_definition",
    "find_owner",
    "get_definition",
    "get_definition_by_name",
    "get_request",
    "get_run",
    "list_answers",
    "list_definitions",
    "list_error_groups",
    "list_last_runs",
    "list_moments",
    "list_properties",
    "list_rates",
    "list_requests",
    "list_row_errors",
    "list_runs",
    "open_preview",
    "purge_runs",
    "register_kinds",
    "release_run",
    "resend_failed",
    "resume_schedule",
    "start_run",
    "update_definition",
]
