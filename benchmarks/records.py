"""The chain under load: customers, memberships, movements and events by the million, made by the database itself.

They go in as its superuser, with triggers off, because going through the rooms would take ten times as long; what the
triggers would have kept is counted afterwards. Beside them stand the customers whose memberships are yet to be added.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from benchmarks.processes import BenchmarkError
from tessera.access.chains import NewEnterprise, create_chains, create_enterprises
from tessera.access.keys import NewAccessToken, create_access_tokens, create_client_tokens
from tessera.cli.demo.people import FAMILY_NAMES, GIVEN_NAMES, PROGRAMS
from tessera.loyalty import NewProgram, NewTier, create_programs, create_tiers
from tessera.platform.actors import system_actor
from tessera.platform.settings import Settings
from tessera.wiring import open_application

ACTOR = system_actor("benchmark")
# The memberships that are there were made over a year, evenly.
YEAR = timedelta(days=365)
TIERS_A_PROGRAM = len(PROGRAMS[0].tiers)

# Ids as the rooms make them, ordered by the moment they were made, which decides how indexes grow.
GROUND = """
CREATE SCHEMA benchmark;
CREATE FUNCTION benchmark.id_at(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT overlay(overlay(replace(gen_random_uuid()::text, '-', '')
           PLACING lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') FROM 1 FOR 12)
           PLACING '7' FROM 13 FOR 1)::uuid $$;
CREATE FUNCTION benchmark.draw(ordinal int, turn int, faces int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT ((hashint4extended(ordinal, turn) & 9223372036854775807) % faces)::int $$;
"""

# One in three has a tier, every other one points; one in three was changed since it was made.
PEOPLE = """
CREATE UNLOGGED TABLE benchmark.people AS
SELECT ordinal, benchmark.id_at(made_at) AS account_id, benchmark.id_at(made_at) AS membership_id, made_at,
       CASE WHEN benchmark.draw(ordinal, 1, 3) > 0 THEN made_at
            ELSE made_at + (%(now)s - made_at) * (benchmark.draw(ordinal, 2, 1000000) / 1e6) END AS changed_at,
       (%(programs)s::uuid[])[1 + program] AS program_id,
       CASE WHEN ordinal %% 3 = 0
            THEN (%(tiers)s::uuid[])[1 + program * %(width)s + benchmark.draw(ordinal, 4, %(width)s)] END AS tier_id,
       coalesce((ARRAY['Canceled', 'Canceled', 'Pending', 'Pending', 'Pending', 'Pending'])
                [1 + benchmark.draw(ordinal, 5, 100)], 'Enrolled') AS state,
       to_char(benchmark.draw(ordinal, 6, 9000) + 1000, 'FM0000') || ' ' || to_char(ordinal, 'FM00000000') AS number,
       CASE WHEN ordinal %% 2 = 0 THEN benchmark.draw(ordinal, 7, 20000) + 1 END AS points
  FROM generate_series(1, %(count)s) AS ordinal
 CROSS JOIN LATERAL (
   SELECT CASE WHEN ordinal <= %(members)s THEN %(begin)s + %(year)s * (ordinal::float8 / %(members)s)
               ELSE %(now)s END AS made_at,
          (ARRAY[0, 0, 0, 0, 0, 1, 1, 1, 2, 2])[1 + benchmark.draw(ordinal, 3, 10)] AS program) AS drawn
"""
ACCOUNTS = """
INSERT INTO tessera.accounts (chain_id, id, kind, first_name, last_name, email, nationality_code, creator_id,
                              updater_id, created_at, updated_at)
SELECT %(chain_id)s, account_id, 'customer', given, family, lower(given || '.' || family || '.' || ordinal
       || '@mail.example'), 'GB', %(nobody)s, %(nobody)s, made_at, made_at
  FROM benchmark.people
 CROSS JOIN LATERAL (
   SELECT (%(given)s::text[])[1 + benchmark.draw(ordinal, 8, %(givens)s)] AS given,
          (%(family)s::text[])[1 + benchmark.draw(ordinal, 9, %(families)s)] AS family) AS named
 ORDER BY ordinal
"""

# What an added membership becomes, column by column; the floor copies exactly these rows.
MEMBERSHIP_COLUMNS = (
    "chain_id, id, account_id, program_id, tier_id, state, is_primary, membership_number, balance, creator_kind, "
    "creator_id, updater_kind, updater_id, created_at, updated_at"
)
MEMBERSHIPS = """
SELECT %(chain_id)s::uuid, membership_id, account_id, program_id, tier_id, state, true, number,
       points, 'Integration', %(nobody)s::uuid, 'Integration', %(nobody)s::uuid, made_at, changed_at
  FROM benchmark.people
"""
MOVEMENT_COLUMNS = "chain_id, membership_id, sequence, kind, points, balance, source, actor_id, created_at"
MOVEMENTS = """
SELECT %(chain_id)s::uuid, membership_id, 1::bigint, 'set', points::bigint, points, 'access_token', %(nobody)s::uuid,
       made_at
  FROM benchmark.people
"""
EVENT_COLUMNS = "chain_id, name, subject_id, payload, created_at"
EVENTS = """
SELECT %(chain_id)s::uuid, 'membership.created', membership_id,
       jsonb_build_object('account_id', account_id, 'program_id', program_id), made_at
  FROM benchmark.people
"""

# Balances that are not the sum of their movements are counted too; there must be none.
COUNTS = """
SELECT (SELECT count(*) FROM tessera.memberships WHERE chain_id = %(chain_id)s),
       (SELECT count(*) FROM tessera.points_movements WHERE chain_id = %(chain_id)s),
       (SELECT count(*) FROM tessera.events WHERE chain_id = %(chain_id)s AND name = 'membership.created'),
       (SELECT count(*) FROM tessera.memberships AS m
          LEFT JOIN (SELECT membership_id, sum(points) AS points FROM tessera.points_movements GROUP BY membership_id)
               AS moved ON moved.membership_id = m.id
         WHERE m.chain_id = %(chain_id)s AND m.balance IS DISTINCT FROM moved.points)
"""


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain under load, and the credentials that open it: one access token for all, many for the limited run."""

    id: UUID
    program_ids: Sequence[UUID]
    tier_ids: Sequence[UUID]
    client_token: str
    access_tokens: Sequence[str]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows there are."""

    memberships: int
    movements: int
    events: int


async def create_chain(settings: Settings, *, tokens: int, now: datetime) -> Chain:
    """Make the chain with its programs, tiers and credentials, through the loyalty room."""
    async with (
        open_application(settings, application="tessera benchmark", pool_size=2) as house,
        house.resources.database.session() as session,
    ):
        (chain,) = await create_chains(session, ACTOR, ["Benchmark"], now=now)
        (enterprise,) = await create_enterprises(session, ACTOR, chain.id, [NewEnterprise(name="Harbour")], now=now)
        plans = [NewProgram(name=plan.name, code=plan.code) for plan in PROGRAMS]
        programs = await create_programs(session, ACTOR, chain.id, plans, now=now)
        new_tiers = [
            NewTier(program_id=program.id, name=tier.name, code=tier.code, ordering=place)
            for program, plan in zip(programs, PROGRAMS, strict=True)
            for place, tier in enumerate(plan.tiers)
        ]
        tiers = await create_tiers(session, ACTOR, chain.id, new_tiers, now=now)
        keys = house.resources.keys
        (client,) = await create_client_tokens(session, ACTOR, keys, ["benchmark"], now=now)
        new = NewAccessToken(client_token_id=client.id, label="benchmark", enterprise_ids=[enterprise.id])
        made = await create_access_tokens(session, ACTOR, keys, [new] * tokens, now=now)
    return Chain(
        chain.id,
        [program.id for program in programs],
        [tier.id for tier in tiers],
        client.text,
        [token.text for token in made],
    )


def load_records(database: str, chain: Chain, *, members: int, added: int, now: datetime) -> None:
    """Load so many members, and so many customers more; the address is an administrator's."""
    values = {
        **describe_values(chain),
        "programs": list(chain.program_ids),
        "tiers": list(chain.tier_ids),
        "width": TIERS_A_PROGRAM,
        "count": members + added,
        "members": members,
        "begin": now - YEAR,
        "year": YEAR,
        "now": now,
        "given": GIVEN_NAMES,
        "givens": len(GIVEN_NAMES),
        "family": FAMILY_NAMES,
        "families": len(FAMILY_NAMES),
    }
    run_all(database, [GROUND], {})
    run_all(database, [PEOPLE], values)
    run_all(database, ["ALTER TABLE benchmark.people ADD PRIMARY KEY (ordinal)"], {})
    there = "ordinal <= %(members)s"
    loading = [
        f"INSERT INTO tessera.{table} ({columns}) {source} WHERE {condition} ORDER BY ordinal"
        for table, columns, source, condition in (
            ("memberships", MEMBERSHIP_COLUMNS, MEMBERSHIPS, there),
            ("points_movements", MOVEMENT_COLUMNS, MOVEMENTS, f"{there} AND points IS NOT NULL"),
            ("events", EVENT_COLUMNS, EVENTS, there),
        )
    ]
    # Triggers are off, so nothing waits for accounts to be there before memberships.
    with ThreadPoolExecutor(2) as threads:
        for done in [threads.submit(run_all, database, part, values) for part in ([ACCOUNTS], loading)]:
            done.result()
    check_counts(database, chain, Counts(members, members // 2, members))


def describe_values(chain: Chain) -> dict[str, Any]:
    """Return the values that all rows share."""
    return {"chain_id": chain.id, "nobody": UUID(int=0)}


def run_all(database: str, statements: Sequence[str], values: dict[str, Any]) -> None:
    """Run statements in one transaction that fires no triggers and does not wait for the disk."""
    with psycopg.connect(database) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL synchronous_commit = off")
        for statement in statements:
            connection.execute(statement.encode(), values or None)


def check_counts(database: str, chain: Chain, expected: Counts) -> None:
    """Raise unless there are exactly these rows, and every balance is the sum of its movements."""
    with psycopg.connect(database) as connection:
        row = connection.execute(COUNTS.encode(), {"chain_id": chain.id}).fetchone()
    assert row is not None
    if (Counts(*row[:3]), row[3]) != (expected, 0):
        raise BenchmarkError(
            f"There should be {expected}, and there are {Counts(*row[:3])}; {row[3]:,} balances differ from their"
            " movements. The figures are worth nothing until that is mended."
        )
