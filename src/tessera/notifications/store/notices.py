"""Statements on notices, their deliveries, and what was announced last."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from tessera.notifications.store.statements import run
from tessera.notifications.store.subscriptions import as_list
from tessera.platform.db import Row, Session

COLUMNS = """n.id, n.chain_id, n.key, n.news, n.subject_kind, n.subject_id, n.subject_label, n.content,
  n.happened_at, n.created_at"""

# The same key again is no news, whichever transaction comes second.
INSERT = """
INSERT INTO notices (id, chain_id, key, news, subject_kind, subject_id, subject_label, content, happened_at, created_at)
SELECT id, chain_id, key, news, subject_kind, subject_id, subject_label, content, happened_at, %(now)s
  FROM jsonb_to_recordset(%(items)s::jsonb) AS new (id uuid, chain_id uuid, key text, news text, subject_kind text,
    subject_id uuid, subject_label text, content jsonb, happened_at timestamptz)
 ORDER BY chain_id, key
ON CONFLICT (chain_id, key) DO NOTHING
RETURNING id
"""

KNOWN = """
SELECT n.chain_id, n.key FROM notices n
  JOIN unnest(%(chains)s::uuid[], %(keys)s::text[]) AS asked (chain_id, key)
    ON n.chain_id = asked.chain_id AND n.key = asked.key
"""

INSERT_DELIVERIES = """
INSERT INTO notice_deliveries (id, notice_id, chain_id, channel, recipient, sealed_target, mail_id, state, due_at,
                               last_error, settled_at)
SELECT id, notice_id, chain_id, channel, recipient, sealed_target, mail_id, state,
       CASE WHEN state = 'pending' THEN %(now)s::timestamptz END, last_error,
       CASE WHEN state = 'failed' THEN %(now)s::timestamptz END
  FROM jsonb_to_recordset(%(items)s::jsonb) AS new (id uuid, notice_id uuid, chain_id uuid, channel text,
    recipient text, sealed_target text, mail_id uuid, state text, last_error text)
"""

# The lock first: what is returned is how it stood before, and nobody else changes it meanwhile.
PRIOR = """
SELECT s.chain_id, s.subject_kind, s.subject_id, s.topic, s.state, s.since, s.count, s.last_key
  FROM announced_states s
  JOIN unnest(%(chains)s::uuid[], %(kinds)s::text[], %(ids)s::uuid[], %(topics)s::text[])
    AS asked (chain_id, subject_kind, subject_id, topic)
 USING (chain_id, subject_kind, subject_id, topic)
 ORDER BY s.chain_id, s.subject_kind, s.subject_id, s.topic
   FOR NO KEY UPDATE OF s
"""

BEGIN = """
INSERT INTO announced_states (chain_id, subject_kind, subject_id, topic, state, since, count, last_key)
SELECT DISTINCT chain_id, subject_kind, subject_id, topic, '', %(now)s::timestamptz, 0, ''
  FROM unnest(%(chains)s::uuid[], %(kinds)s::text[], %(ids)s::uuid[], %(topics)s::text[])
    AS new (chain_id, subject_kind, subject_id, topic)
 ORDER BY chain_id, subject_kind, subject_id, topic
ON CONFLICT DO NOTHING
"""

NOTE = """
UPDATE announced_states s
   SET since = CASE WHEN s.state = new.state THEN s.since ELSE new.moment END,
       count = CASE WHEN s.state = new.state THEN s.count + 1 ELSE 1 END,
       state = new.state, last_key = new.key
  FROM unnest(%(chains)s::uuid[], %(kinds)s::text[], %(ids)s::uuid[], %(topics)s::text[], %(states)s::text[],
              %(moments)s::timestamptz[], %(keys)s::text[])
    AS new (chain_id, subject_kind, subject_id, topic, state, moment, key)
 WHERE s.chain_id = new.chain_id AND s.subject_kind = new.subject_kind AND s.subject_id = new.subject_id
   AND s.topic = new.topic
