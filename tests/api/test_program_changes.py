"""`loyaltyPrograms/update` and `/delete`: every wrapper, the rules, what they leave behind."""

from typing import Any

import pytest

from .conftest import Api, BuildApi, Reply, add_token

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
IN_USE = "Cannot delete a loyalty program with active memberships."
LATER = {"StartUtc": "2026-05-01T12:30:00Z", "EndUtc": "2026-05-01T14:00:00Z"}

# Property, a value to set.
ACCEPTED: tuple[tuple[str, Any], ...] = (
    ("Name", "x"),
    ("Name", "é" * 100),
    ("Name", 'quoted "name" with \\ and \n'),
    ("Type", "ExternalPartner"),
    ("Type", "SoftBrand"),
    ("Type", "Unknown"),
    ("Subscription", "Paid"),
)
REFUSED: tuple[tuple[str, Any], ...] = (
    ("Name", ""),
    ("Name", "x" * 101),
    ("Name", 5),
    ("Name", "nul \0"),
    ("Name", ["x"]),
    ("Type", "hotel"),
    ("Type", ""),
    ("Type", 1),
    ("Subscription", "Gratis"),
    ("Subscription", True),
)
PROPERTIES = ("Name", "Type", "Subscription")


async def change(api: Api, program_id: str, **members: Any) -> Reply:
    update = {"LoyaltyProgramId": program_id, **members}
    return await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=[update])


async def delete(api: Api, *ids: str, **members: Any) -> Reply:
    return await api.call("loyaltyPrograms/delete", LoyaltyProgramIds=list(ids), **members)


async def read_one(api: Api, program_id: str, **filters: Any) -> Any:
    data = await api.good("loyaltyPrograms/getAll", LoyaltyProgramIds=[program_id], **filters)
    return data["LoyaltyPrograms"][0]


async def read(api: Api, statement: str) -> list[tuple[Any, ...]]:
    async with await api.database.connect() as connection:
        return await (await connection.execute(statement.encode())).fetchall()


@pytest.mark.parametrize(("name", "value"), ACCEPTED)
async def test_wrapped_or_bare_value_is_set(api: Api, name: str, value: Any) -> None:
    for code, given in (("one", {"Value": value}), ("two", value)):
        program_id = await api.add_program(code)
        before = await read_one(api, program_id)
        reply = await change(api, program_id, **{name: given})
        assert (reply.status, reply.data) == (200, {"LoyaltyPrograms": [{**before, name: value}]})
        assert await read_one(api, program_id) == {**before, name: value}


@pytest.mark.parametrize(("name", "value"), REFUSED)
async def test_wrong_value_is_refused_by_name(api: Api, name: str, value: Any) -> None:
    program_id = await api.add_program()
    before = await read_one(api, program_id)
    for given in ({"Value": value}, value):
        reply = await change(api, program_id, **{name: given})
        assert reply.status == 400
        assert reply.message.startswith(f"Invalid LoyaltyProgramUpdates[0].{name}")
    assert await read_one(api, program_id) == before


@pytest.mark.parametrize("name", PROPERTIES)
async def test_null_and_absent_keep(api: Api, name: str) -> None:
    program_id = await api.add_program()
    before = await read_one(api, program_id)
    api.clock.forward(hours=1)
    for members in ({}, {name: None}, {name: {"Value": before[name]}}):
        assert (await change(api, program_id, **members)).data["LoyaltyPrograms"] == [before]
    assert (await api.good("loyaltyPrograms/getAll", UpdatedUtc=LATER))["LoyaltyPrograms"] == []
    assert await read(api, "SELECT 1 FROM events WHERE name = 'program.updated'") == []


@pytest.mark.parametrize("name", PROPERTIES)
async def test_nothing_can_be_cleared(api: Api, name: str) -> None:
    program_id = await api.add_program()
    for wrapper in ({"Value": None}, {}):
        reply = await change(api, program_id, **{name: wrapper})
        assert (reply.status, reply.message) == (400, f"Invalid LoyaltyProgramUpdates[0].{name}.")


