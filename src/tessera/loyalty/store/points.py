"""Statements on points movements. They are added and never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.store.statements import as_array, run
from tessera.loyalty.values.memberships import MovementKind
from tessera.platform.db import Session

INSERT = """
INSERT INTO points_movements (chain_id, membership_id, kind, points, source, created_at)
SELECT %(chain_id)s, membership_id, %(kind)s, points, %(source)s, %(now)s
  FROM unnest(%(memberships)s::uuid[], %(points)s::bigint[]) AS new (membership_id, points)
"""


async def insert_movements(
    session: Session,
    chain_id: UUID,
    steps: Sequence[tuple[UUID, int]],
    *,
    kind: MovementKind,
    source: str,
    now: datetime,
) -> None:
    """Write one movement per pair of membership and points."""
    if steps:
        values = {
            "chain_id": chain_id,
            "kind": kind,
            "source": source,
            "now": now,
            "memberships": as_array([membership_id for membership_id, _ in steps]),
            "points": as_array([points for _, points in steps]),
        }
        await run(session, INSERT, values)