"""

DELETE_STATES = """
DELETE FROM announced_states s USING unnest(%(ids)s::uuid[]) AS gone (id)
 WHERE s.subject_kind = %(kind)s AND s.subject_id = gone.id
"""

LIST = f"""
SELECT {COLUMNS} FROM notices n
 WHERE (%(chains)s::uuid[] IS NULL OR n.chain_id = ANY (%(chains)s::uuid[]))
   AND (%(subject_id)s::uuid IS NULL OR n.subject_id = %(subject_id)s::uuid)
   AND (%(news)s::text IS NULL OR n.news = %(news)s::text)
   AND (%(after)s::uuid IS NULL OR n.id < %(after)s::uuid)
 ORDER BY n.id DESC LIMIT %(count)s
"""  # noqa: S608 - constants

DELIVERIES = """
SELECT id, notice_id, channel, recipient, mail_id, state, attempts, due_at, last_status, last_error, settled_at
  FROM notice_deliveries WHERE notice_id = ANY (%(ids)s::uuid[]) ORDER BY notice_id, id
"""

# The attempt is counted before the network is touched: a worker that dies has made one.
CLAIM = """
UPDATE notice_deliveries d SET claimed_until = %(until)s, attempts = d.attempts + 1
  FROM notices n
 WHERE d.id = %(id)s AND n.id = d.notice_id AND d.state = 'pending' AND d.mail_id IS NULL
   AND (d.claimed_until IS NULL OR d.claimed_until <= %(now)s)
RETURNING d.id, d.channel, d.sealed_target, d.attempts, n.content
"""

CLAIMED = "SELECT claimed_until FROM notice_deliveries WHERE id = %(id)s AND state = 'pending' AND mail_id IS NULL"

SETTLE = """
UPDATE notice_deliveries
   SET state = %(state)s, due_at = %(due_at)s, claimed_until = NULL, last_status = %(status)s, last_error = %(error)s,
       sealed_target = CASE WHEN %(state)s = 'pending' THEN sealed_target END,
       settled_at = CASE WHEN %(state)s <> 'pending' THEN %(now)s::timestamptz END
 WHERE id = %(id)s AND state = 'pending' AND (%(state)s = 'delivered' OR claimed_until = %(until)s)
RETURNING id
"""

PURGE = """
WITH old AS (
  SELECT n.id FROM notices n WHERE n.created_at < %(before)s LIMIT %(most)s FOR UPDATE SKIP LOCKED
), gone AS (
  DELETE FROM notices n USING old WHERE n.id = old.id RETURNING 1
)
SELECT count(*) AS count FROM gone
"""

SEALED = """
SELECT id, sealed_target FROM notice_deliveries WHERE sealed_target IS NOT NULL ORDER BY id FOR NO KEY UPDATE
"""
RESEAL = """
UPDATE notice_deliveries d SET sealed_target = new.target
  FROM unnest(%(ids)s::uuid[], %(targets)s::text[]) AS new (id, target) WHERE d.id = new.id
"""

# One at a time for a chain: what is counted cannot grow meanwhile.
HOLD_TESTS = "SELECT pg_advisory_xact_lock(hashtextextended('notice tests ' || %(chain_id)s::text, 0))"
TESTS = """
SELECT count(*) AS count, min(n.created_at) AS first FROM notices n
 WHERE n.chain_id = %(chain_id)s AND n.news = %(news)s AND n.created_at > %(since)s
"""


async def find_known(session: Session, keys: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
    """Return those of the chains and keys for which there is a notice."""
    parameters = {"chains": [chain for chain, _ in keys], "keys": [key for _, key in keys]}
    return {(row["chain_id"], row["key"]) for row in await run(session, KNOWN, parameters)}


async def insert_notices(session: Session, items: Sequence[Mapping[str, Any]], *, now: datetime) -> set[UUID]:
    """Store notices; return the ids of those whose keys are new."""
    rows = await run(session, INSERT, {"items": msgspec.json.encode(items).decode(), "now": now})
    return {row["id"] for row in rows}


async def insert_deliveries(session: Session, items: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Store deliveries of notices."""
    await run(session, INSERT_DELIVERIES, {"items": msgspec.json.encode(items).decode(), "now": now})


