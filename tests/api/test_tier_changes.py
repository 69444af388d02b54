"""`loyaltyTiers/update` and `/delete`: every wrapper, the rules, what they leave behind."""

from typing import Any

import pytest

from .conftest import Api, BuildApi, Reply, add_token

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
LATER = {"StartUtc": "2026-05-01T12:30:00Z", "EndUtc": "2026-05-01T14:00:00Z"}

# Property, a value to set, how it is answered.
ACCEPTED: tuple[tuple[str, Any, Any], ...] = (
    ("Name", "x", "x"),
    ("Name", "é" * 50, "é" * 50),
    ("Code", "x", "x"),
    ("Code", "x" * 50, "x" * 50),
    ("Ordering", 0, 0),
    ("Ordering", 42.0, 42),
    ("Ordering", -(2**31), -(2**31)),
    ("Ordering", 2**31 - 1, 2**31 - 1),
)
REFUSED: tuple[tuple[str, Any], ...] = (
    ("Name", ""),
    ("Name", "x" * 51),
    ("Name", 5),
    ("Name", "nul \0"),
    ("Code", ""),
    ("Code", "x" * 51),
    ("Code", True),
    ("Ordering", 2**31),
    ("Ordering", -(2**31) - 1),
    ("Ordering", 1e300),
    ("Ordering", 42.5),
    ("Ordering", "1"),
    ("Ordering", True),
)
PROPERTIES = ("Name", "Code", "Ordering")


async def change(api: Api, tier_id: str, **members: Any) -> Reply:
    update = {"LoyaltyTierId": tier_id, **members}
    return await api.call("loyaltyTiers/update", LoyaltyTierUpdates=[update])


async def delete(api: Api, *ids: str, **members: Any) -> Reply:
    return await api.call("loyaltyTiers/delete", LoyaltyTierIds=list(ids), **members)


async def list_ids(api: Api, program_id: str, *states: str, **filters: Any) -> list[str]:
    given = {"LoyaltyProgramIds": [program_id], "ActivityStates": list(states), **filters}
    data = await api.good("loyaltyTiers/getAll", **given)
    return [one["Id"] for one in data["LoyaltyTiers"]]


async def read(api: Api, statement: str) -> list[tuple[Any, ...]]:
    async with await api.database.connect() as connection:
        return await (await connection.execute(statement.encode())).fetchall()


@pytest.mark.parametrize(("name", "value", "shown"), ACCEPTED)
async def test_wrapped_or_bare_value_is_set(api: Api, name: str, value: Any, shown: Any) -> None:
    for code, given in (("one", {"Value": value}), ("two", value)):
        program_id = await api.add_program(code)
        tier_id = await api.add_tier(program_id)
        reply = await change(api, tier_id, **{name: given})
        wanted = {"Id": tier_id, "LoyaltyProgramId": program_id, "Name": "Gold", "Code": "GOLD", "Ordering": 1}
        assert (reply.status, reply.data) == (200, {"LoyaltyTiers": [{**wanted, name: shown}]})
        listed = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[program_id])
        assert listed["LoyaltyTiers"] == reply.data["LoyaltyTiers"]


@pytest.mark.parametrize(("name", "value"), REFUSED)
async def test_wrong_value_is_refused_by_name(api: Api, name: str, value: Any) -> None:
    tier_id = await api.add_tier(await api.add_program())
    for given in ({"Value": value}, value):
        reply = await change(api, tier_id, **{name: given})
        assert reply.status == 400
        assert reply.message.startswith(f"Invalid LoyaltyTierUpdates[0].{name}")
    assert await read(api, "SELECT name, code, ordering FROM tiers") == [("Gold", "GOLD", 1)]


