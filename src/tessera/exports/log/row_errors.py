"""Why rows of a run did not arrive: a page of them, how many for which reason, and all of them as CSV.

Where the run's query reads members, messages and rows are shown to those only who may see members.
"""

import csv
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any
from uuid import UUID

from tessera.exports.log.rows import HIDDEN, find_rows, must_hide
from tessera.exports.runs import Run, get_run
from tessera.exports.store import request_log as store
from tessera.platform.actors import Actor
from tessera.platform.db import Database, Session
from tessera.platform.json_values import text_of
from tessera.platform.paging import Page

ROWS_PER_READ = 1000
# What spreadsheets would take for a formula gets a quotation mark before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class RowError:
    """Why one row did not arrive; `row` holds the values of the run's columns, None where they are hidden or gone."""

    ordinal: int
    phase: str
    code: str
    message: str
    row: Sequence[Any] | None = None


@dataclass(frozen=True, slots=True)
class ErrorCount:
    """How many rows did not arrive for one reason; number and message are those of the first."""

    phase: str
    code: str
    rows: int
    first_row: int
    message: str


async def list_row_errors(
    session: Session, actor: Actor, run_id: UUID, *, number: int = 1, size: int = 50
) -> Page[RowError]:
    """Return a page of the run's row errors in row order."""
    run = await get_run(session, actor, run_id=run_id)
    found, total = await store.list_row_errors(session, run, offset=(number - 1) * size, limit=size)
    if must_hide(actor, run):
        return Page([RowError(**{**each, "message": HIDDEN}) for each in found], total, number, size)
    rows = await find_rows(session, run, [each["ordinal"] for each in found])
    return Page([RowError(**each, row=rows.get(each["ordinal"])) for each in found], total, number, size)


async def count_row_errors(session: Session, actor: Actor, run_id: UUID) -> list[ErrorCount]:
    """Return the reasons for which rows did not arrive, the most frequent first."""
    run = await get_run(session, actor, run_id=run_id)
    counts = [ErrorCount(**each) for each in await store.count_row_errors(session, run)]
    return [replace(each, message=HIDDEN) for each in counts] if must_hide(actor, run) else counts


def write_row_errors(database: Database, actor: Actor, run: Run) -> AsyncIterator[str]:
    """Give all row errors as the lines of a CSV file, some at a time; no transaction is open between two of them.

    Behind the reason come the row's own values, named as in the query, for those who may see them.
    """
    columns = [] if must_hide(actor, run) else list(run.columns)
    return write_lines(database, actor, run, columns)


async def write_lines(database: Database, actor: Actor, run: Run, columns: Sequence[str]) -> AsyncIterator[str]:
    """Give the first line, then the others."""
    yield csv_lines([["row", "phase", "code", "message", *columns]])
    last = 0
    while True:
        async with database.session() as session:
            found = await store.list_row_errors_after(session, run, last, limit=ROWS_PER_READ)
            rows = await find_rows(session, run, [each["ordinal"] for each in found]) if columns else {}
        if not found:
            return
        last = found[-1]["ordinal"]
        hidden = must_hide(actor, run)
        lines = []
        for each in found:
            values = rows.get(each["ordinal"], [None] * len(columns))
            message = HIDDEN if hidden else each["message"]
            lines.append([each["ordinal"], each["phase"], each["code"], as_cell(message), *map(as_cell, values)])
        yield csv_lines(lines)


def as_cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    text = "" if value is None else text_of(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def csv_lines(lines: Sequence[Sequence[Any]]) -> str:
    """Return lines of CSV."""
    text = StringIO()
    csv.writer(text).writerows(lines)
    return text.getvalue()
