"""`accounts/merge` and `customers/merge`: one account survives, and no rule breaks on the way."""

import asyncio
from typing import Any

import pytest

from .conftest import Api, BuildApi

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"


def merging(target: str, *sources: str, kind: str = "Customer") -> dict[str, Any]:
    return {"AccountType": kind, "SourceAccountIds": list(sources), "TargetAccountId": target}


def member(account: str, program: str, **members: Any) -> dict[str, Any]:
    return {"AccountId": account, "LoyaltyProgramId": program, **members}


async def fetch(api: Api, query: str, *values: Any) -> list[tuple[Any, ...]]:
    async with await api.database.connect() as connection:
        return await (await connection.execute(query.encode(), values)).fetchall()


async def test_memberships_move_and_sources_end(api: Api) -> None:
    first, second, third, target, _ = api.account_ids
    one, two, three = [await api.add_program(code) for code in ("P1", "P2", "P3")]
    made = await api.add_memberships(
        member(target, one, Points=1),
        member(first, one, Points=10, IsPrimary=True),
        member(first, two, IsPrimary=False, MembershipNumber="n"),
        member(second, two, Points=20),
        member(second, three, Points=30, IsPrimary=True),
        member(third, three),
    )
    api.clock.forward(minutes=5)
    assert await api.good("accounts/merge", AccountMergeParameters=[merging(target, first, second, third)]) == {}

    kept = (await api.good("loyaltyMemberships/getAll", AccountIds=api.account_ids))["LoyaltyMemberships"]
    assert [(item["Id"], item["AccountId"]) for item in kept] == [(made[number]["Id"], target) for number in (4, 2, 0)]
    assert [item["Points"] for item in kept] == [30, 20, 11]
    gone = await api.good("loyaltyMemberships/getAll", AccountIds=api.account_ids, ActivityStates=["Deleted"])
    assert [item["Id"] for item in gone["LoyaltyMemberships"]] == [made[number]["Id"] for number in (5, 3, 1)]
    people = await api.good("customers/getAll", CustomerIds=[first, second, third], ActivityStates=["Deleted"])
    assert {(person["IsActive"], person["MergeTargetId"]) for person in people["Customers"]} == {(False, target)}
    since = {"StartUtc": "2026-05-01T12:05:00Z", "EndUtc": "2026-05-01T12:05:00Z"}
    polled = await api.good("loyaltyMemberships/getAll", UpdatedUtc=since, ActivityStates=["Active", "Deleted"])
    assert {item["Id"] for item in polled["LoyaltyMemberships"]} == {item["Id"] for item in made}
    assert await fetch(api, "SELECT sum(points) FROM points_movements") == [(61,)]


async def test_merge_is_told_and_audited(api: Api) -> None:
    source, other, target = api.account_ids[:3]
    one, two = await api.add_program("P1"), await api.add_program("P2")
    kept, moved, gone = await api.add_memberships(
        member(target, one, IsPrimary=True), member(source, two, IsPrimary=True), member(other, one)
    )
    ((last,),) = await fetch(api, "SELECT max(sequence) FROM events")
    await api.good("accounts/merge", AccountMergeParameters=[merging(target, source, other)])

    told = await fetch(
        api, "SELECT name, subject_id::text, payload FROM events WHERE sequence > %s ORDER BY sequence", last
    )
    assert told == [
        ("membership.updated", moved["Id"], {"account_id": target, "is_primary": False}),
        ("membership.deleted", gone["Id"], {"merged_into_id": kept["Id"], "points": 0}),
        ("account.merged", source, {"source_id": source, "target_id": target}),
        ("account.merged", other, {"source_id": other, "target_id": target}),
    ]
    entries = await fetch(api, "SELECT object_id::text, after FROM audit_entries WHERE action = 'merged'")
    assert entries == [(target, {"source_ids": [source, other]})]
    assert kept["IsPrimary"]


