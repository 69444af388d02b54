"""Statements on row states: how the rows of a definition that sends changes only were last accepted or refused.

What was selected is compared with them inside the database: a million rows never pass through this process twice.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Composable, Literal

from tessera.exports.contract import ClaimedShard
from tessera.exports.fingerprints import END, SIGNATURE, pack_block
from tessera.queries import Block

BLOCK_ROWS = 256
# Stands in for the fingerprint of a row that is gone.
GONE = UUID(int=0)

MAKE_TABLES = """
CREATE TEMP TABLE selected_blocks (
  first_row integer, rows text[], keys uuid[], prints uuid[], shown_keys text[]) ON COMMIT DROP
"""
COPY_IN = "COPY selected_blocks FROM STDIN (FORMAT binary)"

# The keys of a million rows are compared with as many states.
MORE_MEMORY = "SET LOCAL work_mem = '64MB'"
# Narrow, so that the comparison with as many states fits into memory.
MAKE_KEYS = """
CREATE TEMP TABLE selected_keys ON COMMIT DROP AS
SELECT b.first_row + u.n::integer - 1 AS ordinal, u.key, u.print
  FROM selected_blocks b, unnest(b.keys, b.prints) WITH ORDINALITY AS u (key, print, n)
"""

# A refused row is tried again until it was refused so many times as it is now. With a full refresh nothing counts. What
# is not chosen is unchanged, or was refused too often.
COMPARE = """
CREATE TEMP TABLE chosen_rows ON COMMIT DROP AS
SELECT ordinal, key, print, letter, row_number() OVER (ORDER BY ordinal) AS number
  FROM (SELECT s.ordinal, s.key, s.print, CASE WHEN e.accepted IS NULL THEN 'a' ELSE 'c' END AS letter
          FROM selected_keys s LEFT JOIN export_rows e ON e.definition_id = %(definition_id)s AND e.key = s.key
         WHERE %(full)s OR (e.accepted IS DISTINCT FROM s.print
                            AND (e.refused IS DISTINCT FROM s.print OR e.refusals < %(most_refusals)s))) AS chosen
"""

MAKE_REMOVED = """
CREATE TEMP TABLE removed_rows ON COMMIT DROP AS
SELECT e.key, e.shown_key, row_number() OVER (ORDER BY e.key) AS number,
       e.refused IS NOT DISTINCT FROM %(gone)s AND e.refusals >= %(most_refusals)s AS is_parked
  FROM export_rows e
 WHERE e.definition_id = %(definition_id)s AND e.accepted IS NOT NULL
   AND NOT EXISTS (SELECT 1 FROM selected_keys s WHERE s.key = e.key)
"""

# Rows that were never accepted and are not selected any more are no one's concern.
FORGET_REFUSED = """
DELETE FROM export_rows e
 WHERE e.definition_id = %(definition_id)s AND e.accepted IS NULL
   AND NOT EXISTS (SELECT 1 FROM selected_keys s WHERE s.key = e.key)
"""

COUNTS = """
SELECT (SELECT count(*) FROM chosen_rows), (SELECT count(*) FROM removed_rows),
       (SELECT count(*) FROM removed_rows WHERE NOT is_parked),
       (SELECT count(*) FROM export_rows WHERE definition_id = %(definition_id)s AND accepted IS NOT NULL),
       (SELECT count(*) FROM selected_keys) - (SELECT count(*) FROM chosen_rows)
         - (SELECT count(*) FROM selected_keys s JOIN export_rows e
                ON e.definition_id = %(definition_id)s AND e.key = s.key AND e.refused = s.print
             WHERE e.refused IS NOT NULL AND e.refusals >= %(most_refusals)s AND e.accepted IS DISTINCT FROM s.print)
"""

KEEP_CHOSEN = """
INSERT INTO run_blocks (created_at, run_id, first_row, rows, data, keys, prints, shown_keys, changes)
SELECT %(created_at)s, %(run_id)s, min(number), count(*), string_agg(row, ',' ORDER BY number),
       array_agg(key ORDER BY number), array_agg(print ORDER BY number), array_agg(shown_key ORDER BY number),
       string_agg(letter, '' ORDER BY number)
  FROM (SELECT c.number, c.key, c.print, c.letter, u.shown_key,
               left(u.row, -1) || CASE c.letter WHEN 'a' THEN ',"added"]' ELSE ',"changed"]' END AS row
          FROM selected_blocks b
         CROSS JOIN LATERAL unnest(b.rows, b.shown_keys) WITH ORDINALITY AS u (row, shown_key, n)
          JOIN chosen_rows c ON c.ordinal = b.first_row + u.n - 1) AS chosen
 GROUP BY (number - 1) / 256
