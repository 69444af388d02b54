"""Statements that turn events into deliveries."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.notifications.store.statements import run
from tessera.notifications.values import LOYALTY_NOUNS
from tessera.platform.db import Reader, Row, Session

# One look at the index for each subscription; EXISTS might be planned as a scan of all events.
BEHIND = """
SELECT s.id FROM webhook_subscriptions s CROSS JOIN LATERAL (
  SELECT 1 FROM events e
   WHERE e.chain_id = s.chain_id
     AND (e.transaction_id, e.sequence) > (s.position_transaction_id, s.position_sequence)
     AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
   ORDER BY e.transaction_id, e.sequence LIMIT 1) AS news
 WHERE s.enabled
 ORDER BY random()
"""

IS_BEHIND = BEHIND.replace("ORDER BY random()", "LIMIT 1").encode()

# By the database's clock, which may lag a little: the next look finds what this one does not.
HAS_DUE = b"""
SELECT 1 FROM webhook_subscriptions s CROSS JOIN LATERAL (
  SELECT 1 FROM webhook_deliveries d
   WHERE d.subscription_id = s.id AND d.state = 'pending' AND d.due_at <= now()
     AND (d.claimed_until IS NULL OR d.claimed_until <= now())
   ORDER BY d.due_at, d.id LIMIT 1) AS one
 WHERE s.enabled LIMIT 1
"""

LOCK = """
SELECT chain_id, event_names, position_transaction_id::text AS transaction_id, position_sequence AS sequence
  FROM webhook_subscriptions WHERE id = %(id)s AND enabled FOR NO KEY UPDATE SKIP LOCKED
"""

# Deliveries and position in one statement: neither is ever ahead of the other.
TAKE = """
WITH page AS MATERIALIZED (
  SELECT e.* FROM events e
   WHERE e.chain_id = %(chain_id)s
     AND (e.transaction_id, e.sequence) > (%(transaction_id)s::text::xid8, %(sequence)s::bigint)
     AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
   ORDER BY e.transaction_id, e.sequence LIMIT %(window)s
), wanted AS (
  SELECT page.*, row_number() OVER (ORDER BY transaction_id, sequence)::int AS place FROM page
   WHERE CASE WHEN %(names)s::text[] IS NULL THEN split_part(name, '.', 1) = ANY (%(nouns)s::text[])
              ELSE name = ANY (%(names)s::text[]) END
), made AS (
  INSERT INTO webhook_deliveries
    (id, subscription_id, chain_id, event_sequence, event_name, body, state, due_at, created_at)
  SELECT (%(ids)s::uuid[])[place], %(id)s, chain_id, sequence, name,
         jsonb_build_object(
           'type', name,
           'timestamp', to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           'data', jsonb_build_object(
             'chain_id', chain_id, 'subject_id', subject_id, 'sequence', sequence, 'payload', payload)
         )::text,
         'pending', %(now)s, %(now)s
    FROM wanted ORDER BY place
), last AS (
  SELECT transaction_id, sequence FROM page ORDER BY transaction_id DESC, sequence DESC LIMIT 1
)
UPDATE webhook_subscriptions s
   SET position_transaction_id = last.transaction_id, position_sequence = last.sequence
  FROM last WHERE s.id = %(id)s
RETURNING (SELECT count(*) FROM page) AS read, (SELECT count(*) FROM wanted) AS made
"""


# The first event in the new order that a subscription had not received; some may arrive twice, none is left out.
REALIGN = """
UPDATE webhook_subscriptions s
   SET position_transaction_id = %(number)s::text::xid8,
       position_sequence = coalesce(
         (SELECT min(e.sequence) - 1 FROM events e
           WHERE e.chain_id = s.chain_id
             AND (e.transaction_id, e.sequence) > (s.position_transaction_id, s.position_sequence)),
         (SELECT max(e.sequence) FROM events e WHERE e.chain_id = s.chain_id), 0)
 WHERE s.position_transaction_id >= %(number)s::text::xid8
"""


async def realign_positions(session: Session, number: int) -> None:
    """Bring positions in transactions yet to come into the transaction with this number."""
    await run(session, REALIGN, {"number": str(number)})


async def is_behind(reader: Reader) -> bool:
    """Say whether there are events for an enabled subscription."""
    return await reader.has_row(IS_BEHIND)


async def has_due(reader: Reader) -> bool:
    """Say whether a delivery is due that no worker has in hand."""
    return await reader.has_row(HAS_DUE)


async def list_behind(session: Session) -> list[UUID]:
    """Return the enabled subscriptions for which there are events, in any order."""
    return [row["id"] for row in await run(session, BEHIND, {})]


async def lock_for_dispatch(session: Session, subscription_id: UUID) -> Row | None:
    """Return what is needed to read on for the subscription; None where another worker does so, or it is off."""
    rows = await run(session, LOCK, {"id": subscription_id})
    return rows[0] if rows else None


async def take_up_events(
    session: Session, subscription_id: UUID, locked: Row, ids: Sequence[UUID], *, now: datetime
) -> tuple[int, int]:
    """Make deliveries of the next events, as many as there are ids, and move the position.

    Returns how many events were read, and how many deliveries were made of them.
    """
    parameters = {
        "id": subscription_id,
        "chain_id": locked["chain_id"],
        "names": locked["event_names"],
        "nouns": list(LOYALTY_NOUNS),
        "transaction_id": locked["transaction_id"],
        "sequence": locked["sequence"],
        "window": len(ids),
        "ids": list(ids),
        "now": now,
    }
    rows = await run(session, TAKE, parameters)
    return (rows[0]["read"], rows[0]["made"]) if rows else (0, 0)
