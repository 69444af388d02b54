"""Plans: whatever a list is narrowed by, an index finds it, however large the table."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.databases import new_database

from tessera.loyalty import (
    CustomerFilter,
    MembershipFilter,
    MembershipState,
    ProgramFilter,
    TierFilter,
    list_customers,
    list_memberships,
    list_programs,
    list_tiers,
)
from tessera.platform.actors import Actor, ActorKind
from tessera.platform.db import Database, Reader, Session, app_address, driver
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.list_filters import Narrowing
from tessera.platform.secrets import KeyRing

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
# A chain has 12,500 rows in a large table; no narrow list may read half of them.
MOST_READ = 5_000
BIG = {"memberships", "accounts", "programs", "tiers"}
NOBODY = UUID(int=0)

# Three programs of each chain have members; the others make the tables of programs and tiers large as well. One row in
# fifty is deleted.
LOAD = """
SET session_replication_role = replica;
SET search_path = tessera;
CREATE TEMPORARY TABLE drawn AS
SELECT n, gen_random_uuid() AS id, (n % 4)::int AS place,
       timestamptz '2025-05-01 12:00Z' + n * interval '10 minutes' AS at,
       CASE WHEN n % 50 = 7 THEN timestamptz '2026-05-01 12:00Z' END AS deleted_at
  FROM generate_series(1, 50000) AS n;
CREATE TEMPORARY TABLE chosen AS SELECT gen_random_uuid() AS id, place FROM generate_series(0, 3) AS place;
INSERT INTO chains SELECT id, 'Chain ' || place, now(), now() FROM chosen;
INSERT INTO programs (chain_id, id, number, name, code, type, subscription, created_at, updated_at, deleted_at)
SELECT chosen.id, drawn.id, n, 'Program', 'P' || n, 'Hotel', 'Free', at, at, deleted_at
  FROM drawn JOIN chosen USING (place) WHERE n <= 8000;
INSERT INTO tiers (chain_id, id, program_id, name, code, ordering, created_at, updated_at, deleted_at)
SELECT chain_id, gen_random_uuid(), id, 'Tier', 'T' || ordering, ordering, created_at, updated_at, deleted_at
  FROM programs, generate_series(1, 2) AS ordering;
INSERT INTO accounts (chain_id, id, kind, first_name, last_name, email, loyalty_code, creator_id, updater_id,
                      created_at, updated_at, deleted_at)
SELECT chosen.id, drawn.id, 'customer', 'Given ' || n % 500, 'Family ' || n % 700, 'guest.' || n || '@mail.example',
       CASE WHEN n % 3 = 0 THEN 'L' || n END, drawn.id, drawn.id, at, at, deleted_at
  FROM drawn JOIN chosen USING (place);
CREATE TEMPORARY TABLE liked AS
SELECT chain_id, array_agg(id ORDER BY number) AS ids FROM programs
 WHERE number <= 12 AND deleted_at IS NULL GROUP BY 1;
INSERT INTO memberships (chain_id, id, account_id, program_id, state, is_primary, membership_number,
                         provider_membership_id, creator_kind, updater_kind, created_at, updated_at, deleted_at)
SELECT chosen.id, gen_random_uuid(), drawn.id, ids[1 + n % 2],
       coalesce((ARRAY['Pending', 'Canceled'])[n % 40], 'Enrolled'), true, 'M' || n,
       CASE WHEN n % 2 = 0 THEN 'X' || n END, 'Integration', 'Integration', at,
       at + (n % 1000) * interval '2 hours', deleted_at
  FROM drawn JOIN chosen USING (place) JOIN liked ON liked.chain_id = chosen.id;
