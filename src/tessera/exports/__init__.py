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
    from tessera.exports.jobs import background_work
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
    from tessera.exports.runs import EXECUTE_RUN, Run, cancel_run, get_run, list_runs, start_run
    from tessera.exports.states import RequestState, RunState
    from tessera.exports.values import Definition, DefinitionChange, NewDefinition
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EXECUTE_RUN",
    "Attempt",
    "Definition",
    "DefinitionChange",
    "DefinitionNotFoundError",
    "Executor",
    "LoggedRequest",
    "Moment",
    "NewDefinition",
    "Rate",
    "RequestDetail",
    "RequestState",
    "RowError",
    "Run",
    "RunActiveError",
    "RunNotFoundError",
    "RunState",
    "background_work",
    "cancel_run",
    "copy_definition",
    "create_definition",
    "delete_definition",
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
    "purge_runs",
    "start_run",
    "update_definition",
]
