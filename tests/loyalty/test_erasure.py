"""Personal data goes: of deleted records after their days, of one account at once, of old history in pieces."""

from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, create_members

from tessera import loyalty
from tessera.loyalty.errors import AccountNotFoundError
from tessera.platform.audit import Entry, purge_entries, record_entries
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.ids import new_id


async def fetch(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.session() as session:
        return [tuple(row) for row in await session.execute(text(statement))]


async def change(database: Database, statement: str) -> None:
    async with database.session() as session:
        await session.execute(text(statement))


async def test_deleted_records_lose_personal_data_after_their_days(database: Database) -> None:
    await create_members(database, 5)
    await change(
        database,
        "UPDATE accounts SET deleted_at = now() - interval '10 days'"
        " WHERE id IN (SELECT id FROM accounts WHERE kind = 'customer' ORDER BY sequence LIMIT 3)",
    )
    await change(
        database,
        "UPDATE memberships m SET deleted_at = a.deleted_at, membership_number = 'M' || m.sequence"
        " FROM accounts a WHERE a.id = m.account_id",
    )
    assert await loyalty.clear_deleted_records(database, days=11, now=now()) == 0
    assert await loyalty.clear_deleted_records(database, days=9, now=now(), batch=2) == 6
    assert await loyalty.clear_deleted_records(database, days=9, now=now()) == 0
    cleared = "SELECT DISTINCT last_name, first_name, email FROM accounts WHERE deleted_at IS NOT NULL"
    assert await fetch(database, cleared) == [("", None, None)]
    kept = "SELECT count(*) FROM accounts WHERE deleted_at IS NULL AND last_name <> '' AND kind = 'customer'"
    assert await fetch(database, kept) == [(2,)]
    numbers = "SELECT deleted_at IS NULL, count(membership_number) FROM memberships GROUP BY 1 ORDER BY 1"
    assert await fetch(database, numbers) == [(False, 0), (True, 2)]


async def test_account_is_cleared_on_demand(database: Database) -> None:
    await create_members(database, 2)
    ((account_id, chain_id),) = await fetch(database, "SELECT id, chain_id FROM accounts ORDER BY sequence LIMIT 1")
    async with database.session() as session:
        await loyalty.clear_account(session, ACTOR, account_id, now=now())  # type: ignore[arg-type]
    assert await fetch(database, f"SELECT last_name, email FROM accounts WHERE id = '{account_id}'") == [("", None)]
    assert await fetch(database, "SELECT count(*) FROM accounts WHERE last_name = ''") == [(1,)]
    entries = "SELECT action, object_kind, object_id, chain_id, before FROM audit_entries WHERE action = 'cleared'"
    assert await fetch(database, entries) == [("cleared", "account", account_id, chain_id, None)]
    async with database.session() as session:
        with pytest.raises(AccountNotFoundError):
            await loyalty.clear_account(session, ACTOR, new_id(), now=now())


async def test_young_audit_entries_never_go(database: Database) -> None:
    async with database.session() as session:
        await record_entries(session, ACTOR, [Entry("made", "thing", None, f"Thing {number}") for number in range(5)])
    later = now() + timedelta(days=200)
    # The database's own clock decides what is young: nobody drops fresh traces by a false moment.
    assert await purge_entries(database, days=100, now=later) == 0
    assert await fetch(database, "SELECT count(*) FROM audit_entries WHERE object_kind = 'thing'") == [(5,)]


async def test_audit_entries_past_their_days_go_by_the_quarter(database: Database, admin_address: str) -> None:
    async with database.session() as session:
        await record_entries(session, ACTOR, [Entry("made", "thing", None, f"Thing {number}") for number in range(5)])
    with psycopg.connect(admin_address) as connection:
        connection.execute(
            "UPDATE tessera.audit_entries SET created_at = now() - interval '215 days' WHERE object_name <> 'Thing 4'"
        )
    kept = "SELECT object_name FROM audit_entries WHERE object_kind = 'thing' ORDER BY 1"
    # A quarter goes when its last day is past.
    assert await purge_entries(database, days=214, now=now()) in (0, 1)
    assert await purge_entries(database, days=90, now=now()) >= 1
    assert await fetch(database, kept) == [("Thing 4",)]
    async with await database.connect() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("DROP TABLE audit_entries_default")
