"""How statements run here: planned for each call, because what is due or new differs by orders of magnitude."""

from collections.abc import Mapping
from typing import Any

from psycopg.rows import dict_row

from tessera.platform.db import Row, Session, driver


async def run(session: Session, statement: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Run a statement and return its rows by column name, if it has any."""
    connection = await driver(session)
    async with connection.cursor(binary=True, row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), parameters, prepare=False)
        return await cursor.fetchall() if cursor.description else []
