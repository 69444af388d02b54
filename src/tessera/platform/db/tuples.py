"""Running a statement of psycopg's dialect and getting its rows as tuples: the way of hot paths.

Statements are not prepared: a plan made while a table was small would be kept while a load makes it large, and a scan
of the whole table per item stops the load. Planning again costs a fraction of a millisecond. Only the look-up of tokens
is prepared: it is part of every request, on tables that stay small.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg import errors as refusals
from psycopg.pq import ExecStatus

from tessera.platform.db.engine import Session, driver
from tessera.platform.db.errors import ChangedMeanwhileError
from tessera.platform.db.readers import Reader

Explain = Callable[[refusals.IntegrityError], Exception]


def keep(refusal: refusals.IntegrityError) -> Exception:
    """Return the refusal as it is, where no rule of a room is behind it."""
    return refusal


async def run_statement(
    session: Session | Reader,
    statement: str,
    parameters: Mapping[str, Any],
    *,
    explain: Explain = keep,
    prepare: bool = False,
) -> Sequence[tuple[Any, ...]]:
    """Return the statement's rows, if it has any; `explain` turns a broken constraint into a room's own error."""
    if isinstance(session, Reader):
        async with session.connection() as connection:
            return await execute(connection, statement, parameters, explain=explain, prepare=prepare)
    return await execute(await driver(session), statement, parameters, explain=explain, prepare=prepare)


async def execute(
    connection: AsyncConnection[Any],
    statement: str,
    parameters: Mapping[str, Any],
    *,
    explain: Explain,
    prepare: bool,
) -> Sequence[tuple[Any, ...]]:
    """Run a statement on a connection."""
    async with connection.cursor(binary=True) as cursor:
        try:
            # Statements are put together from constants of a store; values travel as parameters.
            await cursor.execute(statement.encode(), parameters, prepare=prepare)
        except refusals.IntegrityError as refusal:
            raise explain(refusal) from refusal
        except (refusals.DeadlockDetected, refusals.SerializationFailure) as refusal:
            message = "Another request changed the same records at the same time. Read them again and repeat the call."
            raise ChangedMeanwhileError(message) from refusal
        # Asking for the cursor's description would build one object a column each time.
        return await cursor.fetchall() if gives_rows(cursor) else []


def gives_rows(cursor: AsyncCursor[Any]) -> bool:
    """Say whether the statement was one that returns rows."""
    return cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK
