"""The rows of a run that did not arrive, as a CSV file: all of them, each with its reason and its values."""

import csv
from collections.abc import AsyncIterator, Sequence
from io import StringIO
from typing import Any
from uuid import UUID

from litestar import get
from litestar.params import FromPath
from litestar.response import Stream

from tessera import exports
from tessera.exports import Run, log
from tessera.exports.log import RowError
from tessera.platform.json_values import text_of
from tessera.web.exports.run import PATH
from tessera.web.exports.words import refused_by
from tessera.web.visits import PageVisit, Visit

ROWS_A_TIME = 1000
HEAD = ("row", "refused", "code", "message")
# What spreadsheets would take for a formula gets a quotation mark before it.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@get(f"{PATH}/errors.csv", permission="exports:read", in_transaction=False)
async def download_row_errors(visit: PageVisit, run_id: FromPath[UUID]) -> Stream:
    """Give the rows piece by piece; no transaction is open while the browser takes its time."""
    async with visit.resources.database.session() as session:
        run = await exports.get_run(session, visit.actor, run_id=run_id)
    return Stream(
        write_rows(visit, run),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": f'attachment; filename="run_{run_id}_errors.csv"'},
    )


async def write_rows(visit: Visit, run: Run) -> AsyncIterator[str]:
    """Yield the lines, the names of the columns first."""
    yield as_lines([(*HEAD, *run.columns)])
    number = 1
    while True:
        async with visit.resources.database.session() as session:
            page = await log.list_row_errors(session, visit.actor, run.id, number=number, size=ROWS_A_TIME)
        if page.items:
            yield as_lines([line_of(error, run) for error in page.items])
        if len(page.items) < ROWS_A_TIME:
            return
        number += 1


def line_of(error: RowError, run: Run) -> Sequence[Any]:
    """Return the cells of one row; its values are empty where they are hidden or gone."""
    values = ["" for _ in run.columns] if error.row is None else [as_cell(value) for value in error.row]
    return (error.ordinal, refused_by(error.phase, error.code), error.code, as_cell(error.message), *values)


def as_cell(value: Any) -> str:
    """Return a value as a cell."""
    text = "" if value is None else text_of(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


def as_lines(rows: Sequence[Sequence[Any]]) -> str:
    """Return rows as lines of CSV."""
    written = StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
