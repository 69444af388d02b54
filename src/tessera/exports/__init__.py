"""What leaves, when and where to: definitions, runs, delivery."""

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
    from tessera.exports.owners import find_owner
    from tessera.exports.places import register_kinds
    from tessera.exports.registry import get_kind, list_kinds
    from tessera.exports.retention import purge_runs
    from tessera.exports.runs import (
        Run,
        RunFilter,
        cancel_run,
        get_run,
        list_last_runs,
        list_runs,
        release_run,
        start_run,
    )
    from tessera.exports.states import RequestState, RunQueue, RunState
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
    "Changes",
    "Definition",
    "DefinitionChange",
    "DefinitionNotFoundError",
    "Executor",
    "ExportKind",
    "Finding",
    "FirstRun",
    "GateLevel",
    "Gates",
    "NewDefinition",
    "Owner",
    "Period",
    "RequestState",
    "Run",
    "RunActiveError",
    "RunFilter",
    "RunNotFoundError",
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
    "get_kind",
    "get_run",
    "list_definitions",
    "list_kinds",
    "list_last_runs",
    "list_runs",
    "purge_runs",
    "register_kinds",
    "release_run",
    "start_run",
    "update_definition",
]
