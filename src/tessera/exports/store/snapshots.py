"""Statements on snapshots: runs of a definition that did not change meanwhile share one."""

from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Session
from tessera.platform.ids import new_id

# The update changes nothing; it lets the statement return the row that is there already.
KEEP = text("""
INSERT INTO run_snapshots (id, chain_id, definition_id, digest, document)
VALUES (:id, :chain_id, :definition_id, :digest, cast(:document AS jsonb))
ON CONFLICT (definition_id, digest) DO UPDATE SET digest = excluded.digest
RETURNING id
""")


async def keep_snapshot(session: Session, chain_id: UUID, definition_id: UUID, digest: str, document: str) -> UUID:
    """Write the document unless the definition has it already; return its id."""
    values = {
        "id": new_id(),
        "chain_id": chain_id,
        "definition_id": definition_id,
        "digest": digest,
        "document": document,
    }
    found: UUID = (await session.execute(KEEP, values)).scalar_one()
    return found
