"""Analytics queries over the datasets: check, describe, preview, count, give rows."""

from tessera.queries.checking import check_query
from tessera.queries.columns import Column, ColumnType
from tessera.queries.engines import Preview, QueryEngine, Selection
from tessera.queries.errors import (
    QueryFailedError,
    QueryInUseError,
    QueryInvalidError,
    QueryNotFoundError,
    QueryRefusedError,
    QueryTimeoutError,
    QueryTooLargeError,
    QueryUnavailableError,
    QueryVersionError,
)
from tessera.queries.parameters import Parameter, ParameterType
from tessera.queries.saved import (
    NewQuery,
    Query,
    count_query,
    create_query,
    delete_query,
    get_query,
    list_queries,
    preview_query,
    update_query,
)

__all__ = [
    "Column",
    "ColumnType",
    "NewQuery",
    "Parameter",
    "ParameterType",
    "Preview",
    "Query",
    "QueryEngine",
    "QueryFailedError",
    "QueryInUseError",
    "QueryInvalidError",
    "QueryNotFoundError",
    "QueryRefusedError",
    "QueryTimeoutError",
    "QueryTooLargeError",
    "QueryUnavailableError",
    "QueryVersionError",
    "Selection",
    "check_query",
    "count_query",
    "create_query",
    "delete_query",
    "get_query",
    "list_queries",
    "preview_query",
    "update_query",
]
