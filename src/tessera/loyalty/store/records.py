"""Statements that programs and tiers share: holding records, and deleting them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session, as_array
from tessera.platform.paging import Source

# Additions of memberships or tiers share these rows: a change waits for them, and they see what it left.
LOCK_ACTIVE = """
SELECT {columns} FROM {table}
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[]) AND deleted_at IS NULL
 ORDER BY id FOR UPDATE
"""

MARK_DELETED = """
UPDATE {table} SET deleted_at = %(now)s, updated_at = %(now)s
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[])
"""


async def lock_active_records(
    session: Session, source: Source, chain_ids: Sequence[UUID], ids: Sequence[UUID]
) -> Sequence[tuple[Any, ...]]:
    """Return the rows of active records, no one else's to change or refer to until the transaction ends."""
    statement = LOCK_ACTIVE.format(columns=source.columns, table=source.table)
    return await run(session, statement, {"chains": as_array(chain_ids), "ids": as_array(ids)})


async def mark_deleted(
    session: Session, source: Source, chain_ids: Sequence[UUID], ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete records that the caller holds."""
    values = {"chains": as_array(chain_ids), "ids": as_array(ids), "now": now}
    await run(session, MARK_DELETED.format(table=source.table), values)