async def lock_states(session: Session, subjects: Sequence[tuple[UUID, str, UUID, str]], *, now: datetime) -> list[Row]:
    """Return what was announced last of each chain's subject and topic, locked; an empty state is none yet."""
    parameters = {**columns_of(subjects), "now": now}
    await run(session, BEGIN, parameters)
    return await run(session, PRIOR, parameters)


async def note_states(
    session: Session, items: Sequence[tuple[tuple[UUID, str, UUID, str], str, datetime, str]]
) -> None:
    """Write down the state, moment and key of news, each subject and topic once."""
    parameters = {
        **columns_of([subject for subject, *_ in items]),
        "states": [state for _, state, _, _ in items],
        "moments": [moment for _, _, moment, _ in items],
        "keys": [key for _, _, _, key in items],
    }
    await run(session, NOTE, parameters)


async def delete_states(session: Session, kind: str, ids: Sequence[UUID]) -> None:
    """Delete what was announced of subjects that are gone."""
    await run(session, DELETE_STATES, {"kind": kind, "ids": list(ids)})


async def select_notices(
    session: Session,
    chains: Sequence[UUID] | None,
    *,
    subject_id: UUID | None,
    news: str | None,
    after: UUID | None,
    count: int,
) -> list[Row]:
    """Return notices of these chains, newest first."""
    parameters = {"chains": as_list(chains), "subject_id": subject_id, "news": news, "after": after, "count": count}
    return await run(session, LIST, parameters)


async def select_deliveries(session: Session, notice_ids: Sequence[UUID]) -> list[Row]:
    """Return the deliveries of notices."""
    return await run(session, DELIVERIES, {"ids": list(notice_ids)})


async def claim_delivery(session: Session, delivery_id: UUID, *, until: datetime, now: datetime) -> Row | None:
    """Take a delivery for this worker alone until then, and count the attempt; None where there is nothing to take."""
    rows = await run(session, CLAIM, {"id": delivery_id, "until": until, "now": now})
    return rows[0] if rows else None


async def find_claim(session: Session, delivery_id: UUID) -> datetime | None:
    """Return how long another worker has the delivery; None where it is settled or gone."""
    rows = await run(session, CLAIMED, {"id": delivery_id})
    return rows[0]["claimed_until"] if rows else None


async def settle_delivery(session: Session, delivery_id: UUID, outcome: Mapping[str, Any]) -> bool:
    """Write down what came of an attempt; False where another worker has the delivery by now."""
    return bool(await run(session, SETTLE, {"id": delivery_id, **outcome}))


async def purge_notices(session: Session, *, before: datetime, most: int) -> int:
    """Delete notices of before then with their deliveries; return how many."""
    return int((await run(session, PURGE, {"before": before, "most": most}))[0]["count"])


async def select_sealed(session: Session) -> list[Row]:
    """Return every sealed target, locked."""
    return await run(session, SEALED, {})


async def replace_sealed(session: Session, items: Sequence[tuple[UUID, str]]) -> None:
    """Write targets that were sealed again."""
    ids, targets = [one for one, _ in items], [target for _, target in items]
    await run(session, RESEAL, {"ids": ids, "targets": targets})


async def count_tests(session: Session, chain_id: UUID, news: str, *, since: datetime) -> Row:
    """Return how many tests the chain had since then, and when the first was; no other one is made meanwhile."""
    await run(session, HOLD_TESTS, {"chain_id": chain_id})
    return (await run(session, TESTS, {"chain_id": chain_id, "news": news, "since": since}))[0]


def columns_of(subjects: Sequence[tuple[UUID, str, UUID, str]]) -> dict[str, list[Any]]:
    """Return chains, kinds, ids and topics of subjects as columns."""
    return {
        "chains": [chain for chain, *_ in subjects],
        "kinds": [kind for _, kind, _, _ in subjects],
        "ids": [one for _, _, one, _ in subjects],
        "topics": [topic for *_, topic in subjects],
    }
