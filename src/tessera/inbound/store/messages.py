"""Statements on inbound messages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.db import Reader, Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT

# A message that came before only counts; its sender gets the answer of the first time.
INSERT = text("""
INSERT INTO inbound_messages (id, chain_id, profile_id, dedupe_key, type, name, sealed_body, size, state, sent_at,
                              received_at)
VALUES (:id, :chain_id, :profile_id, :dedupe_key, :type, :name, :sealed_body, :size, 'waiting', :sent_at, :now)
ON CONFLICT (profile_id, dedupe_key) DO UPDATE SET duplicates = inbound_messages.duplicates + 1
""")

# One worker at a time applies a profile's messages, which keeps them in order. Locked so, messages still come in.
CLAIM = text("""
SELECT p.id, p.chain_id, p.type, p.label, p.settings
  FROM connection_profiles p
  JOIN LATERAL (SELECT sequence FROM inbound_messages
                 WHERE profile_id = p.id AND state = 'waiting' ORDER BY sequence LIMIT 1) AS oldest ON true
 WHERE p.enabled AND p.state = 'ready'
 ORDER BY oldest.sequence LIMIT 1
   FOR NO KEY UPDATE OF p SKIP LOCKED
""")

HAS_WAITING = b"""
SELECT 1 FROM connection_profiles p
 WHERE p.type = 'mparticle_inbound' AND p.enabled AND p.state = 'ready'
   AND EXISTS (SELECT 1 FROM inbound_messages m WHERE m.profile_id = p.id AND m.state = 'waiting')
 LIMIT 1
"""

WAITING = text("""
SELECT id, type, name, sealed_body, received_at, sent_at FROM inbound_messages
 WHERE profile_id = :profile_id AND state = 'waiting' ORDER BY sequence LIMIT 1
""")

WINDOW = text("""
SELECT id, type, name, sealed_body, received_at, sent_at FROM inbound_messages
 WHERE profile_id = :profile_id AND state = 'waiting' ORDER BY sequence LIMIT :limit
""")

SETTLE_ALL = text("""
UPDATE inbound_messages m
   SET state = o.state, reason = o.reason, detail = o.detail, account_id = o.account_id, settled_at = :now
  FROM jsonb_to_recordset(cast(:outcomes AS jsonb))
    AS o (id uuid, state text, reason text, detail text, account_id uuid)
 WHERE m.id = o.id AND m.state = 'waiting'
""")

SETTLE = text("""
UPDATE inbound_messages
   SET state = :state, reason = :reason, detail = :detail, account_id = coalesce(:account_id, account_id),
       settled_at = :now
 WHERE id = :id AND state = 'waiting'
""")

FIND_CLOCKS = text("SELECT moments FROM inbound_clocks WHERE profile_id = :profile_id AND account_id = :account_id")
LIST_CLOCKS = text("""
SELECT account_id, moments FROM inbound_clocks WHERE profile_id = :profile_id AND account_id = ANY (:account_ids)
""")
WRITE_ALL_CLOCKS = text("""
INSERT INTO inbound_clocks (profile_id, account_id, chain_id, moments)
SELECT :profile_id, account_id, :chain_id, moments
  FROM jsonb_to_recordset(cast(:clocks AS jsonb)) AS given (account_id uuid, moments jsonb)
ON CONFLICT (profile_id, account_id) DO UPDATE SET moments = excluded.moments
""")
WRITE_CLOCKS = text("""
INSERT INTO inbound_clocks (profile_id, account_id, chain_id, moments)
VALUES (:profile_id, :account_id, :chain_id, cast(:moments AS jsonb))
ON CONFLICT (profile_id, account_id) DO UPDATE SET moments = excluded.moments
""")

SELECT = """
SELECT id, chain_id, profile_id, type, name, state, reason, detail, account_id, duplicates, size, sent_at, received_at,
       settled_at, sealed_body IS NOT NULL AS kept
  FROM inbound_messages
 WHERE profile_id = :profile_id
"""
NARROWED = """
   AND (cast(:state AS text) IS NULL OR state = :state)
   AND (:search = '' OR strpos(lower(coalesce(name, '')), lower(:search)) > 0
        OR strpos(lower(coalesce(reason, '')), lower(:search)) > 0 OR strpos(lower(type), lower(:search)) > 0)
