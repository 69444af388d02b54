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
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "AnswerCount",
    "Attempt",
    "ErrorCount",
    "LoggedRequest",
    "Moment",
    "ParkedRow",
    "Rate",
    "RequestDetail",
    "RowError",
    "count_row_errors",
    "get_request",
    "list_answers",
    "list_moments",
    "list_parked_rows",
    "list_rates",
    "list_requests",
    "list_row_errors",
    "write_row_errors",
]
