"""Searching customers by name goes by an index, however short the beginning and however many the customers."""

from typing import Any

from tessera.loyalty import NewCustomer, create_accounts, search_customers
from tessera.loyalty.store.accounts import SEARCH
from tessera.platform.db import Database

from .conftest import NOON, SYSTEM, House


async def test_every_branch_goes_by_its_index(database: Database, house: House) -> None:
    people = [NewCustomer(first_name=f"A{number % 50}", last_name=f"B{number}") for number in range(5_000)]
    async with database.session() as session:
        await create_accounts(session, SYSTEM, house.chain_id, people, now=NOON)
    values = {"chains": [house.chain_id], "name": "a4", "heads": ["A4"], "tails": ["b"], "count": 1000}
    async with await database.connect() as connection:
        await connection.execute("ANALYZE accounts")
        rows = await (await connection.execute(f"EXPLAIN (FORMAT JSON) {SEARCH}".encode(), values)).fetchone()

    assert rows is not None
    assert sorted(indexes_of(rows[0])) == [
        "ix_accounts_chain_id_lower_first_name",
        "ix_accounts_chain_id_lower_first_name",
        "ix_accounts_chain_id_lower_last_name",
    ]


def indexes_of(plan: Any) -> list[str]:
    """Return the indexes that a plan reads; a table read whole goes by its own name."""
    if isinstance(plan, list):
        return [name for inner in plan for name in indexes_of(inner)]
    if not isinstance(plan, dict):
        return []
    inner = [name for value in plan.values() for name in indexes_of(value)]
    here = plan.get("Index Name") or (plan.get("Relation Name") if plan.get("Node Type") == "Seq Scan" else None)
    return [*inner, here] if here else inner


async def test_stranger_finds_nobody(database: Database, house: House, stranger: House) -> None:
    async with database.session() as session:
        mine = await search_customers(session, house.actor, "guest")
        theirs = await search_customers(session, stranger.actor, "guest 4")

    assert {customer.chain_id for customer in mine} == {house.chain_id}
    assert {customer.chain_id for customer in theirs} == {stranger.chain_id}


async def test_page_is_cut_by_name(database: Database, house: House) -> None:
    async with database.session() as session:
        found = await search_customers(session, house.actor, "GUEST", count=2)

    assert [customer.last_name for customer in found] == ["Guest 0", "Guest 1"]