@pytest.mark.parametrize(("name", "value"), [("Name", "x"), ("Type", "Hotel"), ("Subscription", "Paid")])
async def test_strict_door_wants_wrappers(build: BuildApi, name: str, value: Any) -> None:
    api = await build(connector_strict=True)
    program_id = await api.add_program()
    reply = await change(api, program_id, **{name: value})
    assert (reply.status, reply.message) == (400, f"Invalid LoyaltyProgramUpdates[0].{name}.")
    assert (await change(api, program_id, **{name: {"Value": value}})).status == 200
    reply = await change(api, program_id, Code={"Value": "NEW"})
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramUpdates[0].Code.")


async def test_code_stays(api: Api) -> None:
    program_id = await api.add_program("PC01")
    assert (await change(api, program_id, Code={"Value": "NEW"})).data["LoyaltyPrograms"][0]["Code"] == "PC01"


async def test_answers_follow_the_request_and_later_changes_win(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    updates = [
        {"LoyaltyProgramId": two, "Name": {"Value": "first"}, "Type": {"Value": "Unknown"}},
        {"LoyaltyProgramId": one, "Name": {"Value": "other"}},
        {"LoyaltyProgramId": two.upper(), "Name": {"Value": "last"}},
    ]
    data = await api.good("loyaltyPrograms/update", LoyaltyProgramUpdates=updates)
    shown = [(item["Id"], item["Name"], item["Type"]) for item in data["LoyaltyPrograms"]]
    assert shown == [(two, "last", "Unknown"), (one, "other", "Hotel"), (two, "last", "Unknown")]
    assert set(data) == {"LoyaltyPrograms"}


async def test_one_bad_item_stores_nothing(api: Api, other: Api) -> None:
    program_id, foreign = await api.add_program(), await other.add_program()
    deleted = await api.add_program("gone")
    assert (await delete(api, deleted)).data == {}
    for wrong in (UNKNOWN, foreign, deleted):
        updates = [{"LoyaltyProgramId": one, "Name": {"Value": "new"}} for one in (program_id, wrong)]
        reply = await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=updates)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramId.")
        reply = await delete(api, program_id, wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramIds.")
    assert (await read_one(api, program_id))["Name"] == "Harbour Circle"
    assert (await read_one(other, foreign))["Name"] == "Harbour Circle"


@pytest.mark.parametrize("value", [None, "x", {}, "0d0f3a52"])
async def test_program_to_change_is_named(api: Api, value: Any) -> None:
    reply = await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=[{"LoyaltyProgramId": value}])
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramUpdates[0].LoyaltyProgramId.")
    reply = await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=[{}])
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramUpdates[0].LoyaltyProgramId.")


