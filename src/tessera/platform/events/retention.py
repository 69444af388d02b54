"""How long events are kept, and remembering how far they are gone."""

from datetime import datetime, timedelta

from tessera.platform.db import Database, driver

BATCH = 10_000

# The horizon is the furthest position that is gone. A reader before it may have missed something.
FORGET = b"""
WITH old AS (
  SELECT sequence FROM events
   WHERE created_at < %(before)s AND transaction_id < pg_snapshot_xmin(pg_current_snapshot()) LIMIT %(most)s
), gone AS (
  DELETE FROM events e USING old WHERE e.sequence = old.sequence RETURNING e.transaction_id, e.sequence
), kept AS (
  INSERT INTO event_horizon (only_row, transaction_id, sequence)
  SELECT true, transaction_id, sequence FROM gone ORDER BY transaction_id DESC, sequence DESC LIMIT 1
  ON CONFLICT (only_row) DO UPDATE SET transaction_id = excluded.transaction_id, sequence = excluded.sequence
   WHERE (event_horizon.transaction_id, event_horizon.sequence) < (excluded.transaction_id, excluded.sequence)
)
SELECT count(*) FROM gone
"""


async def purge_events(database: Database, *, days: int, now: datetime, batch: int = BATCH) -> int:
    """Delete events older than so many days, a batch a transaction; return how many."""
    total = 0
    while True:
        async with database.session() as session:
            connection = await driver(session)
            cursor = await connection.execute(FORGET, {"before": now - timedelta(days=days), "most": batch})
            row = await cursor.fetchone()
            gone = int(row[0]) if row else 0
        total += gone
        if gone < batch:
            return total