@pytest.mark.parametrize("name", PROPERTIES)
async def test_null_and_absent_keep(api: Api, name: str) -> None:
    program_id = await api.add_program()
    tier_id = await api.add_tier(program_id)
    api.clock.forward(hours=1)
    for members in ({}, {name: None}):
        assert (await change(api, tier_id, **members)).status == 200
    assert await list_ids(api, program_id, UpdatedUtc=LATER) == []
    assert await read(api, "SELECT 1 FROM events WHERE name = 'tier.updated'") == []


@pytest.mark.parametrize("name", PROPERTIES)
async def test_nothing_can_be_cleared(api: Api, name: str) -> None:
    tier_id = await api.add_tier(await api.add_program())
    for wrapper in ({"Value": None}, {}):
        reply = await change(api, tier_id, **{name: wrapper})
        assert (reply.status, reply.message) == (400, f"Invalid LoyaltyTierUpdates[0].{name}.")


@pytest.mark.parametrize(("name", "value"), [("Name", "x"), ("Code", "x"), ("Ordering", 2)])
async def test_strict_door_wants_wrappers(build: BuildApi, name: str, value: Any) -> None:
    api = await build(connector_strict=True)
    tier_id = await api.add_tier(await api.add_program())
    reply = await change(api, tier_id, **{name: value})
    assert (reply.status, reply.message) == (400, f"Invalid LoyaltyTierUpdates[0].{name}.")
    assert (await change(api, tier_id, **{name: {"Value": value}})).status == 200
    reply = await change(api, tier_id, LoyaltyProgramId={"Value": UNKNOWN})
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierUpdates[0].LoyaltyProgramId.")


async def test_program_stays(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    tier_id = await api.add_tier(one)
    reply = await change(api, tier_id, LoyaltyProgramId={"Value": two})
    assert reply.data["LoyaltyTiers"][0]["LoyaltyProgramId"] == one


async def test_answers_follow_the_request_and_later_changes_win(api: Api) -> None:
    program_id = await api.add_program()
    one, two = await api.add_tier(program_id, "one"), await api.add_tier(program_id, "two")
    updates = [
        {"LoyaltyTierId": two, "Name": {"Value": "first"}, "Ordering": {"Value": 9}},
        {"LoyaltyTierId": one, "Name": {"Value": "other"}},
        {"LoyaltyTierId": two, "Name": {"Value": "last"}},
    ]
    data = await api.good("loyaltyTiers/update", LoyaltyTierUpdates=updates)
    shown = [(item["Id"], item["Name"], item["Ordering"]) for item in data["LoyaltyTiers"]]
    assert shown == [(two, "last", 9), (one, "other", 1), (two, "last", 9)]
    assert set(data) == {"LoyaltyTiers"}


async def test_codes_may_be_traded_but_not_shared(api: Api) -> None:
    program_id, elsewhere = await api.add_program("one"), await api.add_program("two")
    ids = [await api.add_tier(program_id, code) for code in "ABC"]
    await api.add_tier(elsewhere, "D")

    async def rename(*codes: str | None) -> Reply:
        updates = [
            {"LoyaltyTierId": one, "Code": code and {"Value": code}} for one, code in zip(ids, codes, strict=False)
        ]
        return await api.call("loyaltyTiers/update", LoyaltyTierUpdates=updates)

    async def codes() -> dict[str, str]:
        data = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[program_id])
        return {one["Id"]: one["Code"] for one in data["LoyaltyTiers"]}

    for wanted in ("BCA", "CBA", "XAB", "DXA"):
        assert (await rename(*wanted)).status == 200
        assert await codes() == dict(zip(ids, wanted, strict=True))
    for wrong in (("X", None, None), ("Y", "Y", "Z"), ("A",)):
        reply = await rename(*wrong)
        assert (reply.status, f"code {wrong[0]} already" in reply.message) == (403, True)
    assert await codes() == dict(zip(ids, "DXA", strict=True))


