"""The feed of events, in which nothing ever appears behind a position already read.

A transaction may commit long after it wrote its events, and sequence numbers are drawn before that. So the order is by
transaction first, and what is read ends below the oldest transaction that still runs anywhere on the server: all before
it has ended, and whatever comes later has a higher number. The price is that one long transaction holds the feed back
for as long as it lasts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tessera.platform.db import Reader, Session, driver
from tessera.platform.events.errors import PositionAheadError, PositionExpiredError
from tessera.platform.events.positions import EventPosition

# Of many events few may be wanted: a look goes no further than this, and the reader asks again.
WINDOW = 5000

GIVEN_CHAINS = "SELECT unnest(%(chains)s::uuid[]) AS id"
# The distinct first columns of an index, one descent each; PostgreSQL does not skip by itself.
EVERY_CHAIN = """
WITH RECURSIVE every AS (
  (SELECT chain_id FROM events ORDER BY chain_id LIMIT 1)
  UNION ALL
  SELECT (SELECT e.chain_id FROM events e WHERE e.chain_id > every.chain_id ORDER BY e.chain_id LIMIT 1)
    FROM every WHERE every.chain_id IS NOT NULL
)
SELECT chain_id AS id FROM every WHERE chain_id IS NOT NULL
"""

FIRST_SINCE = """
SELECT transaction_id::text::bigint AS transaction_id, sequence FROM events
 WHERE chain_id = %(chain_id)s AND created_at >= %(since)s
 ORDER BY transaction_id, sequence LIMIT 1
"""

READ = """
SELECT pg_snapshot_xmin(facts.snapshot)::text::bigint AS bound, pg_snapshot_xmax(facts.snapshot)::text::bigint AS top,
       horizon.transaction_id::text::bigint AS gone_transaction_id, horizon.sequence AS gone_sequence,
       page.transaction_id::text::bigint AS transaction_id, page.sequence, page.place, page.wanted,
       page.chain_id, page.name, page.subject_id, page.payload, page.created_at
  FROM (SELECT pg_current_snapshot() AS snapshot) AS facts
  LEFT JOIN event_horizon AS horizon ON true
  LEFT JOIN LATERAL (
    SELECT * FROM (
      SELECT merged.*, row_number() OVER (ORDER BY merged.transaction_id, merged.sequence) AS place
        FROM (
          SELECT found.* FROM ({chains}) AS chain CROSS JOIN LATERAL (
            SELECT e.transaction_id, e.sequence, e.chain_id, e.name, e.subject_id, e.payload, e.created_at,
                   %(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[]) AS wanted
              FROM events e
             WHERE e.chain_id = chain.id
               AND (e.transaction_id, e.sequence) > (%(transaction_id)s::text::xid8, %(sequence)s::bigint)
               AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY e.transaction_id, e.sequence LIMIT %(window)s) AS found
           ORDER BY found.transaction_id, found.sequence LIMIT %(window)s) AS merged) AS numbered
     WHERE wanted OR place = %(window)s) AS page ON true
 ORDER BY page.place
"""

LATEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS bound"


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as it was written."""

    position: EventPosition
    chain_id: UUID
    name: str
    subject_id: UUID
    payload: Mapping[str, Any]
    created_at: datetime

    @property
    def sequence(self) -> int:
        """The number that gives the order of writing; numbers may skip."""
        return self.position.sequence


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in order, where to read on, and whether there is more to read at once.

    `position` may be further than the last item: what lies between was not wanted. A page may be empty and have more.
    """

    items: Sequence[StoredEvent]
    position: EventPosition
    more: bool


async def list_events(
    session: Session | Reader,
    chain_ids: Sequence[UUID] | None,
    *,
    after: EventPosition | None,
    names: Sequence[str] | None = None,
    count: int = 100,
) -> EventPage:
    """Return the events that follow a position, at most `count`; None begins with the oldest that is kept.

    `chain_ids` None reads every chain, `names` None every event.
    """
    window = count + 1 if names is None else max(count + 1, WINDOW)
    start = after or EventPosition(0, 0)
    parameters = {
        "chains": None if chain_ids is None else list(chain_ids),
        "names": None if names is None else list(names),
        "transaction_id": str(start.transaction_id),
        "sequence": start.sequence,
        "window": window,
    }
    rows = await ask(session, READ.format(chains=EVERY_CHAIN if chain_ids is None else GIVEN_CHAINS), parameters)
    if after is not None:
        check_position(after, rows[0])
    return cut_page(rows, count=count, window=window)


async def latest_position(session: Session | Reader) -> EventPosition:
    """Return the position behind everything that can be read by now."""
    (row,) = await ask(session, LATEST, {})
    return EventPosition(row["bound"], 0)


async def position_before(session: Session, chain_id: UUID, since: datetime) -> EventPosition | None:
    """Return the position before the chain's first event from that moment on; None where there is no such event."""
    rows = await ask(session, FIRST_SINCE, {"chain_id": chain_id, "since": since})
    return EventPosition(rows[0]["transaction_id"], rows[0]["sequence"] - 1) if rows else None


async def ask(session: Session | Reader, statement: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Run one statement, planned for this call: what is far behind and what is at the end need different plans."""
    if isinstance(session, Reader):
        async with session.connection() as connection:
            return await ask_over(connection, statement, parameters)
    return await ask_over(await driver(session), statement, parameters)


async def ask_over(
    connection: psycopg.AsyncConnection[Any], statement: str, parameters: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Run the statement on this connection."""
    async with connection.cursor(binary=True, row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), parameters, prepare=False)
        return await cursor.fetchall()


def check_position(after: EventPosition, facts: Mapping[str, Any]) -> None:
    """Raise where reading on from a position would leave something out unseen."""
    if after.transaction_id > facts["top"]:
        raise PositionAheadError(
            f"The position {after} is ahead of everything in this database: it was read from another one, or before "
            "a restore. Begin with `latest`, or without a position to read what is kept."
        )
    gone = facts["gone_transaction_id"], facts["gone_sequence"]
    if gone[0] is not None and after < gone:
        raise PositionExpiredError(
            f"Events after the position {after} are no longer kept. Read the records themselves, then begin with "
            "`latest`, or without a position to read what is kept."
        )


def cut_page(rows: Sequence[Mapping[str, Any]], *, count: int, window: int) -> EventPage:
    """Return the page that was found: cut to size, with the furthest position that is surely read."""
    wanted = [row for row in rows if row["wanted"]]
    full = rows[-1]["place"] == window
    items = [read_event(row) for row in wanted[:count]]
    if len(wanted) > count or (items and len(items) == count):
        return EventPage(items, items[-1].position, full or len(wanted) > count)
    if full:
        return EventPage(items, position_of(rows[-1]), more=True)
    return EventPage(items, EventPosition(rows[0]["bound"], 0), more=False)


def read_event(row: Mapping[str, Any]) -> StoredEvent:
    """Turn a stored row into an event."""
    return StoredEvent(
        position=position_of(row),
        chain_id=row["chain_id"],
        name=row["name"],
        subject_id=row["subject_id"],
        payload=row["payload"],
        created_at=row["created_at"],
    )


def position_of(row: Mapping[str, Any]) -> EventPosition:
    """Return the position of a row."""
    return EventPosition(row["transaction_id"], row["sequence"])