async def test_lists_have_bounds(api: Api) -> None:
    updates: tuple[Any, ...] = (None, [], {}, "x", [{"LoyaltyProgramId": UNKNOWN}] * 1001)
    for wrong in updates:
        reply = await api.call("loyaltyPrograms/update", LoyaltyProgramUpdates=wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramUpdates.")
    ids: tuple[Any, ...] = (None, [], UNKNOWN, [UNKNOWN] * 1001)
    for wrong in ids:
        reply = await api.call("loyaltyPrograms/delete", LoyaltyProgramIds=wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramIds.")
    assert (await api.call("loyaltyPrograms/update")).message == "Invalid LoyaltyProgramUpdates."
    assert (await delete(api, "x")).message == "Invalid LoyaltyProgramIds[0]."


async def test_a_thousand_are_changed_and_deleted(api: Api) -> None:
    items = [{"Name": "x", "Code": f"C{n}", "Type": "Hotel", "Subscription": "Free"} for n in range(1000)]
    made = (await api.good("loyaltyPrograms/add", LoyaltyPrograms=items))["LoyaltyPrograms"]
    updates = [{"LoyaltyProgramId": one["Id"], "Name": {"Value": f"n{place}"}} for place, one in enumerate(made)]
    data = await api.good("loyaltyPrograms/update", LoyaltyProgramUpdates=updates)
    assert [one["Name"] for one in data["LoyaltyPrograms"]] == [f"n{place}" for place in range(1000)]
    assert (await delete(api, *(one["Id"] for one in made))).data == {}
    assert (await api.good("loyaltyPrograms/getAll"))["LoyaltyPrograms"] == []


async def test_portfolio_names_the_chain_of_a_change_only(api: Api, other: Api, portfolio: Api) -> None:
    one, two = await api.add_program(), await other.add_program()
    updates = [{"LoyaltyProgramId": one, "Name": {"Value": "new"}}]
    for chain, said in (
        (None, "Invalid ChainId."),
        (UNKNOWN, "Invalid ChainId."),
        (str(other.chain_id), "Invalid LoyaltyProgramId."),
    ):
        reply = await portfolio.call("loyaltyPrograms/update", ChainId=chain, LoyaltyProgramUpdates=updates)
        assert (reply.status, reply.message) == (400, said)
    await portfolio.good("loyaltyPrograms/update", ChainId=str(api.chain_id), LoyaltyProgramUpdates=updates)
    assert (await delete(portfolio, one, two)).data == {}
    rows = await read(api, "SELECT chain_id, object_id::text FROM audit_entries WHERE action = 'deleted' ORDER BY 1")
    assert rows == sorted([(api.chain_id, one), (other.chain_id, two)])


async def test_ordinary_token_ignores_the_chain(api: Api, other: Api) -> None:
    program_id, chain = await api.add_program(), str(other.chain_id)
    update = {"LoyaltyProgramId": program_id, "Name": {"Value": "new"}}
    await api.good("loyaltyPrograms/update", ChainId=chain, LoyaltyProgramUpdates=[update])
    assert (await delete(api, program_id, ChainId=chain)).data == {}


async def test_deleted_program_takes_its_tiers_along(api: Api) -> None:
    gone, stays = await api.add_program("gone"), await api.add_program("stays")
    tiers = [await api.add_tier(gone, "A"), await api.add_tier(gone, "B")]
    kept = await api.add_tier(stays, "A")
    api.clock.forward(hours=1)
    assert (await delete(api, gone, gone)).body == b"{}"

    assert [one["Id"] for one in (await api.good("loyaltyPrograms/getAll"))["LoyaltyPrograms"]] == [stays]
    found = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[gone, stays])
    assert [one["Id"] for one in found["LoyaltyTiers"]] == [kept]
    deleted = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[gone, stays], ActivityStates=["Deleted"])
    assert [one["Id"] for one in deleted["LoyaltyTiers"]] == tiers[::-1]
    reply = await api.call("loyaltyTiers/delete", LoyaltyTierIds=tiers)
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierIds.")


async def test_deletion_is_an_update_that_filters_find(api: Api) -> None:
    gone = await api.add_program("gone")
    api.clock.forward(hours=1)
    await delete(api, gone)
    newer = await api.add_program("newer")

    async def found(*states: str, **filters: Any) -> list[str]:
        data = await api.good("loyaltyPrograms/getAll", ActivityStates=list(states), **filters)
        return [one["Id"] for one in data["LoyaltyPrograms"]]

    assert await found("Deleted", UpdatedUtc=LATER) == [gone]
    assert await found("Active", "Deleted", UpdatedUtc=LATER) == [newer, gone]
    assert await found("Active", "Deleted", CreatedUtc=LATER) == [newer]
    assert await found(
        "Deleted", CreatedUtc={"StartUtc": "2026-05-01T12:00:00Z", "EndUtc": "2026-05-01T12:00:00Z"}
    ) == [gone]
    assert await found("Deleted", Codes=["gone", "newer"]) == [gone]
    assert await found("Active", Codes=["gone"]) == []
    # A deleted program is still a place to go on from.
    assert await found("Active", "Deleted", Limitation={"Count": 5, "Cursor": newer}) == [gone]
    assert await found("Active", "Deleted", Limitation={"Count": 5, "Cursor": gone}) == []


