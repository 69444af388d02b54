"""Running a statement and getting plain values back."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from tessera.platform.db.engine import Session

if TYPE_CHECKING:
    from sqlalchemy import CursorResult, Executable

Parameters = Mapping[str, Any]
Row = dict[str, Any]


async def fetch_rows(session: Session, statement: "Executable", parameters: Parameters) -> list[Row]:
    """Return every row by column name."""
    result = await session.execute(statement, parameters)
    return [dict(row) for row in result.mappings()]


async def fetch_row(session: Session, statement: "Executable", parameters: Parameters) -> Row | None:
    """Return the first row by column name, or None."""
    rows = await fetch_rows(session, statement, parameters)
    return rows[0] if rows else None


async def change_rows(session: Session, statement: "Executable", parameters: Parameters) -> int:
    """Run a statement that changes rows; return how many it changed."""
    result = await session.execute(statement, parameters)
    return cast("CursorResult[Any]", result).rowcount
