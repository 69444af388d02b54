"""Fifty writers on the same few records: rules hold, and nobody is told that the server is at fault."""

import asyncio
import random
from collections import Counter
from typing import Any

from .conftest import Api, BuildApi
from .test_paging import read_pages

BROKEN = """
SELECT 'two primaries', count(*) FROM (
  SELECT FROM memberships WHERE is_primary AND deleted_at IS NULL GROUP BY account_id HAVING count(*) > 1) AS x
UNION ALL
SELECT 'two of a program', count(*) FROM (
  SELECT FROM memberships WHERE deleted_at IS NULL GROUP BY account_id, program_id HAVING count(*) > 1) AS x
UNION ALL
SELECT 'tier of another program', count(*)
  FROM memberships m JOIN tiers t ON t.id = m.tier_id WHERE t.program_id <> m.program_id
UNION ALL
SELECT 'active in a deleted program', count(*)
  FROM memberships m JOIN programs p ON p.id = m.program_id WHERE m.deleted_at IS NULL AND p.deleted_at IS NOT NULL
UNION ALL
SELECT 'balance off its ledger', count(*) FROM memberships m
 WHERE coalesce(balance, 0) <> coalesce((SELECT sum(points) FROM points_movements WHERE membership_id = m.id), 0)
"""


async def broken_rules(api: Api) -> dict[str, int]:
    async with await api.database.connect() as connection:
        rows = await (await connection.execute(BROKEN.encode())).fetchall()
    return {name: count for name, count in rows if count}


class Writer:
    """Does this and that with a few accounts, programs and memberships, and keeps the statuses."""

    def __init__(self, api: Api, programs: list[str], tiers: dict[str, str], seed: int) -> None:
        self.api, self.programs, self.tiers = api, programs, tiers
        self.random = random.Random(seed)
        self.statuses: Counter[int] = Counter()

    async def work(self, calls: int) -> None:
        for _ in range(calls):
            act = self.random.choice((self.add, self.add, self.update, self.update, self.update, self.delete))
            self.statuses[await act()] += 1

    async def add(self) -> int:
        items = [
            {
                "AccountId": account,
                "LoyaltyProgramId": (program := self.random.choice(self.programs)),
                "IsPrimary": self.random.random() < 0.7,
                "Points": self.random.choice((None, 0, 10)),
                "LoyaltyTierId": self.random.choice((None, self.tiers[program])),
            }
            for account in self.random.sample(self.api.account_ids, 3)
        ]
        return (await self.api.call("loyaltyMemberships/add", LoyaltyMemberships=items)).status

    async def some(self) -> list[str]:
        data = await self.api.good("loyaltyMemberships/getAll", Limitation={"Count": 30})
        ids = [one["Id"] for one in data["LoyaltyMemberships"]]
        return self.random.sample(ids, min(3, len(ids))) or ["0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"]

    async def update(self) -> int:
        updates: list[dict[str, Any]] = [
            {
                "LoyaltyMembershipId": one,
                "IsPrimary": {"Value": self.random.random() < 0.7},
                "Points": {"Value": self.random.randrange(100)},
            }
            for one in await self.some()
        ]
        if self.random.random() < 0.3:
            updates[0]["LoyaltyProgramId"] = {"Value": self.random.choice(self.programs)}
        return (await self.api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)).status

    async def delete(self) -> int:
        return (await self.api.call("loyaltyMemberships/delete", LoyaltyMembershipIds=await self.some())).status


async def test_rules_hold_under_fifty_writers(build: BuildApi) -> None:
    api = await build(customers=12)
    programs = [await api.add_program(f"P{number}") for number in range(3)]
    tiers = {program: await api.add_tier(program) for program in programs}
    writers = [Writer(api, programs, tiers, seed) for seed in range(50)]
    await asyncio.gather(*(writer.work(8) for writer in writers))

    statuses = sum((writer.statuses for writer in writers), Counter())
    assert set(statuses) <= {200, 400, 403, 409}
    assert statuses[200] > 50
    assert await broken_rules(api) == {}


async def test_program_dies_or_gains_members_never_both(build: BuildApi) -> None:
    api = await build(customers=30)
    for number in range(5):
        program = await api.add_program(f"P{number}")

        async def add(account: str, program: str = program) -> int:
            item = {"AccountId": account, "LoyaltyProgramId": program, "IsPrimary": False}
            return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=[item])).status

        async def delete(program: str = program) -> int:
            return (await api.call("loyaltyPrograms/delete", LoyaltyProgramIds=[program])).status

        adding = [add(account) for account in api.account_ids]
        adding.insert(5 * number, delete())
        assert set(await asyncio.gather(*adding)) <= {200, 400, 403, 409}
        assert await broken_rules(api) == {}


async def test_ten_thousand_are_paged_through_beside_writers(build: BuildApi) -> None:
    api = await build(customers=14_001)
    program = await api.add_program()

    async def add(accounts: list[str]) -> list[str]:
        items = [{"AccountId": one, "LoyaltyProgramId": program, "IsPrimary": False} for one in accounts]
        return [one["Id"] for one in await api.add_memberships(*items)]

    ids: list[str] = []
    for start in range(0, 10_001, 1000):
        ids += await add(api.account_ids[start : min(start + 1000, 10_001)])
    doomed = set(ids[::25])

    async def write(part: int) -> None:
        mine = sorted(doomed)[part::4]
        for step in range(10):
            first = 10_001 + part * 1000 + step * 100
            await add(api.account_ids[first : first + 100])
            await api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=mine[step * 10 : step * 10 + 10])

    writing = [asyncio.create_task(write(part)) for part in range(4)]
    pages = await read_pages(api, 500)
    await asyncio.gather(*writing)
    read = [one for page in pages for one in page]
    assert len(read) == len(set(read))
    standing = [one for one in reversed(ids) if one not in doomed]
    assert [one for one in read if one in set(standing)] == standing
