"""The same rows for everybody else: one plain table with exactly the columns and rows of our export's query.

It has no row security and needs no joins, which is to the advantage of the bare loop and the peers.
"""

import hashlib
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Literal

from benchmarks.processes import BenchmarkError, Receiver

COLUMNS = ("id", "membership_number", "email", "first_name", "last_name", "tier", "state", "points")
PLAIN_ROWS = (
    f"SELECT {', '.join(COLUMNS)} FROM benchmark.members WHERE ordinal BETWEEN {{first}} AND {{last}} ORDER BY ordinal"
)
JSON_ROWS = f"""
    SELECT row_to_json(chosen)::text
    FROM benchmark.members AS member, LATERAL (SELECT {", ".join(f"member.{name}" for name in COLUMNS)}) AS chosen
    ORDER BY member.ordinal
"""
COPY_MEMBERS = SQL("""
    CREATE TABLE benchmark.members AS
    SELECT row_number() OVER (ORDER BY membership.id)::int AS ordinal, membership.id, membership.membership_number,
           account.email, account.first_name, account.last_name, tier.name AS tier, membership.state,
           membership.balance AS points
    FROM tessera.memberships AS membership
    JOIN tessera.accounts AS account ON account.chain_id = membership.chain_id AND account.id = membership.account_id
    JOIN tessera.tiers AS tier ON tier.chain_id = membership.chain_id AND tier.id = membership.tier_id
    WHERE membership.chain_id = {chain_id} AND membership.deleted_at IS NULL
""")
IDS_A_FETCH = 10_000


def copy_members(database: str, chain_id: UUID) -> None:
    """Copy the chain's members into the table for the others; the address is an administrator's."""
    with psycopg.connect(database) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS benchmark")
        connection.execute("DROP TABLE IF EXISTS benchmark.members")
        connection.execute(COPY_MEMBERS.format(chain_id=Literal(chain_id)))
        connection.execute("ALTER TABLE benchmark.members ADD PRIMARY KEY (ordinal)")


def digest_members(database: str, count: int, where: str = "true") -> tuple[int, str]:
    """Return how many members there are among the first `count` of those, and a digest of their ids, sorted.

    The receiver makes the same digest.
    """
    digest, found = hashlib.sha256(), 0
    chosen = f"SELECT id::text AS id FROM benchmark.members WHERE {where} ORDER BY ordinal LIMIT {count}"
    with psycopg.connect(database) as connection, connection.cursor("ids") as cursor:
        cursor.itersize = IDS_A_FETCH
        cursor.execute(f"SELECT id FROM ({chosen}) AS chosen ORDER BY id".encode())
        for (text,) in cursor:
            digest.update(text.encode())
            found += 1
    return found, digest.hexdigest()


def check_received(
    database: str, receiver: Receiver, rows: int, *, where: str = "true", times: int = 1
) -> dict[str, Any]:
    """Return the receiver's counts; raise unless the first so many of those members arrived, each so often."""
    counts, proof = receiver.counts(), receiver.proof()
    expected = (rows * times, *digest_members(database, rows, where))
    if (counts["rows"], proof["distinct"], proof["digest"]) != expected or expected[1] != rows:
        raise BenchmarkError(
            f"{rows:,} members should have arrived {times} times each; {counts['rows']:,} rows did,"
            f" {proof['distinct']:,} of them distinct. No figure is worth anything until that is mended."
        )
    return counts
