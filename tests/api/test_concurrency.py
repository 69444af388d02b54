"""Callers at once: rules hold, one wins, and nobody is told that the server is at fault."""

import asyncio
from collections import Counter
from typing import Any

from tessera.platform.db import Database

from .conftest import Api, BuildApi


def program(code: str) -> dict[str, str]:
    return {"Name": "x", "Code": code, "Type": "Hotel", "Subscription": "Free"}


async def count(database: Database, statement: str) -> int:
    async with await database.connect() as connection:
        row = await (await connection.execute(statement)).fetchone()
        assert row is not None
        return int(row[0])


async def test_same_code_at_once_has_one_winner(api: Api) -> None:
    replies = await asyncio.gather(
        *(api.call("loyaltyPrograms/add", LoyaltyPrograms=[program("ONE")]) for _ in range(6))
    )

    assert Counter(reply.status for reply in replies) == {200: 1, 403: 5}


async def test_programs_at_once_get_numbers_of_their_own(api: Api) -> None:
    await asyncio.gather(
        *(api.good("loyaltyPrograms/add", LoyaltyPrograms=[program(f"{n}a"), program(f"{n}b")]) for n in range(5))
    )

    assert await count(api.database, "SELECT count(*) FROM programs WHERE number BETWEEN 1 AND 10") == 10


async def test_same_membership_at_once_has_one_winner(api: Api) -> None:
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": await api.add_program(), "IsPrimary": True}
    replies = await asyncio.gather(*(api.call("loyaltyMemberships/add", LoyaltyMemberships=[item]) for _ in range(6)))

    assert Counter(reply.status for reply in replies) == {200: 1, 403: 5}


async def test_primaries_at_once_leave_one(api: Api) -> None:
    programs = [await api.add_program(f"P{number}") for number in range(8)]

    async def add(program_id: str) -> Any:
        items = [
            {"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": True} for account in api.account_ids
        ]
        return await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)

    replies = await asyncio.gather(*(add(program_id) for program_id in programs))

    assert {reply.status for reply in replies} == {200}
    assert await count(api.database, "SELECT count(*) FROM memberships WHERE is_primary") == len(api.account_ids)


async def test_crossed_accounts_do_not_wait_for_each_other(build: BuildApi) -> None:
    api = await build(customers=40)
    programs = [await api.add_program(f"P{number}") for number in range(6)]

    async def add(place: int, program_id: str) -> int:
        accounts = api.account_ids if place % 2 else api.account_ids[::-1]
        items = [{"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": True} for account in accounts]
        return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)).status

    assert set(await asyncio.gather(*(add(*pair) for pair in enumerate(programs)))) == {200}


async def test_crossed_numbers_end_without_a_fault(build: BuildApi) -> None:
    api = await build(customers=40)
    program_id = await api.add_program()

    async def add(half: int) -> int:
        accounts = api.account_ids[:20] if half else api.account_ids[20:]
        numbers = range(20) if half else range(19, -1, -1)
        items = [
            {"AccountId": account, "LoyaltyProgramId": program_id, "Code": str(number)}
            for account, number in zip(accounts, numbers, strict=True)
        ]
        return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)).status

    statuses = await asyncio.gather(add(0), add(1))

    assert 200 in statuses
    assert set(statuses) <= {200, 403, 409}
    assert await count(api.database, "SELECT count(*) FROM memberships") == 20


async def test_same_email_at_once_makes_one_customer(api: Api) -> None:
    replies = await asyncio.gather(*(api.call("customers/add", LastName="x", Email="a@example.com") for _ in range(5)))

    assert Counter(reply.status for reply in replies) == {200: 1, 403: 4}
