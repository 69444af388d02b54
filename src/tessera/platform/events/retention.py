"""How long events are kept, and remembering how far they are gone."""

from datetime import datetime, timedelta

from tessera.platform.db import Database, driver

# The horizon is the furthest position that is gone. A reader before it may have missed something.
DROP = b"""
WITH gone AS MATERIALIZED (
  SELECT transaction_id, sequence FROM tessera.drop_events(%(before)s)
), kept AS (
  INSERT INTO event_horizon (only_row, transaction_id, sequence)
  SELECT true, transaction_id, sequence FROM gone WHERE sequence IS NOT NULL
   ORDER BY transaction_id DESC, sequence DESC LIMIT 1
  ON CONFLICT (only_row) DO UPDATE SET transaction_id = excluded.transaction_id, sequence = excluded.sequence
   WHERE (event_horizon.transaction_id, event_horizon.sequence) < (excluded.transaction_id, excluded.sequence)
)
SELECT count(*) FROM gone
"""


async def purge_events(database: Database, *, days: int, now: datetime) -> int:
    """Drop the months whose events are all older than so many days, and make those ahead; return how many went."""
    async with database.session() as session:
        connection = await driver(session)
        row = await (await connection.execute(DROP, {"before": now - timedelta(days=days)})).fetchone()
    return int(row[0]) if row else 0
