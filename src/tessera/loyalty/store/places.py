"""Statements that find the chain of a record."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session

# Ids are unique in their chain only, as far as the indexes know: each chain is asked for each id.
FIND = """
SELECT r.id, r.chain_id
  FROM unnest(%(chains)s::uuid[]) AS c (id)
 CROSS JOIN unnest(%(ids)s::uuid[]) AS wanted (id)
  JOIN {table} r ON r.chain_id = c.id AND r.id = wanted.id
 WHERE r.deleted_at IS NULL
"""

# Held as changes hold it, so that nobody changes it between the comparison and the change.
HOLD = """
SELECT updated_at FROM {table} WHERE chain_id = %(chain)s AND id = %(id)s AND deleted_at IS NULL FOR NO KEY UPDATE
"""


async def find_chains(
    session: Session, table: str, ids: Sequence[UUID], *, chain_ids: Sequence[UUID]
) -> dict[UUID, UUID]:
    """Return the chain of each active record that is in one of the chains."""
    values = {"ids": list(ids), "chains": list(chain_ids)}
    rows = await run(session, FIND.format(table=table), values)
    return {record_id: chain_id for record_id, chain_id in rows}  # noqa: C416 - rows are of any length


async def hold_moment(session: Session, table: str, chain_id: UUID, record_id: UUID) -> datetime | None:
    """Hold an active record and return when it was last changed; None where it is gone."""
    rows = await run(session, HOLD.format(table=table), {"chain": chain_id, "id": record_id})
    return rows[0][0] if rows else None