"""

KEEP_REMOVED = SQL("""
INSERT INTO run_blocks (created_at, run_id, first_row, rows, data, keys, prints, shown_keys, changes)
SELECT %(created_at)s, %(run_id)s, %(before)s + min(number), count(*), string_agg(row, ',' ORDER BY number),
       array_agg(key ORDER BY number), array_agg(%(gone)s::uuid), array_agg(shown_key ORDER BY number),
       repeat('r', count(*)::integer)
  FROM (SELECT row_number() OVER (ORDER BY number) AS number, key, shown_key, json_build_array({columns})::text AS row
          FROM removed_rows WHERE NOT (is_parked AND %(sent)s)) AS removed
 GROUP BY (number - 1) / 256
""")

KEEP_BASELINE = """
INSERT INTO run_blocks (created_at, run_id, first_row, rows, data, keys, prints, shown_keys, changes)
SELECT %(created_at)s, %(run_id)s, first_row, cardinality(keys), '', keys, prints, shown_keys,
       repeat('b', cardinality(keys))
  FROM selected_blocks
"""

IS_BASELINE = """
SELECT EXISTS (SELECT 1 FROM run_blocks WHERE created_at = %(created_at)s AND run_id = %(run_id)s
               AND changes LIKE 'b%%')
"""

HAS_STATES = "SELECT EXISTS (SELECT 1 FROM export_rows WHERE definition_id = %s)"

# The rows of these numbers, with what is known of them.
CHOSEN = """
SELECT DISTINCT ON (u.key) u.key, u.print, u.shown_key, substr(b.changes, u.n::integer, 1) AS letter
  FROM run_blocks b
 CROSS JOIN LATERAL unnest(b.keys, b.prints, b.shown_keys) WITH ORDINALITY AS u (key, print, shown_key, n)
 WHERE b.created_at = %(created_at)s AND b.run_id = %(run_id)s
   AND b.first_row > %(first)s - 256 AND b.first_row <= %(last)s
   AND b.first_row + u.n - 1 = ANY (%(ordinals)s::integer[])
 ORDER BY u.key, u.n DESC
"""

# All rows that were to be sent, up to this number.
CHOSEN_RANGE = """
SELECT DISTINCT ON (u.key) u.key, u.print, u.shown_key, substr(b.changes, u.n::integer, 1) AS letter
  FROM run_blocks b
 CROSS JOIN LATERAL unnest(b.keys, b.prints, b.shown_keys) WITH ORDINALITY AS u (key, print, shown_key, n)
 WHERE b.created_at = %(created_at)s AND b.run_id = %(run_id)s AND b.first_row + u.n - 1 <= %(last)s
 ORDER BY u.key, b.first_row + u.n DESC
"""

TAKE_CHOSEN = """, gone AS (
  DELETE FROM export_rows e USING chosen c
   WHERE e.definition_id = %(definition_id)s AND e.key = c.key AND c.letter = 'r'
)
INSERT INTO export_rows (definition_id, key, shown_key, accepted)
SELECT %(definition_id)s, key, shown_key, print FROM chosen WHERE letter <> 'r'
ON CONFLICT (definition_id, key) DO UPDATE
   SET accepted = excluded.accepted, shown_key = excluded.shown_key, refused = NULL, refusals = 0, updated_at = now()
"""
ACCEPT = f"WITH chosen AS ({CHOSEN}){TAKE_CHOSEN}"
ACCEPT_RANGE = f"WITH chosen AS ({CHOSEN_RANGE}){TAKE_CHOSEN}"

REFUSE = f"""
WITH chosen AS ({CHOSEN})
INSERT INTO export_rows AS e (definition_id, key, shown_key, refused, refusals)
SELECT %(definition_id)s, key, shown_key, print, 1 FROM chosen
ON CONFLICT (definition_id, key) DO UPDATE
   SET refused = excluded.refused, updated_at = now(),
       refusals = CASE WHEN e.refused = excluded.refused THEN e.refusals + 1 ELSE 1 END
"""  # noqa: S608 - our own statement

# What was selected and not sent, because nothing of it is: the first state of rows, and rows that are gone.
SETTLE_UNSENT = """
WITH unsent AS (
  SELECT u.key, u.print, u.shown_key, left(b.changes, 1) AS letter
    FROM run_blocks b
   CROSS JOIN LATERAL unnest(b.keys, b.prints, b.shown_keys) AS u (key, print, shown_key)
   WHERE b.created_at = %(created_at)s AND b.run_id = %(run_id)s AND b.first_row > %(sent)s
), gone AS (
  DELETE FROM export_rows e USING unsent c
   WHERE e.definition_id = %(definition_id)s AND e.key = c.key AND c.letter = 'r'
)
INSERT INTO export_rows (definition_id, key, shown_key, accepted)
SELECT %(definition_id)s, key, shown_key, print FROM unsent WHERE letter = 'b'
ON CONFLICT (definition_id, key) DO NOTHING
"""

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the comparison found: rows to send, rows that left the selection, and rows accepted before.

    `removed_open` are the removed ones that were not refused too often.
    """

    chosen: int
    removed: int
    removed_open: int
    known: int
    unchanged: int


