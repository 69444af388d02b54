from pathlib import Path

import msgspec
import psycopg
import pytest
from benchmarks.bodies import Writer
from benchmarks.copy_floor import measure_floors
from benchmarks.processes import BenchmarkError
from benchmarks.records import Chain, Counts, check_counts, create_chain, load_records

from tessera.platform.clock import now
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings

MEMBERS, ADDED = 4_000, 2_000
END_OTHERS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def chain(admin_address: str, keys: KeyRing, keys_file: Path) -> Chain:
    """Load a small chain."""
    moment = now()
    settings = load_settings({}, database_url=admin_address, secret_keys_file=keys_file)
    made = await create_chain(settings, tokens=3, now=moment)
    load_records(admin_address, made, members=MEMBERS, added=ADDED, now=moment)
    return made


async def test_balance_without_movement_fails_the_benchmark(admin_address: str, chain: Chain) -> None:
    counts = Counts(MEMBERS, MEMBERS // 2, MEMBERS)
    check_counts(admin_address, chain, counts)
    with psycopg.connect(admin_address) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE tessera.memberships SET balance = 9 WHERE sequence = 1")
    with pytest.raises(BenchmarkError, match="1 balances differ"):
        check_counts(admin_address, chain, counts)
    with pytest.raises(BenchmarkError, match="memberships=4001"):
        check_counts(admin_address, chain, Counts(MEMBERS + 1, MEMBERS // 2, MEMBERS))


async def test_floor_copies_what_is_to_be_added(admin_address: str, chain: Chain) -> None:
    # A database is copied only while nobody else is connected to it.
    with psycopg.connect(admin_address, autocommit=True) as connection:
        connection.execute(END_OTHERS)
    found = measure_floors(admin_address, chain, members=MEMBERS, added=ADDED)
    assert [floor.name for floor in found] == ["bare COPY, 1 connection (floor)", "bare COPY, 4 connections (floor)"]
    assert all(floor.records == ADDED and floor.seconds > 0 for floor in found)
    # Only copies of the database were filled.
    check_counts(admin_address, chain, Counts(MEMBERS, MEMBERS // 2, MEMBERS))


async def test_requests_are_about_the_loaded_rows(admin_address: str, chain: Chain) -> None:
    writer = Writer(admin_address, chain, members=MEMBERS)
    added = [msgspec.json.decode(request.body)["LoyaltyMemberships"] for request in writer.additions()]
    assert [len(items) for items in added] == [1000, 1000]
    items = [item for part in added for item in part]
    assert len({item["AccountId"] for item in items}) == len({item["MembershipNumber"] for item in items}) == ADDED
    assert sum("Points" in item for item in items) == ADDED // 2
    assert 660 <= sum("LoyaltyTierId" in item for item in items) <= 670

    changed = [msgspec.json.decode(request.body)["LoyaltyMembershipUpdates"] for request in writer.changes(1_500)]
    assert [len(part) for part in changed] == [1000, 500]
    assert len({item["LoyaltyMembershipId"] for part in changed for item in part}) == 1_500

    single = [msgspec.json.decode(request.body) for request in writer.single("one id", 6, tokens=3)]
    assert [one["AccessToken"] for one in single] == [*chain.access_tokens, *chain.access_tokens]
    pages = writer.pages(2, late=3)
    assert [request.sort for request in pages] == ["page 1", "page 3"] * 2
    filters = writer.filters(2)
    assert len({request.sort for request in filters}) * 2 == len(filters) == 20