async def test_companies_merge_as_well(api: Api) -> None:
    ids = [(await api.good("companies/add", Name=name))["Companies"][0]["Id"] for name in ("a", "b")]
    (made,) = await api.add_memberships(member(ids[1], await api.add_program()))
    await api.good("accounts/merge", AccountMergeParameters=[merging(*ids, kind="Company")])

    (moved,) = (await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"]
    assert moved == {**made, "AccountId": ids[0]}
    (gone,) = (await api.good("companies/getAll", ActivityStates=["Deleted"]))["Companies"]
    assert (gone["Id"], gone["MergeTargetId"]) == (ids[1], ids[0])


async def test_one_wrong_merge_leaves_all(api: Api, other: Api) -> None:
    a, b, c, gone, e = api.account_ids
    (company,) = (await api.good("companies/add", Name="x"))["Companies"]
    await api.good("customers/merge", SourceCustomerId=gone, TargetCustomerId=a)
    foreign = other.account_ids[0]
    wrong = (
        *((merging(a, b, source), "SourceAccountIds") for source in (UNKNOWN, gone, company["Id"], foreign)),
        *((merging(target, b), "TargetAccountId") for target in (UNKNOWN, gone, company["Id"], foreign, b)),
        (merging(company["Id"], b, kind="Company"), "SourceAccountIds"),
        (merging(a, e), "SourceAccountIds"),
        (merging(e, b), "TargetAccountId"),
    )
    for parameters, name in wrong:
        reply = await api.call("accounts/merge", AccountMergeParameters=[merging(c, e), parameters])
        assert (parameters, reply.status, reply.message) == (parameters, 400, f"Invalid {name}.")
    active = await api.good("customers/getAll", CustomerIds=api.account_ids)
    assert len(active["Customers"]) == 4


async def test_limits_hold(api: Api) -> None:
    a, b, *_ = api.account_ids
    for given, path in (
        ([], "AccountMergeParameters"),
        ([merging(a, b)] * 11, "AccountMergeParameters"),
        ([merging(a)], "AccountMergeParameters[0].SourceAccountIds"),
        ([merging(a, *[b] * 1001)], "AccountMergeParameters[0].SourceAccountIds"),
        ([merging(a, b, kind="Person")], "AccountMergeParameters[0].AccountType"),
        ([{"AccountType": "Customer", "SourceAccountIds": [b]}], "AccountMergeParameters[0].TargetAccountId"),
    ):
        reply = await api.call("accounts/merge", AccountMergeParameters=given)
        assert (reply.status, reply.message) == (400, f"Invalid {path}.")


async def test_old_operation_merges_two(api: Api, other: Api) -> None:
    a, b, *_ = api.account_ids
    for source, target, name in (
        (UNKNOWN, b, "SourceCustomerId"),
        (a, UNKNOWN, "TargetCustomerId"),
        (a, a, "TargetCustomerId"),
        (other.account_ids[0], b, "SourceCustomerId"),
    ):
        reply = await api.call("customers/merge", SourceCustomerId=source, TargetCustomerId=target)
        assert (reply.status, reply.message) == (400, f"Invalid {name}.")
    assert await api.good("customers/merge", SourceCustomerId=a, TargetCustomerId=b) == {}


async def test_portfolio_token_merges_within_a_chain(api: Api, other: Api, portfolio: Api) -> None:
    ours, theirs = api.account_ids, other.account_ids
    crossed = await portfolio.call("accounts/merge", AccountMergeParameters=[merging(ours[0], theirs[0])])
    assert crossed.message == "Invalid SourceAccountIds."
    both = [merging(ours[0], ours[1]), merging(theirs[0], theirs[1])]
    assert await portfolio.good("accounts/merge", AccountMergeParameters=both) == {}


async def test_thousand_sources_come_in_one_call(build: BuildApi) -> None:
    api = await build(customers=1001)
    program = await api.add_program()
    await api.add_memberships(*(member(account, program) for account in api.account_ids[1:]))
    await api.good("accounts/merge", AccountMergeParameters=[merging(api.account_ids[0], *api.account_ids[1:])])

    (kept,) = (await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"]
    assert kept["AccountId"] == api.account_ids[0]


@pytest.mark.timeout(120)
async def test_merges_and_additions_at_once_break_no_rule(build: BuildApi) -> None:
    api = await build(customers=60)
    programs = [await api.add_program(f"P{number}") for number in range(4)]
    accounts = api.account_ids

    async def act(number: int) -> int:
        if number % 2:
            near = [accounts[(number * 7 + step) % 60] for step in range(3)]
            parameters = [merging(near[0], *near[1:])] if number % 4 == 1 else [merging(near[2], near[1], near[0])]
            return (await api.call("accounts/merge", AccountMergeParameters=parameters)).status
        account = accounts[(number * 7) % 60 + 1 if number % 60 else 0]
        items = [
            member(one, programs[number % 4], IsPrimary=True)
            for one in dict.fromkeys([account, accounts[-number], accounts[number % 60]])
        ]
        return (await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)).status

    statuses = await asyncio.gather(*(act(number) for number in range(50)))

    assert 200 in statuses
    assert set(statuses) <= {200, 400, 403, 409}
    active = "FROM memberships m WHERE m.deleted_at IS NULL"
    assert await fetch(api, f"SELECT account_id {active} AND is_primary GROUP BY 1 HAVING count(*) > 1") == []
    assert await fetch(api, f"SELECT account_id {active} GROUP BY account_id, program_id HAVING count(*) > 1") == []
    merged = "SELECT FROM accounts a WHERE a.id = m.account_id AND a.deleted_at IS NOT NULL"
    assert await fetch(api, f"SELECT id {active} AND EXISTS ({merged})") == []
    assert await fetch(api, "SELECT id FROM accounts WHERE (deleted_at IS NULL) <> (merge_target_id IS NULL)") == []


async def test_points_go_to_the_membership_that_stays(api: Api) -> None:
    first, second, target = api.account_ids[:3]
    program = await api.add_program()
    kept, one, two = await api.add_memberships(
        member(target, program, Points=-5), member(first, program, Points=10), member(second, program, Points=-2)
    )
    ((last,),) = await fetch(api, "SELECT max(sequence) FROM events")
    await api.good("accounts/merge", AccountMergeParameters=[merging(first, second), merging(target, first)])

    lines = await fetch(
        api,
        "SELECT membership_id::text, kind, points, balance, reason FROM points_movements WHERE kind <> 'set' "
        "ORDER BY created_at, transfer_id, points",
    )
    assert sorted(lines) == sorted(
        [
            (one["Id"], "burn", -2, 8, f"Merged: to membership {two['Id']}"),
            (two["Id"], "earn", 2, 0, f"Merged: from membership {one['Id']}"),
            (one["Id"], "burn", -8, 0, f"Merged: to membership {kept['Id']}"),
            (kept["Id"], "earn", 8, 3, f"Merged: from membership {one['Id']}"),
        ]
    )
    (left,) = (await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"]
    assert (left["Id"], left["Points"]) == (kept["Id"], 3)
    told = await fetch(
        api,
        "SELECT subject_id::text, payload FROM events WHERE sequence > %s AND name = 'membership.deleted'",
        last,
    )
    assert sorted(told) == sorted(
        [
            (two["Id"], {"merged_into_id": one["Id"], "points": -2}),
            (one["Id"], {"merged_into_id": kept["Id"], "points": 8}),
        ]
    )
