"""Statements that list deliveries, make them pending again, and delete them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.notifications.store.statements import run
from tessera.platform.db import Row, Session

COLUMNS = """id, subscription_id, event_name, event_sequence, state, attempts,
  CASE WHEN state = 'pending' THEN due_at END AS due_at, last_status, last_error, created_at, settled_at"""

LIST = f"""
SELECT {COLUMNS} FROM webhook_deliveries
 WHERE subscription_id = %(subscription_id)s AND (%(after)s::uuid IS NULL OR id < %(after)s::uuid)
   AND (%(state)s::text IS NULL OR state = %(state)s::text)
 ORDER BY id DESC LIMIT %(count)s
"""  # noqa: S608 - constants

INSERT = """
INSERT INTO webhook_deliveries
  (id, subscription_id, chain_id, event_sequence, event_name, body, state, due_at, created_at)
SELECT %(id)s, id, chain_id, 0, %(name)s, %(body)s, 'pending', %(now)s, %(now)s
  FROM webhook_subscriptions WHERE id = %(subscription_id)s
"""

# Keeps the subscription from being deleted meanwhile, in the order in which deleting takes its locks.
HOLD = "SELECT id FROM webhook_subscriptions WHERE id = %(subscription_id)s FOR KEY SHARE"

# What a worker has in hand just now ends by itself.
REPLAY = """
UPDATE webhook_deliveries
   SET state = 'pending', attempts = 0, due_at = %(now)s, claimed_until = NULL, settled_at = NULL
 WHERE subscription_id = %(subscription_id)s AND id = ANY (%(ids)s::uuid[])
   AND (claimed_until IS NULL OR claimed_until <= %(now)s)
RETURNING id
"""

SOME = f"""
SELECT {COLUMNS} FROM webhook_deliveries
 WHERE subscription_id = %(subscription_id)s AND id = ANY (%(ids)s::uuid[])
"""  # noqa: S608 - constants

REPLAY_FAILED = """
WITH again AS (
  UPDATE webhook_deliveries
     SET state = 'pending', attempts = 0, due_at = %(now)s, claimed_until = NULL, settled_at = NULL
   WHERE subscription_id = %(subscription_id)s AND state = 'failed' AND settled_at >= %(since)s
  RETURNING 1
)
SELECT count(*) AS count FROM again
"""

FORGET = """
WITH old AS (
  SELECT id FROM webhook_deliveries
   WHERE created_at < %(before)s AND settled_at < %(before)s AND state <> 'pending' LIMIT %(most)s
     FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM webhook_deliveries d USING old WHERE d.id = old.id RETURNING 1
)
SELECT count(*) AS count FROM gone
"""


async def select_deliveries(
    session: Session, subscription_id: UUID, *, state: str | None, after: UUID | None, count: int
) -> list[Row]:
    """Return deliveries, newest first, from below the one `after`."""
    parameters = {"subscription_id": subscription_id, "state": state, "after": after, "count": count}
    return await run(session, LIST, parameters)


async def insert_delivery(
    session: Session, subscription_id: UUID, delivery_id: UUID, *, name: str, body: str, now: datetime
) -> None:
    """Store a delivery without a stored event."""
    parameters = {"id": delivery_id, "subscription_id": subscription_id, "name": name, "body": body, "now": now}
    await run(session, INSERT, parameters)


async def select_some(session: Session, subscription_id: UUID, ids: Sequence[UUID]) -> list[Row]:
    """Return those of the ids that are deliveries of the subscription, in any order."""
    return await run(session, SOME, {"subscription_id": subscription_id, "ids": list(ids)})


async def replay_deliveries(session: Session, subscription_id: UUID, ids: Sequence[UUID], *, now: datetime) -> int:
    """Make these pending again; return how many."""
    await run(session, HOLD, {"subscription_id": subscription_id})
    return len(await run(session, REPLAY, {"subscription_id": subscription_id, "ids": list(ids), "now": now}))


async def replay_failed(session: Session, subscription_id: UUID, *, since: datetime, now: datetime) -> int:
    """Make everything pending again that failed since then; return how many."""
    await run(session, HOLD, {"subscription_id": subscription_id})
    rows = await run(session, REPLAY_FAILED, {"subscription_id": subscription_id, "since": since, "now": now})
    return int(rows[0]["count"])


async def forget_deliveries(session: Session, *, before: datetime, most: int) -> int:
    """Delete at most so many that were settled before then; return how many."""
    return int((await run(session, FORGET, {"before": before, "most": most}))[0]["count"])
