"""Statements on snapshots: runs of a definition that did not change meanwhile share one."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_rows
from tessera.platform.ids import new_id

# The update changes nothing; it lets the statement return the row that is there already.
KEEP = text("""
INSERT INTO run_snapshots (id, chain_id, definition_id, digest, document)
VALUES (:id, :chain_id, :definition_id, :digest, cast(:document AS jsonb))
ON CONFLICT (definition_id, digest) DO UPDATE SET digest = excluded.digest
RETURNING id
""")

NEWEST = text("""
SELECT DISTINCT ON (definition_id) definition_id, id,
       cast(document ->> 'definition_version' AS integer) AS definition_version,
       cast(document -> 'query' ->> 'id' AS uuid) AS query_id,
       cast(document -> 'query' ->> 'version' AS integer) AS query_version,
       cast(document -> 'destination' ->> 'template_version' AS integer) AS template_version,
       cast(document ->> 'profile_id' AS uuid) AS profile_id,
       cast(document ->> 'profile_version' AS integer) AS profile_version
  FROM run_snapshots WHERE definition_id = ANY (:ids) ORDER BY definition_id, created_at DESC
""")


async def list_newest(session: Session, definition_ids: Sequence[UUID]) -> list[Row]:
    """Return the newest snapshot of each definition, and the versions of what it was taken of."""
    return await fetch_rows(session, NEWEST, {"ids": list(definition_ids)})


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
