"""Reading what a run did: its requests and attempts, its row errors and parked rows, its time line, its rates."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.exports.log.parked_rows import ParkedRow, list_parked_rows
    from tessera.exports.log.requests import (
        AnswerCount,
        Attempt,
        LoggedRequest,
        RequestDetail,
        get_request,
        list_answers,
        list_requests,
    )
    from tessera.exports.log.row_errors import (
        ErrorCount,
        RowError,
        count_row_errors,
        list_row_errors,
        write_row_errors,
    )
    from tessera.exports.log.time_line import Moment, Rate, list_moments, list_rates
    from tessera.exports.run_files import OpenedRunFile, RunFile, find_run_file, open_run_file
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "AnswerCount",
    "Attempt",
    "ErrorCount",
    "LoggedRequest",
    "Moment",
    "OpenedRunFile",
    "ParkedRow",
    "Rate",
    "RequestDetail",
    "RowError",
    "RunFile",
    "count_row_errors",
    "find_run_file",
    "get_request",
    "list_answers",
    "list_moments",
    "list_parked_rows",
    "list_rates",
    "list_requests",
    "list_row_errors",
    "open_run_file",
    "write_row_errors",
]
