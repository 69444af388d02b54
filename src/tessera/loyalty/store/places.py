"""Statements that find the chain of a record."""

from collections.abc import Sequence
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session

# Ids are unique in their chain only, as far as the indexes know: each chain is asked for each id.
FIND = """
SELECT r.id, r.chain_id
  FROM chains c
 CROSS JOIN unnest(%(ids)s::uuid[]) AS wanted (id)
  JOIN {table} r ON r.chain_id = c.id AND r.id = wanted.id
 WHERE (%(chains)s::uuid[] IS NULL OR c.id = ANY (%(chains)s)) AND r.deleted_at IS NULL
"""


async def find_chains(
    session: Session, table: str, ids: Sequence[UUID], *, chain_ids: Sequence[UUID] | None
) -> dict[UUID, UUID]:
    """Return the chain of each active record that is in one of the chains, or in any."""
    values = {"ids": list(ids), "chains": None if chain_ids is None else list(chain_ids)}
    rows = await run(session, FIND.format(table=table), values)
    return {record_id: chain_id for record_id, chain_id in rows}  # noqa: C416 - rows are of any length
