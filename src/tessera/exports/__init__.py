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
    from tessera.exports.request_log import (
        Attempt,
        LoggedRequest,
        Moment,
        Rate,
        RequestDetail,
        RowError,
        get_request,
        list_moments,
        list_rates,
        list_requests,
        list_row_errors,
    )
    from tessera.exports.retention import purge_runs
    from tessera.exports.run_files import OpenedRunFile, RunFile, find_run_file, open_run_file
    from tessera.exports.runs import (
        EXECUTE_RUN,
        Run,
        RunOptions,
        cancel_run,
        get_run,
        list_runs,
        release_run,
        resend_failed,
        start_run,
    )
    from tessera.exports.states import FileState, RequestState, RunQueue, RunState
    from tessera.exports.values import (
        Changes,
        Definition,
        DefinitionChange,
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
    "Attempt",
    "Changes",
    "Definition",
    "DefinitionChange",
    "DefinitionNotFoundError",
    "Executor",
    "FileState",
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
    "OpenedRunFile",
    "Operator",
    "Owner",
    "Period",
    "Rate",
    "RequestDetail",
    "RequestState",
    "RowError",
    "Run",
    "RunActiveError",
    "RunFile",
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
    "find_run_file",
    "get_definition",
    "get_definition_by_name",
    "get_request",
    "get_run",
    "list_definitions",
    "list_moments",
    "list_rates",
    "list_requests",
    "list_row_errors",
    "list_runs",
    "open_run_file",
    "purge_runs",
    "register_kinds",
    "release_run",
    "resend_failed",
    "start_run",
    "update_definition",
]
