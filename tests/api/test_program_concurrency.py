"""Fifty callers at once on programs and tiers: the rules hold, and nobody is told that the server is at fault."""

import asyncio
from collections import Counter
from typing import Any

from .conftest import Api, BuildApi

CALLERS = 50


async def count(api: Api, statement: str) -> int:
    async with await api.database.connect() as connection:
        row = await (await connection.execute(statement.encode())).fetchone()
        assert row is not None
        return int(row[0])


async def test_same_program_code_has_one_winner(api: Api) -> None:
    item = {"Name": "x", "Code": "ONE", "Type": "Hotel", "Subscription": "Free"}
    replies = await asyncio.gather(*(api.call("loyaltyPrograms/add", LoyaltyPrograms=[item]) for _ in range(CALLERS)))

    assert Counter(reply.status for reply in replies) == {200: 1, 403: CALLERS - 1}


async def test_same_tier_code_has_one_winner(api: Api) -> None:
    item = {"LoyaltyProgramId": await api.add_program(), "Name": "x", "Code": "ONE", "Ordering": 1}
    replies = await asyncio.gather(*(api.call("loyaltyTiers/add", LoyaltyTiers=[item]) for _ in range(CALLERS)))

    assert Counter(reply.status for reply in replies) == {200: 1, 403: CALLERS - 1}


async def test_tiers_changed_to_the_same_code_have_one_winner(api: Api) -> None:
    program_id = await api.add_program()
    items = [{"LoyaltyProgramId": program_id, "Name": "x", "Code": f"C{n}", "Ordering": n} for n in range(CALLERS)]
    tiers = (await api.good("loyaltyTiers/add", LoyaltyTiers=items))["LoyaltyTiers"]

    async def change(tier: dict[str, Any]) -> int:
        update = {"LoyaltyTierId": tier["Id"], "Code": {"Value": "ONE"}}
        return (await api.call("loyaltyTiers/update", LoyaltyTierUpdates=[update])).status

    assert Counter(await asyncio.gather(*map(change, tiers))) == {200: 1, 403: CALLERS - 1}


async def test_crossed_changes_do_not_wait_for_each_other(api: Api) -> None:
    ids = [await api.add_program(f"P{number}") for number in range(10)]

    async def change(place: int) -> int:
        order = ids if place % 2 else ids[::-1]
        updates = [{"LoyaltyProgramId": one, "Name": {"Value": f"n{place}"}} for one in order]
        return (await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=updates)).status

    assert set(await asyncio.gather(*map(change, range(CALLERS)))) == {200}
    # Each call is one change, so no two programs tell of different ones.
    assert await count(api, "SELECT count(DISTINCT name) FROM programs") == 1


async def test_one_of_several_deletions_wins(api: Api) -> None:
    program_id = await api.add_program()
    await api.add_tier(program_id)
    replies = await asyncio.gather(
        *(api.call("loyaltyPrograms/delete", LoyaltyProgramIds=[program_id]) for _ in range(CALLERS))
    )

    assert Counter(reply.status for reply in replies) == {200: 1, 400: CALLERS - 1}
    assert await count(api, "SELECT count(*) FROM events WHERE name LIKE '%.deleted'") == 2


async def test_program_is_deleted_or_gets_members_but_never_both(build: BuildApi) -> None:
    api = await build(customers=CALLERS)

    async def add(account: str, program_id: str) -> int:
        item = {"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": False}
        return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=[item])).status

    async def delete(program_id: str, seconds: float) -> int:
        await asyncio.sleep(seconds)
        return (await api.call("loyaltyPrograms/delete", LoyaltyProgramIds=[program_id])).status

    kept = 0
    for number in range(10):
        program_id = await api.add_program(f"P{number}")
        adding = (add(account, program_id) for account in api.account_ids)
        deleted, *added = await asyncio.gather(delete(program_id, number / 500), *adding)
        assert set(added) <= {200, 400}
        assert deleted == (403 if 200 in added else 200)
        kept += 200 in added

    left = "FROM memberships m JOIN programs p ON p.id = m.program_id"
    assert await count(api, f"SELECT count(*) {left} WHERE p.deleted_at IS NOT NULL") == 0
    assert await count(api, "SELECT count(*) FROM programs WHERE deleted_at IS NULL") == kept


async def test_membership_never_keeps_a_deleted_tier(build: BuildApi) -> None:
    api = await build(customers=CALLERS)
    program_id = await api.add_program()
    tiers = [await api.add_tier(program_id, f"T{number}") for number in range(5)]
    items = [
        {"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": False, "LoyaltyTierId": tiers[0]}
        for account in api.account_ids[:20]
    ]
    ids = [one["Id"] for one in await api.add_memberships(*items)]

    async def add(account: str, tier_id: str) -> int:
        item = {"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": False, "LoyaltyTierId": tier_id}
        return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=[item])).status

    async def change(membership_id: str, tier_id: str) -> int:
        update = {"LoyaltyMembershipId": membership_id, "LoyaltyTierId": {"Value": tier_id}}
        return (await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=[update])).status

    async def delete(tier_id: str) -> int:
        return (await api.call("loyaltyTiers/delete", LoyaltyTierIds=[tier_id])).status

    statuses = await asyncio.gather(
        *(add(account, tiers[place % 5]) for place, account in enumerate(api.account_ids[20:])),
        *(change(one, tiers[place % 5]) for place, one in enumerate(ids)),
        *map(delete, tiers[:4]),
    )
    assert set(statuses) <= {200, 400, 409}
    kept = "SELECT count(*) FROM memberships m JOIN tiers t ON t.id = m.tier_id WHERE t.deleted_at IS NOT NULL"
    assert await count(api, kept) == 0