"""
ORDERS = {
    "-received": "sequence DESC",
    "received": "sequence",
    "state": "state, sequence DESC",
    "-state": "state DESC, sequence DESC",
}
LISTS = {key: text(f"{SELECT}{NARROWED} ORDER BY {order} OFFSET :offset LIMIT :limit") for key, order in ORDERS.items()}
COUNTED = f"SELECT 1 FROM inbound_messages WHERE profile_id = :profile_id {NARROWED} LIMIT :most"  # noqa: S608
COUNT = text(f"SELECT count(*) FROM ({COUNTED}) AS counted")  # noqa: S608 - constants
OLDER = """
   AND (cast(:state AS text) IS NULL OR state = :state)
   AND (cast(:after AS uuid) IS NULL
        OR sequence < (SELECT sequence FROM inbound_messages WHERE profile_id = :profile_id AND id = :after))
 ORDER BY sequence DESC LIMIT :limit
"""
AFTER = text(SELECT + OLDER)
FIND = text(f"{SELECT} AND id = :id")
BODY = text("SELECT sealed_body FROM inbound_messages WHERE profile_id = :profile_id AND id = :id")

REPLAY = """
UPDATE inbound_messages SET state = 'waiting', reason = NULL, detail = NULL, settled_at = NULL
 WHERE profile_id = :profile_id AND sealed_body IS NOT NULL
"""
REPLAY_ONE = text(f"{REPLAY} AND id = :id AND state IN ('rejected', 'ignored')")
REPLAY_REJECTED = text(f"{REPLAY} AND state = 'rejected'")

DAYS = text("""
SELECT cast(received_at AS date) AS day, state, reason, count(*) AS count, sum(duplicates) AS duplicates,
       max(settled_at - received_at) AS longest_lag
  FROM inbound_messages WHERE profile_id = :profile_id AND received_at >= :since
 GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2, 3
""")
LAST = text("SELECT max(received_at) FROM inbound_messages WHERE profile_id = :profile_id")

FORGET_BODIES = text("""
UPDATE inbound_messages SET sealed_body = NULL
 WHERE id IN (SELECT id FROM inbound_messages
               WHERE received_at < :before AND sealed_body IS NOT NULL AND state <> 'waiting' LIMIT :most)
""")
FORGET = text("""
DELETE FROM inbound_messages
 WHERE id IN (SELECT id FROM inbound_messages WHERE received_at < :before AND state <> 'waiting' LIMIT :most)
""")
FORGET_CLOCKS = text("""
DELETE FROM inbound_clocks WHERE (profile_id, account_id) IN (
  SELECT profile_id, account_id FROM inbound_clocks c
   WHERE NOT EXISTS (SELECT 1 FROM jsonb_each_text(c.moments) AS m
                      WHERE m.value::numeric >= extract(epoch FROM cast(:before AS timestamptz)) * 1000)
   LIMIT :most)