async def test_one_bad_item_stores_nothing(api: Api, other: Api) -> None:
    program_id = await api.add_program()
    tier_id, deleted = await api.add_tier(program_id), await api.add_tier(program_id, "gone")
    foreign = await other.add_tier(await other.add_program())
    assert (await delete(api, deleted)).data == {}
    for wrong in (UNKNOWN, foreign, deleted):
        updates = [{"LoyaltyTierId": one, "Name": {"Value": "new"}} for one in (tier_id, wrong)]
        reply = await api.call("loyaltyTiers/update", LoyaltyTierUpdates=updates)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierId.")
        reply = await delete(api, tier_id, wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierIds.")
    rows = await read(api, "SELECT name FROM tiers WHERE deleted_at IS NULL")
    assert rows == [("Gold",), ("Gold",)]


async def test_lists_have_bounds(api: Api) -> None:
    updates: tuple[Any, ...] = (None, [], {}, [{"LoyaltyTierId": UNKNOWN}] * 1001)
    for wrong in updates:
        reply = await api.call("loyaltyTiers/update", LoyaltyTierUpdates=wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierUpdates.")
    ids: tuple[Any, ...] = (None, [], UNKNOWN, [UNKNOWN] * 1001)
    for wrong in ids:
        reply = await api.call("loyaltyTiers/delete", LoyaltyTierIds=wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierIds.")
    for item in ({}, {"LoyaltyTierId": None}, {"LoyaltyTierId": "x"}):
        reply = await api.call("loyaltyTiers/update", LoyaltyTierUpdates=[item])
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierUpdates[0].LoyaltyTierId.")


async def test_a_thousand_are_changed_and_deleted(api: Api) -> None:
    program_id = await api.add_program()
    items = [{"LoyaltyProgramId": program_id, "Name": "x", "Code": f"C{n}", "Ordering": n} for n in range(1000)]
    ids = [one["Id"] for one in (await api.good("loyaltyTiers/add", LoyaltyTiers=items))["LoyaltyTiers"]]
    updates = [{"LoyaltyTierId": one, "Code": {"Value": f"C{(n + 1) % 1000}"}} for n, one in enumerate(ids)]
    data = await api.good("loyaltyTiers/update", LoyaltyTierUpdates=updates)
    assert [one["Code"] for one in data["LoyaltyTiers"]][-2:] == ["C999", "C0"]
    assert (await delete(api, *ids)).data == {}
    assert await list_ids(api, program_id) == []


async def test_chain_follows_from_the_ids(api: Api, other: Api, portfolio: Api) -> None:
    third = await add_token(other)
    ids = [await one.add_tier(await one.add_program()) for one in (api, other)]
    updates = [{"LoyaltyTierId": one, "Name": {"Value": "new"}} for one in ids]
    data = await portfolio.good("loyaltyTiers/update", LoyaltyTierUpdates=updates)
    assert [(one["Id"], one["Name"]) for one in data["LoyaltyTiers"]] == [(one, "new") for one in ids]
    assert (await delete(third, ids[0])).message == "Invalid LoyaltyTierIds."
    # A chain that the contract does not know here is ignored.
    assert (await delete(portfolio, *ids, ChainId=UNKNOWN)).data == {}


async def test_memberships_lose_a_deleted_tier(api: Api) -> None:
    program_id = await api.add_program()
    gold, blue = await api.add_tier(program_id), await api.add_tier(program_id, "BLUE")
    tiers = (gold, gold, blue, None, gold)
    made = await api.add_memberships(
        *(
            {"AccountId": account, "LoyaltyProgramId": program_id, "IsPrimary": False, "LoyaltyTierId": tier}
            for account, tier in zip(api.account_ids, tiers, strict=True)
        )
    )
    await api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[made[4]["Id"]])
    api.clock.forward(hours=1)
    assert (await delete(api, gold, gold)).body == b"{}"

    lost = [made[0]["Id"], made[1]["Id"]]
    data = await api.good("loyaltyMemberships/getAll", UpdatedUtc=LATER)
    assert [(one["Id"], one["LoyaltyTierId"]) for one in data["LoyaltyMemberships"]] == [
        (lost[1], None),
        (lost[0], None),
    ]
    assert {one["UpdaterProfile"]["Discriminator"] for one in data["LoyaltyMemberships"]} == {"Integration"}
    others = await api.good("loyaltyMemberships/getAll", LoyaltyMembershipIds=[made[2]["Id"], made[3]["Id"]])
    assert {one["LoyaltyTierId"] for one in others["LoyaltyMemberships"]} == {blue, None}
    told = await read(
        api,
        "SELECT subject_id::text, payload FROM events WHERE name = 'membership.updated' ORDER BY subject_id",
    )
    assert told == [(one, {"tier_id": None}) for one in sorted(lost)]


async def test_deletion_is_an_update_that_filters_find(api: Api) -> None:
    program_id = await api.add_program()
    gone, stays = await api.add_tier(program_id), await api.add_tier(program_id, "BLUE")
    api.clock.forward(hours=1)
    await delete(api, gone)
    again = await api.add_tier(program_id)

    assert await list_ids(api, program_id) == [again, stays]
    assert await list_ids(api, program_id, "Deleted") == [gone]
    assert await list_ids(api, program_id, "Deleted", UpdatedUtc=LATER) == [gone]
    assert await list_ids(api, program_id, "Active", "Deleted", UpdatedUtc=LATER) == [again, gone]
    assert await list_ids(api, program_id, "Active", "Deleted") == [again, stays, gone]
    assert await list_ids(api, program_id, "Deleted", LoyaltyTierIds=[stays]) == []
    assert await list_ids(api, program_id, "Active", "Deleted", Limitation={"Count": 1, "Cursor": stays}) == [gone]


async def test_deleted_tier_cannot_be_given(api: Api) -> None:
    program_id = await api.add_program()
    tier_id = await api.add_tier(program_id)
    await delete(api, tier_id)
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program_id, "IsPrimary": False}
    reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[{**item, "LoyaltyTierId": tier_id}])
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierId.")
    (made,) = await api.add_memberships(item)
    update = {"LoyaltyMembershipId": made["Id"], "LoyaltyTierId": {"Value": tier_id}}
    reply = await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=[update])
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierId.")