RESET session_replication_role;
"""


@dataclass(frozen=True)
class Stock:
    """A large database, some of what is in it, and what has been looked up there lately."""

    database: Database
    chain_ids: list[UUID]
    members: list[dict[str, Any]]
    programs: list[UUID]
    plans: list[Any]

    def some(self, column: str, count: int) -> list[Any]:
        """Return values of a column of memberships and their accounts."""
        return [member[column] for member in self.members[:count]]

    @property
    def middle(self) -> UUID:
        """Return a membership far down the list."""
        return UUID(str(self.members[0]["id"]))


class ExplainingCursor(psycopg.AsyncCursor[Any]):
    """Asks for the plan of every statement before it runs it."""

    plans: list[Any]

    async def execute(self, query: Any, params: Any = None, **given: Any) -> "ExplainingCursor":
        await super().execute(b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + query, params, prepare=False)
        row = await self.fetchone()
        assert row is not None
        self.plans.append(row[0][0]["Plan"])
        await super().execute(query, params, **given)
        return self


@pytest.fixture(scope="module")
async def stock(server: EmbeddedServer, template: str, keys: KeyRing) -> AsyncIterator[Stock]:
    """Load the large database once."""
    with new_database(server, template) as address:
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(LOAD)
            connection.execute("VACUUM (ANALYZE)")
            members = read_members(connection)
        database = Database(app_address(address, keys))
        chain_ids = [members[0]["chain_id"], *{one["chain_id"] for one in members} - {members[0]["chain_id"]}]
        own = [one for one in members if one["chain_id"] == chain_ids[0]]
        yield Stock(database, chain_ids, own, sorted({one["program_id"] for one in own}), [])
        await database.close()


def read_members(connection: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Return every active membership with its account, the oldest first."""
    statement = """
        SELECT m.*, a.email, a.first_name, a.last_name, a.loyalty_code
          FROM tessera.memberships m JOIN tessera.accounts a ON a.chain_id = m.chain_id AND a.id = m.account_id
         WHERE m.deleted_at IS NULL AND a.loyalty_code IS NOT NULL AND m.provider_membership_id IS NOT NULL
         ORDER BY m.created_at
    """
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        return cursor.execute(statement).fetchall()


@asynccontextmanager
async def explaining(stock: Stock, way: str) -> AsyncIterator[Session | Reader]:
    """Have a way of reading whose plans are kept: a session, as rooms use it, or a reader, as the API's lists do."""
    stock.plans.clear()
    cursor = type("Cursor", (ExplainingCursor,), {"plans": stock.plans})
    if way == "reader":
        async with stock.database.reader.connection() as connection:
            connection.cursor_factory = cursor
        yield stock.database.reader
        return
    async with stock.database.session() as session:
        raw = await driver(session)
        raw.cursor_factory = cursor
        yield session
        raw.cursor_factory = psycopg.AsyncCursor


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from walk(part)


def count_read(node: dict[str, Any]) -> float:
    """Return how many rows of a table a node looked at, whether it kept them or not."""
    dropped = sum(node.get(f"Rows Removed by {reason}", 0) for reason in ("Filter", "Index Recheck"))
    return float((node["Actual Rows"] + dropped) * node["Actual Loops"])


async def check_plans(
    stock: Stock,
    ask: Callable[..., Awaitable[list[Any]]],
    narrowing: Narrowing,
    place: tuple[str, int],
    *,
    wide: bool = False,
) -> list[Any]:
    """Ask for a page; expect that no large table was scanned, and little of it read unless the list is `wide`."""
    way, chains = place
    actor = Actor(ActorKind.ACCESS_TOKEN, NOBODY, "token", frozenset(stock.chain_ids[:chains]))
    async with explaining(stock, way) as session:
        found = await ask(session, actor, narrowing)
    nodes = [node for plan in stock.plans for node in walk(plan) if node.get("Relation Name") in BIG]
    assert nodes, narrowing
    scans = [node for node in nodes if node["Node Type"] == "Seq Scan"]
    assert not scans, f"{narrowing}: {scans}"
    assert wide or sum(map(count_read, nodes)) <= MOST_READ * chains, f"{narrowing}: {nodes}"
    return found


list_now = partial(list_memberships, now=NOON)
PLACES = pytest.mark.parametrize("place", [("session", 1), ("session", 3), ("reader", 1)], ids=str)
DAY = (NOON - timedelta(days=100), NOON - timedelta(days=99))
MINUTE = (DAY[0], DAY[0] + timedelta(minutes=1))