async def has_states(connection: Connection, definition_id: UUID) -> bool:
    """Say whether anything is known of rows of the definition."""
    row = await (await connection.execute(HAS_STATES, [definition_id])).fetchone()
    return bool(row and row[0])


async def stage_rows(connection: Connection, blocks: AsyncIterator[Block]) -> None:
    """Write the selection where it can be compared; it is gone with the transaction."""
    await connection.execute(MORE_MEMORY)
    await connection.execute(MAKE_TABLES)
    async with connection.cursor().copy(COPY_IN) as copy:
        await copy.write(SIGNATURE)
        async for block in blocks:
            await copy.write(pack_block(block))
        await copy.write(END)


async def compare_rows(connection: Connection, claim: ClaimedShard, *, most_refusals: int, full: bool) -> Comparison:
    """Compare what was staged with the states of the definition's rows."""
    parameters = {
        "definition_id": claim.definition_id,
        "most_refusals": most_refusals,
        "full": full,
        "gone": GONE,
    }
    await connection.execute(MAKE_KEYS)
    await connection.execute("ANALYZE selected_keys")
    for statement in (COMPARE, MAKE_REMOVED, FORGET_REFUSED):
        await connection.execute(statement, parameters)
    row = await (await connection.execute(COUNTS, parameters)).fetchone()
    assert row is not None
    return Comparison(*row)


async def keep_chosen(connection: Connection, claim: ClaimedShard) -> None:
    """Write the rows to send into the spool, numbered from 1."""
    await connection.execute(KEEP_CHOSEN, place_of(claim))


async def keep_removed(connection: Connection, claim: ClaimedShard, *, before: int, sent: bool) -> None:
    """Write the removed rows behind the others: their key columns, and null in the rest."""
    keys = claim.snapshot.query.key_columns
    values: list[Composable] = [
        SQL("shown_key::json -> {}").format(Literal(keys.index(column.name))) if column.name in keys else SQL("NULL")
        for column in claim.snapshot.query.columns
    ]
    statement = KEEP_REMOVED.format(columns=SQL(", ").join([*values, SQL("'removed'")]))
    await connection.execute(statement, {**place_of(claim), "before": before, "sent": sent, "gone": GONE})


async def keep_baseline(connection: Connection, claim: ClaimedShard) -> None:
    """Write down which rows there are, none of them to be sent."""
    await connection.execute(KEEP_BASELINE, place_of(claim))


async def accept_rows(connection: Connection, claim: ClaimedShard, ordinals: Sequence[int]) -> None:
    """Note that the rows were accepted as they are; removed ones are forgotten."""
    await settle(connection, ACCEPT, claim, ordinals)


async def accept_all(connection: Connection, claim: ClaimedShard, *, last: int) -> None:
    """Note that all rows up to this one were accepted as they are; removed ones among them are forgotten."""
    await connection.execute(ACCEPT_RANGE, {**place_of(claim), "definition_id": claim.definition_id, "last": last})


async def is_baseline(connection: Connection, claim: ClaimedShard) -> bool:
    """Say whether the run only wrote down which rows there are."""
    row = await (await connection.execute(IS_BASELINE, place_of(claim))).fetchone()
    return bool(row and row[0])


async def refuse_rows(connection: Connection, claim: ClaimedShard, ordinals: Sequence[int]) -> None:
    """Note that the rows were refused as they are."""
    await settle(connection, REFUSE, claim, ordinals)


async def settle_unsent(connection: Connection, claim: ClaimedShard, *, sent: int) -> None:
    """Note the first state of rows, and forget removed ones, where none of these is sent."""
    await connection.execute(SETTLE_UNSENT, {**place_of(claim), "definition_id": claim.definition_id, "sent": sent})


async def settle(connection: Connection, statement: str, claim: ClaimedShard, ordinals: Sequence[int]) -> None:
    """Note what came of the rows of those numbers."""
    if ordinals:
        await connection.execute(
            statement,
            {
                **place_of(claim),
                "definition_id": claim.definition_id,
                "first": min(ordinals),
                "last": max(ordinals),
                "ordinals": list(ordinals),
            },
        )


def place_of(claim: ClaimedShard) -> dict[str, Any]:
    """Return the parameters that lead to the run's log."""
    return {"created_at": claim.created_at, "run_id": claim.run_id}
