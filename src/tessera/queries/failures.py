"""What the database says about a query, in our own words.

Only messages about the query's own text are passed on. A message that could hold a value or a name that its author did
not write is replaced.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches

import psycopg
from psycopg import errors as pg

from tessera.loyalty import DATASETS
from tessera.platform.characters import name_character
from tessera.platform.db import explain_database_error
from tessera.platform.errors import TesseraError
from tessera.queries.errors import (
    QueryFailedError,
    QueryInvalidError,
    QueryRefusedError,
    QueryTimeoutError,
    QueryTooLargeError,
    QueryUnavailableError,
)
from tessera.queries.texts import position_of

# Raised while the text is read, before any row is: all they can be about is the text.
ABOUT_THE_TEXT = (
    pg.AmbiguousAlias,
    pg.AmbiguousColumn,
    pg.AmbiguousFunction,
    pg.CannotCoerce,
    pg.CollationMismatch,
    pg.DatatypeMismatch,
    pg.DuplicateAlias,
    pg.DuplicateColumn,
    pg.GroupingError,
    pg.IndeterminateCollation,
    pg.IndeterminateDatatype,
    pg.InvalidColumnReference,
    pg.InvalidName,
    pg.NameTooLong,
    pg.SyntaxError,
    pg.UndefinedFunction,
    pg.UndefinedObject,
    pg.UndefinedTable,
    pg.WindowingError,
    pg.WrongObjectType,
)
COLUMNS = {dataset.name: [column.name for column in dataset.columns] for dataset in DATASETS}
CAUSES: dict[type[psycopg.Error], str] = {
    # The text alone was read before, so it is a statement that is not allowed where a SELECT is.
    pg.SyntaxError: "A query is one SELECT. This is another statement, or one with SELECT … INTO.",
    pg.DivisionByZero: "A row divides by zero. Write x / nullif(y, 0).",
    pg.NumericValueOutOfRange: "A number of a row is too large for its type. Cast it to numeric before calculating.",
    pg.InvalidTextRepresentation: "A text of a row is not a value of the type it is cast to. Filter such rows out.",
    pg.InvalidDatetimeFormat: "A text of a row is not a date or time. Filter such rows out before the cast.",
    pg.DatetimeFieldOverflow: "A date or time of a row is out of range. Filter such rows out first.",
    pg.InvalidRegularExpression: "A pattern of the query is not a regular expression. Correct it.",
    pg.CardinalityViolation: "A SELECT used as a single value gives several rows. Add LIMIT 1 or an aggregate.",
    pg.FeatureNotSupported: "The query uses something that is not allowed at its place. Check calls and FROM.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """The author's text, and the way back to it from a place in what was sent."""

    text: str
    trace: Callable[[int], int]

    def place(self, error: psycopg.Error) -> int | None:
        """Return the offset that the error points to."""
        position = error.diag.statement_position
        return self.trace(int(position) - 1) if position else None


@contextmanager
def translated(timeout_seconds: float, source: Source | None = None) -> Iterator[None]:
    """Turn what the database refuses into this room's errors."""
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, timeout_seconds, source) from None


def translate(error: psycopg.Error, timeout_seconds: float, source: Source | None) -> TesseraError:
    """Return the error in our own words."""
    match error:
        case pg.QueryCanceled():
            return timeout_error(timeout_seconds)
        case pg.InsufficientPrivilege() | pg.InvalidSchemaName():
            return QueryRefusedError(
                f"The query reaches for something that queries may not use. Datasets are {', '.join(COLUMNS)}."
            )
        case pg.ReadOnlySqlTransaction():
            return QueryRefusedError("The query tries to write. A query only reads.")
        case pg.ProgramLimitExceeded() | pg.OutOfMemory() | pg.ConfigurationLimitExceeded() | pg.StatementTooComplex():
            return QueryTooLargeError("The query needs more memory or disk than one may have. Select less.")
        case pg.TooManyConnections():
            return QueryUnavailableError("Too many queries run just now. Try again in a moment.", retry_after=1)
        case pg.UndefinedColumn() if source:
            return unknown_column(error, source)
        case pg.Error() if isinstance(error, ABOUT_THE_TEXT) and source:
            return about_the_text(error, source)
    for kind, message in CAUSES.items():
        if isinstance(error, kind):
            return QueryFailedError(message)
    return explain_database_error(error) or QueryFailedError(
        f"The database could not finish the query (SQLSTATE {error.sqlstate}). Simplify it, and try again.",
        sqlstate=error.sqlstate,
    )


def timeout_error(seconds: float) -> QueryTimeoutError:
    """Say that the query took too long."""
    return QueryTimeoutError(f"The query took longer than {seconds:g} seconds. Select fewer rows, or join less.")


def about_the_text(error: psycopg.Error, source: Source) -> QueryInvalidError:
    """Pass a message on that only repeats the author's words, with its place in the author's text."""
    fault = (error.diag.message_primary or "the database cannot read the query")[:300]
    return located(source, source.place(error), fault)


def unknown_column(error: psycopg.Error, source: Source) -> QueryInvalidError:
    """Say which column is not there, and which could be meant."""
    offset = source.place(error)
    written = re.match(r'[\w."]+', source.text[offset:]) if offset is not None else None
    name = written.group().replace('"', "").rsplit(".", 1)[-1] if written else "named here"
    read = [dataset for dataset in COLUMNS if re.search(rf"\b{dataset}\b", source.text, re.IGNORECASE)]
    known = sorted({column for dataset in read for column in COLUMNS[dataset]})
    near = get_close_matches(name.lower(), known, n=1)
    advice = f"Did you mean {near[0]}?" if near else f"Columns of {', '.join(read)} are {', '.join(known)}"
    strange = next((letter for letter in name if not letter.isascii()), None)
    if strange is not None:
        advice = f"Its {strange} is {name_character(strange)}, which may look like another. {advice}"
    return located(source, offset, f"there is no column {name[:60]}. {advice if read else 'Check its name'}")


def located(source: Source, offset: int | None, fault: str) -> QueryInvalidError:
    """Return the error with line and column where they are known."""
    ending = "" if fault.endswith("?") else "."
    if offset is None:
        return QueryInvalidError(f"{fault[:1].upper()}{fault[1:]}{ending}")
    line, column = position_of(source.text, offset)
    return QueryInvalidError(f"Line {line}, column {column}: {fault}{ending}", line=line, column=column)
