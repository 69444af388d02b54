"""The database itself refuses what must never be."""

from typing import Any

import psycopg
import pytest
from psycopg import errors

from tessera.loyalty import NewCustomer, NewMembership, create_accounts, create_memberships
from tessera.platform.db import Database
from tessera.platform.texts.errors import TextLengthError

from .conftest import NOON, SYSTEM, House


async def run(database: Database, statement: str, **values: Any) -> None:
    async with await database.connect() as connection:
        await connection.execute(statement.encode(), values)


INSERT = """
INSERT INTO memberships (chain_id, id, account_id, program_id, tier_id, state, is_primary, creator_kind, updater_kind,
                         created_at, updated_at)
VALUES (%(chain)s, gen_random_uuid(), %(account)s, %(program)s, %(tier)s, %(state)s, %(primary)s, 'Static', 'Static',
        now(), now())
"""


def row_of(house: House, **changes: Any) -> dict[str, Any]:
    given = {"chain": house.chain_id, "account": house.account_ids[0], "program": house.program_id, "tier": None}
    return {**given, "state": "New", "primary": False, **changes}


async def test_no_reference_reaches_into_another_chain(database: Database, house: House, stranger: House) -> None:
    for changes in (
        {"account": stranger.account_ids[0]},
        {"program": stranger.program_id},
        {"tier": stranger.tier_id},
        {"chain": stranger.chain_id},
    ):
        with pytest.raises(errors.ForeignKeyViolation):
            await run(database, INSERT, **row_of(house, **changes))


async def test_tier_is_one_of_the_program(database: Database, house: House) -> None:
    await run(
        database,
        "INSERT INTO programs (chain_id, id, number, name, code, type, subscription, created_at, updated_at) "
        "SELECT chain_id, gen_random_uuid(), 9, 'x', 'x', type, subscription, now(), now() FROM programs",
    )
    async with await database.connect() as connection:
        row = await (await connection.execute("SELECT id FROM programs WHERE number = 9")).fetchone()
    assert row is not None
    with pytest.raises(errors.ForeignKeyViolation):
        await run(database, INSERT, **row_of(house, program=row[0], tier=house.tier_id))


async def test_unique_rules_hold_for_active_rows_only(database: Database, house: House) -> None:
    await run(database, INSERT, **row_of(house, primary=True))
    with pytest.raises(errors.UniqueViolation):
        await run(database, INSERT, **row_of(house))
    await run(database, "UPDATE memberships SET deleted_at = now()")

    await run(database, INSERT, **row_of(house, primary=True))


async def test_unknown_words_are_refused(database: Database, house: House) -> None:
    with pytest.raises(errors.CheckViolation):
        await run(database, INSERT, **row_of(house, state="enrolled"))
    with pytest.raises(errors.CheckViolation):
        await run(database, "UPDATE programs SET type = 'Motel'")


async def test_ledger_only_grows(database: Database, house: House) -> None:
    item = NewMembership(account_id=house.account_ids[0], program_id=house.program_id, points=5)
    async with database.session() as session:
        await create_memberships(session, house.actor, house.chain_id, [item], now=NOON)

    for statement in ("UPDATE points_movements SET points = 6", "DELETE FROM points_movements"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await run(database, statement)


FIRST_COLUMNS = """
SELECT i.indexrelid::regclass::text, a.attname
  FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE i.indrelid = ANY (%(tables)s::regclass[]) AND i.indisunique
"""


async def test_every_key_of_memberships_and_points_begins_with_the_chain(database: Database) -> None:
    tables = ["memberships", "points_movements", "points_lots"]
    async with await database.connect() as connection:
        found = await (await connection.execute(FIRST_COLUMNS, {"tables": tables})).fetchall()
    assert len(found) == 9
    assert [(name, first) for name, first in found if first != "chain_id"] == []


LIMITED = ("chains", "enterprises", "accounts", "programs", "tiers", "memberships")
# Texts out of a few words, each with a condition of its own.
WORDS = {"kind", "title", "sex", "credit_rating", "pricing", "type", "subscription", "state"}
WORDS |= {"creator_kind", "updater_kind"}


@pytest.mark.parametrize("table", LIMITED)
async def test_no_text_is_longer_than_an_index_can_hold(database: Database, house: House, table: str) -> None:
    async with await database.connect() as connection:
        found = await connection.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_schema = 'tessera' AND table_name = %s AND data_type = 'text'",
            [table],
        )
        columns = {row[0] for row in await found.fetchall()} - WORDS
    assert columns
    if table == "memberships":
        await run(database, INSERT, **row_of(house))
    for column in sorted(columns):
        statement = f"UPDATE {table} SET {column} = repeat('x', 10001)"
        with pytest.raises(errors.CheckViolation, match=f"ck_{table}_lengths"):
            await run(database, statement)


@pytest.mark.parametrize("name", ["last_name", "email", "notes", "external_id"])
async def test_text_that_is_too_long_is_named(database: Database, house: House, name: str) -> None:
    given: dict[str, Any] = {"last_name": "x", name: "y" * 10_001}
    people = [NewCustomer(last_name="x"), NewCustomer(**given)]
    async with database.session() as session:
        with pytest.raises(TextLengthError, match=f"The {name.replace('_', ' ')} 'y+'… has 10,001 characters"):
            await create_accounts(session, SYSTEM, house.chain_id, people, now=NOON)
