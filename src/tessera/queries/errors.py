"""What can go wrong with queries. No message repeats what the database said beyond the query's own words."""

from tessera.platform.errors import InvalidError, NotFoundError, UnavailableError


class QueryNotFoundError(NotFoundError):
    """No such query, or not the caller's."""

    code = "query_not_found"


class QueryInvalidError(InvalidError):
    """The text or another property of the query cannot be used; `line` and `column` where the place is known."""

    code = "query_invalid"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message, **{"field": "text", **details})


class QueryRefusedError(InvalidError):
    """The query reaches for something that queries may not use."""

    code = "query_refused"


class QueryFailedError(InvalidError):
    """The database began the query and could not finish it."""

    code = "query_failed"


class QueryTimeoutError(InvalidError):
    """The query took longer than the deployment allows."""

    code = "query_timeout"


class QueryTooLargeError(InvalidError):
    """The query gives more rows, or a longer row, than the deployment allows."""

    code = "query_too_large"


class QueryUnavailableError(UnavailableError):
    """The database has no room for another query just now."""

    code = "query_unavailable"
