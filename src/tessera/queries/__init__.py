"""Analytics queries over the datasets: check, describe, preview, count, give rows."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.queries.changes import copy_query, create_query, delete_query, list_query_users, update_query
    from tessera.queries.checks import check_aside, check_query
    from tessera.queries.columns import Column, ColumnType, header_line
    from tessera.queries.contract import Block, Preview, QueryEngine, Selection
    from tessera.queries.errors import (
        QueryFailedError,
        QueryInvalidError,
        QueryNotFoundError,
        QueryRefusedError,
        QueryTimeoutError,
        QueryTooLargeError,
        QueryUnavailableError,
    )
    from tessera.queries.parameters import BUILT_IN, Parameter, ParameterType
    from tessera.queries.plans import Advice
    from tessera.queries.previews import count_query, describe_query, explain_query, preview_query
    from tessera.queries.saved import (
        NewQuery,
        Query,
        get_query,
        label_queries,
        list_queries,
        list_query_choices,
        list_query_versions,
    )
    from tessera.queries.vocabulary import FUNCTIONS
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "BUILT_IN",
    "FUNCTIONS",
    "Advice",
    "Block",
    "Column",
    "ColumnType",
    "NewQuery",
    "Parameter",
    "ParameterType",
    "Preview",
    "Query",
    "QueryEngine",
    "QueryFailedError",
    "QueryInvalidError",
    "QueryNotFoundError",
    "QueryRefusedError",
    "QueryTimeoutError",
    "QueryTooLargeError",
    "QueryUnavailableError",
    "Selection",
    "check_aside",
    "check_query",
    "copy_query",
    "count_query",
    "create_query",
    "delete_query",
    "describe_query",
    "explain_query",
    "get_query",
    "header_line",
    "label_queries",
    "list_queries",
    "list_query_choices",
    "list_query_users",
    "list_query_versions",
    "preview_query",
    "update_query",
]