""")
SEALED = text("""
SELECT id, sealed_body FROM inbound_messages
 WHERE sealed_body IS NOT NULL AND (cast(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit FOR UPDATE
""")
RESEAL = text("UPDATE inbound_messages SET sealed_body = :sealed_body WHERE id = :id")


async def insert_messages(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store messages; of those that are there already only that they came again."""
    # In the order in which they came, which is that of their sequence: it is the order of applying them.
    await session.execute(INSERT, rows)


async def has_waiting(reader: Reader) -> bool:
    """Say whether a profile has a message that waits; another worker may be at it already."""
    return await reader.has_row(HAS_WAITING)


async def claim_profile(session: Session) -> Row | None:
    """Return the profile whose oldest message waits longest, held until the transaction ends."""
    return await fetch_row(session, CLAIM, {})


async def find_waiting(session: Session, profile_id: UUID) -> Row | None:
    """Return the message that waits longest."""
    return await fetch_row(session, WAITING, {"profile_id": profile_id})


async def list_waiting(session: Session, profile_id: UUID, limit: int) -> Sequence[Row]:
    """Return the messages that wait longest, in the order of their arrival."""
    return await fetch_rows(session, WINDOW, {"profile_id": profile_id, "limit": limit})


async def settle_messages(session: Session, outcomes: Sequence[Mapping[str, Any]], now: datetime) -> int:
    """Write the outcomes of messages; return how many of them still waited."""
    encoded = msgspec.json.encode(outcomes).decode()
    return await change_rows(session, SETTLE_ALL, {"outcomes": encoded, "now": now})


async def settle_message(session: Session, outcome: Mapping[str, Any], now: datetime) -> bool:
    """Write the outcome of a message; False where it waits no longer."""
    return await change_rows(session, SETTLE, {**outcome, "now": now}) == 1


async def find_clocks(session: Session, profile_id: UUID, account_id: UUID) -> dict[str, int]:
    """Return how new each of a member's values is."""
    found = await session.scalar(FIND_CLOCKS, {"profile_id": profile_id, "account_id": account_id})
    return dict(found or {})


async def list_clocks(session: Session, profile_id: UUID, account_ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how new the values of several members are."""
    rows = await fetch_rows(session, LIST_CLOCKS, {"profile_id": profile_id, "account_ids": list(account_ids)})
    return {row["account_id"]: dict(row["moments"]) for row in rows}


async def write_all_clocks(
    session: Session, *, profile_id: UUID, chain_id: UUID, clocks: Mapping[UUID, Mapping[str, int]]
) -> None:
    """Write how new the values of several members are."""
    given = [{"account_id": account_id, "moments": moments} for account_id, moments in clocks.items()]
    encoded = msgspec.json.encode(given).decode()
    values = {"profile_id": profile_id, "chain_id": chain_id}
    await session.execute(WRITE_ALL_CLOCKS, {**values, "clocks": encoded})


async def write_clocks(
    session: Session, *, profile_id: UUID, chain_id: UUID, account_id: UUID, moments: Mapping[str, int]
) -> None:
    """Write how new each of a member's values is."""
    values = {"profile_id": profile_id, "chain_id": chain_id, "account_id": account_id}
    await session.execute(WRITE_CLOCKS, {**values, "moments": msgspec.json.encode(moments).decode()})


async def list_messages(
    session: Session, profile_id: UUID, *, state: str | None, search: str, sort: str, offset: int, limit: int
) -> tuple[Sequence[Row], int]:
    """Return a page of messages, and how many there are, up to a limit."""
    parameters = {"profile_id": profile_id, "state": state, "search": search}
    rows = await fetch_rows(session, LISTS[sort], {**parameters, "offset": offset, "limit": limit})
    total = await session.scalar(COUNT, {**parameters, "most": COUNT_LIMIT + 1})
    return rows, total or 0


async def list_after(
    session: Session, profile_id: UUID, *, state: str | None, after: UUID | None, limit: int
) -> Sequence[Row]:
    """Return messages, newest first, from below the message `after`."""
    parameters = {"profile_id": profile_id, "state": state, "after": after, "limit": limit}
    return await fetch_rows(session, AFTER, parameters)


async def find_message(session: Session, profile_id: UUID, message_id: UUID) -> Row | None:
    """Return one message of the profile, without its body."""
    return await fetch_row(session, FIND, {"profile_id": profile_id, "id": message_id})


async def find_body(session: Session, profile_id: UUID, message_id: UUID) -> str | None:
    """Return the sealed body of a message, None once it was forgotten."""
    found: str | None = await session.scalar(BODY, {"profile_id": profile_id, "id": message_id})
    return found


async def replay_message(session: Session, profile_id: UUID, message_id: UUID) -> bool:
    """Let a message that was not applied wait again; False where it was applied, or its body is gone."""
    return await change_rows(session, REPLAY_ONE, {"profile_id": profile_id, "id": message_id}) == 1


async def replay_rejected(session: Session, profile_id: UUID) -> int:
    """Let every rejected message wait again; return how many."""
    return await change_rows(session, REPLAY_REJECTED, {"profile_id": profile_id})


async def count_days(session: Session, profile_id: UUID, *, since: datetime) -> Sequence[Row]:
    """Return counts by day, state and reason, newest day first."""
    return await fetch_rows(session, DAYS, {"profile_id": profile_id, "since": since})


async def find_last_moment(session: Session, profile_id: UUID) -> datetime | None:
    """Return when the profile's last message came."""
    found: datetime | None = await session.scalar(LAST, {"profile_id": profile_id})
    return found


async def forget_bodies(session: Session, *, before: datetime, most: int) -> int:
    """Empty the bodies of settled messages that came before; return how many."""
    return await change_rows(session, FORGET_BODIES, {"before": before, "most": most})


async def forget_messages(session: Session, *, before: datetime, most: int) -> int:
    """Delete settled messages that came before; return how many."""
    return await change_rows(session, FORGET, {"before": before, "most": most})


async def list_sealed(session: Session, *, after: UUID | None, limit: int) -> Sequence[Row]:
    """Return sealed bodies by id, held until the transaction ends."""
    return await fetch_rows(session, SEALED, {"after": after, "limit": limit})


async def replace_bodies(session: Session, bodies: Iterable[Mapping[str, Any]]) -> None:
    """Write sealed bodies back."""
    rows = list(bodies)
    if rows:
        await session.execute(RESEAL, rows)


async def forget_clocks(session: Session, *, before: datetime, most: int) -> int:
    """Delete the clocks of members about whom nothing came since; return how many."""
    return await change_rows(session, FORGET_CLOCKS, {"before": before, "most": most})
