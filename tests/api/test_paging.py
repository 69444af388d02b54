"""Pages: newest first, nothing twice, nothing missed, whatever happens meanwhile."""

import asyncio
from typing import Any

from .conftest import Api, BuildApi


async def fill(api: Api, program: str, accounts: list[str]) -> list[str]:
    items = [{"AccountId": account, "LoyaltyProgramId": program} for account in accounts]
    return [one["Id"] for one in await api.add_memberships(*items)]


async def read_pages(api: Api, count: int, **filters: Any) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor = None
    while True:
        limitation = {"Count": count, "Cursor": cursor}
        data = await api.good("loyaltyMemberships/getAll", Limitation=limitation, **filters)
        pages.append([one["Id"] for one in data["LoyaltyMemberships"]])
        cursor = data["Cursor"]
        assert cursor == (pages[-1][-1] if pages[-1] else None)
        if cursor is None:
            return pages


async def test_twice_the_count_takes_three_calls(build: BuildApi) -> None:
    api = await build(customers=6)
    ids = await fill(api, await api.add_program(), api.account_ids)

    assert await read_pages(api, 3) == [ids[:2:-1], ids[2::-1], []]
    assert await read_pages(api, 4) == [ids[:1:-1], ids[1::-1], []]
    assert await read_pages(api, 1000) == [ids[::-1], []]


async def test_filters_hold_on_every_page(build: BuildApi) -> None:
    api = await build(customers=6)
    first, second = await api.add_program("one"), await api.add_program("two")
    await fill(api, first, api.account_ids)
    ids = await fill(api, second, api.account_ids)

    assert await read_pages(api, 4, LoyaltyProgramIds=[second]) == [ids[:1:-1], ids[1::-1], []]
    # A cursor is a place in time, whether or not the filter lets its record through.
    data = await api.good(
        "loyaltyMemberships/getAll", LoyaltyProgramIds=[first], Limitation={"Count": 2, "Cursor": ids[0]}
    )
    assert len(data["LoyaltyMemberships"]) == 2


async def test_new_memberships_do_not_shift_the_pages(build: BuildApi) -> None:
    api = await build(customers=6)
    program = await api.add_program()
    ids = await fill(api, program, api.account_ids[:4])
    first = await api.good("loyaltyMemberships/getAll", Limitation={"Count": 2})
    await fill(api, program, api.account_ids[4:])
    second = await api.good("loyaltyMemberships/getAll", Limitation={"Count": 5, "Cursor": first["Cursor"]})

    assert [one["Id"] for one in second["LoyaltyMemberships"]] == [ids[1], ids[0]]


async def test_paging_beside_writers_reads_each_once(build: BuildApi) -> None:
    api = await build(customers=600)
    program = await api.add_program()
    standing = await fill(api, program, api.account_ids[:300])

    async def write(start: int) -> None:
        for place in range(start, start + 100, 10):
            await fill(api, program, api.account_ids[place : place + 10])

    pages, *_ = await asyncio.gather(read_pages(api, 7), write(300), write(400), write(500))
    read = [one for page in pages for one in page]

    assert len(read) == len(set(read))
    assert set(standing) <= set(read)
    assert [one for one in read if one in set(standing)] == standing[::-1]


async def test_both_states_of_several_chains_make_one_list(api: Api, other: Api, portfolio: Api) -> None:
    made = [await one.add_program(f"P{number}") for number in range(4) for one in (api, other)]
    async with await api.database.connect() as connection:
        await connection.execute("UPDATE programs SET deleted_at = now() WHERE number % 2 = 0")

    async def page(cursor: str | None) -> list[str]:
        states = ["Active", "Deleted"]
        limitation = {"Count": 3, "Cursor": cursor}
        data = await portfolio.good("loyaltyPrograms/getAll", ActivityStates=states, Limitation=limitation)
        return [one["Id"] for one in data["LoyaltyPrograms"]]

    assert await page(None) == made[:-4:-1]
    assert await page(made[5]) == made[4:1:-1]