async def test_deleted_program_cannot_be_used(api: Api) -> None:
    program_id = await api.add_program()
    await delete(api, program_id)
    membership = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program_id, "IsPrimary": False}
    tier = {"LoyaltyProgramId": program_id, "Name": "x", "Code": "x", "Ordering": 1}
    for reply in (
        await api.call("loyaltyMemberships/add", LoyaltyMemberships=[membership]),
        await api.call("loyaltyTiers/add", LoyaltyTiers=[tier]),
    ):
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramId.")


async def test_code_of_a_deleted_program_is_free(api: Api) -> None:
    first = await api.add_program("SAME")
    await delete(api, first)
    assert await api.add_program("SAME") != first


async def test_active_memberships_keep_their_program(api: Api) -> None:
    used, unused = await api.add_program("used"), await api.add_program("unused")
    tier = await api.add_tier(unused)
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": used, "IsPrimary": False, "State": "Canceled"}
    (membership,) = await api.add_memberships(item)
    for ids in ([used], [unused, used]):
        reply = await delete(api, *ids)
        assert (reply.status, reply.message) == (403, IN_USE)
    assert len((await api.good("loyaltyPrograms/getAll"))["LoyaltyPrograms"]) == 2
    assert (await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[unused]))["LoyaltyTiers"][0]["Id"] == tier

    await api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[membership["Id"]])
    assert (await delete(api, used)).status == 200
    # A deleted membership still names its program.
    found = await api.good("loyaltyMemberships/getAll", ActivityStates=["Deleted"], LoyaltyProgramIds=[used])
    assert [one["Id"] for one in found["LoyaltyMemberships"]] == [membership["Id"]]


async def test_deletion_has_no_body_for_who_prefers_it(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    reply = await api.call("loyaltyPrograms/delete", headers={"Prefer": "return=minimal"}, LoyaltyProgramIds=[one])
    assert (reply.status, reply.body, "content-type" in reply.headers) == (204, b"", False)
    update = {"LoyaltyProgramId": two, "Name": {"Value": "new"}}
    reply = await api.call(
        "loyaltyPrograms/update", headers={"Prefer": "return=minimal"}, LoyaltyProgramUpdates=[update]
    )
    assert reply.status == 200
    assert (await delete(api, two)).body == b"{}"


async def test_reader_may_not_write(api: Api) -> None:
    program_id = await api.add_program()
    reader = await add_token(api, permissions=("programs:read", "members:write"))
    assert (await change(reader, program_id, Name={"Value": "x"})).status == 401
    assert (await delete(reader, program_id)).status == 401


async def test_changes_and_deletions_are_told(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    tier = await api.add_tier(one)
    await change(api, one, Name={"Value": "New"}, Type={"Value": "Hotel"}, Subscription={"Value": "Paid"})
    await delete(api, one, two)

    told = await read(
        api,
        "SELECT name, subject_id::text, payload FROM events"
        " WHERE name ~ '(updated|deleted)$' AND name ~ '(program|tier)' ORDER BY sequence",
    )
    assert told == [
        ("program.updated", one, {"name": "New", "subscription": "Paid"}),
        ("tier.deleted", tier, {}),
        ("program.deleted", one, {}),
        ("program.deleted", two, {}),
    ]
    kept = await read(
        api,
        "SELECT action, object_kind, object_id::text, object_name, before, after FROM audit_entries"
        " WHERE action IN ('updated', 'deleted') ORDER BY id",
    )
    before = {"name": "Harbour Circle", "subscription": "Free"}
    assert kept == [
        ("updated", "program", one, "New", before, {"name": "New", "subscription": "Paid"}),
        ("deleted", "tier", tier, "Gold", {"count": 1, "codes": ["GOLD"]}, None),
        ("deleted", "program", None, "2 programs", {"count": 2, "codes": ["one", "two"]}, None),
    ]