@PLACES
async def test_every_filter_of_memberships_has_an_index(stock: Stock, place: tuple[str, int]) -> None:
    narrowings: list[dict[str, Any]] = [
        *({"ids": stock.some("id", count)} for count in (1, 100, 1000)),
        *({"account_ids": stock.some("account_id", count)} for count in (1, 100, 1000)),
        *({"membership_numbers": stock.some("membership_number", count)} for count in (1, 100, 1000)),
        *({"provider_membership_ids": stock.some("provider_membership_id", count)} for count in (1, 100, 1000)),
        {"program_ids": stock.programs[:1]},
        {"program_ids": stock.programs},
        *({"program_ids": stock.programs[:1], "states": [state]} for state in MembershipState),
        {"program_ids": stock.programs, "states": [MembershipState.PENDING, MembershipState.ENROLLED]},
        *({name: span} for name in ("created_within", "updated_within") for span in (DAY, MINUTE)),
    ]
    for narrowing in narrowings:
        for deleted in (False, True, None):
            given = MembershipFilter(**narrowing, deleted=deleted)
            await check_plans(stock, list_now, given, place)


@PLACES
async def test_states_alone_go_by_the_order_of_the_list(stock: Stock, place: tuple[str, int]) -> None:
    for state in MembershipState:
        await check_plans(stock, list_now, MembershipFilter(states=[state]), place, wide=True)


@PLACES
@pytest.mark.parametrize("count", [1, 1000])
async def test_first_and_late_pages_have_an_index(stock: Stock, place: tuple[str, int], count: int) -> None:
    late = MembershipFilter(count=count, cursor=stock.middle)
    for narrowing in (MembershipFilter(count=count), late):
        for ask in (narrowing, MembershipFilter(count=count, cursor=narrowing.cursor, deleted=None)):
            found = await check_plans(stock, list_now, ask, place)
            assert len(found) in range(count + 1)


@PLACES
async def test_every_filter_of_customers_has_an_index(stock: Stock, place: tuple[str, int]) -> None:
    narrowings: list[dict[str, Any]] = [
        {},
        {"cursor": stock.members[0]["account_id"]},
        *({"ids": stock.some("account_id", count)} for count in (1, 100, 1000)),
        # A thousand of a chain's 12,500 are so many that reading all of them is right. So are a hundred names: the
        # members of a chain share 175 family names.
        *({"emails": stock.some("email", count)} for count in (1, 100)),
        *({"first_names": stock.some("first_name", count)} for count in (1, 20)),
        *({"last_names": stock.some("last_name", count)} for count in (1, 20)),
        *({"loyalty_codes": stock.some("loyalty_code", count)} for count in (1, 100, 1000)),
        {"company_ids": [NOBODY]},
        *({name: span} for name in ("created_within", "updated_within", "deleted_within") for span in (DAY, MINUTE)),
    ]
    for narrowing in narrowings:
        for deleted in (False, True, None):
            await check_plans(stock, list_customers, CustomerFilter(**narrowing, deleted=deleted), place)


@PLACES
async def test_every_filter_of_programs_and_tiers_has_an_index(stock: Stock, place: tuple[str, int]) -> None:
    shared: list[dict[str, Any]] = [
        {},
        *({name: span} for name in ("created_within", "updated_within") for span in (DAY, MINUTE)),
    ]
    programs = [*shared, {"ids": stock.programs}, {"codes": ["P1"]}, {"cursor": stock.programs[0]}]
    tiers = [*shared, {"ids": stock.programs}, {"program_ids": stock.programs}]
    for deleted in (False, True, None):
        for narrowing in programs:
            given = ProgramFilter(**narrowing, deleted=deleted)
            await check_plans(stock, list_programs, given, place)
        for narrowing in tiers:
            await check_plans(stock, list_tiers, TierFilter(**narrowing, deleted=deleted), place)