async def test_deletion_has_no_body_for_who_prefers_it(api: Api) -> None:
    tier_id = await api.add_tier(await api.add_program())
    reply = await api.call("loyaltyTiers/delete", headers={"Prefer": "return=minimal"}, LoyaltyTierIds=[tier_id])
    assert (reply.status, reply.body) == (204, b"")


async def test_reader_may_not_write(api: Api) -> None:
    tier_id = await api.add_tier(await api.add_program())
    reader = await add_token(api, permissions=("programs:read", "members:write"))
    assert (await change(reader, tier_id, Name={"Value": "x"})).status == 401
    assert (await delete(reader, tier_id)).status == 401


async def test_changes_and_deletions_are_told(api: Api) -> None:
    tier_id = await api.add_tier(await api.add_program())
    await change(api, tier_id, Name={"Value": "New"}, Code={"Value": "NEW"}, Ordering={"Value": 1})
    await delete(api, tier_id)

    told = await read(api, "SELECT name, payload FROM events WHERE name ~ 'tier' ORDER BY sequence OFFSET 1")
    assert told == [("tier.updated", {"name": "New", "code": "NEW"}), ("tier.deleted", {})]
    kept = await read(
        api,
        "SELECT action, object_id::text, object_name, before, after FROM audit_entries"
        " WHERE object_kind = 'tier' ORDER BY id OFFSET 1",
    )
    assert kept == [
        ("updated", tier_id, "New", {"name": "Gold", "code": "GOLD"}, {"name": "New", "code": "NEW"}),
        ("deleted", tier_id, "New", {"count": 1, "codes": ["NEW"]}, None),
    ]
