"""`loyaltyMemberships/update` and `/delete`: every wrapper, the rules, what they leave behind."""

from typing import Any

import pytest

from .conftest import Api, BuildApi, Reply, add_token

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"


async def add_one(api: Api, **members: Any) -> dict[str, Any]:
    """Add a program, two tiers and a membership with something in every property."""
    program = await api.add_program()
    tier = await api.add_tier(program)
    await api.add_tier(program, "BLUE")
    (made,) = await api.add_memberships(
        {
            "AccountId": api.account_ids[0],
            "LoyaltyProgramId": program,
            "IsPrimary": True,
            "State": "Pending",
            "MembershipNumber": "4810",
            "ProviderMembershipId": "hc-1",
            "Points": 1250,
            "ExpirationDate": "2027-12-31T00:00:00Z",
            "Url": "https://club.example/4810",
            "LoyaltyTierId": tier,
            **members,
        }
    )
    return made


async def change(api: Api, membership: dict[str, Any], **members: Any) -> Reply:
    update = {"LoyaltyMembershipId": membership["Id"], **members}
    return await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=[update])


async def read_one(api: Api, membership: dict[str, Any]) -> Any:
    data = await api.good("loyaltyMemberships/getAll", LoyaltyMembershipIds=[membership["Id"]])
    return data["LoyaltyMemberships"][0]


# Property, a value to set and how it is answered, whether it can be cleared.
PROPERTIES: tuple[tuple[str, Any, Any, bool], ...] = (
    ("State", "Canceled", "Canceled", False),
    ("IsPrimary", False, False, False),
    ("MembershipNumber", "9", "9", True),
    ("ProviderMembershipId", "p" * 100, "p" * 100, True),
    ("Points", 42.0, 42, True),
    ("Points", -(2**31), -(2**31), True),
    ("Points", 2**31 - 1, 2**31 - 1, True),
    ("Points", 0, 0, True),
    ("ExpirationDate", "2028-01-02", "2028-01-02T00:00:00Z", True),
    ("ExpirationDate", "2028-01-02T03:04:05.6+02:00", "2028-01-02T01:04:05Z", True),
    ("Url", "https://club.example/9", "https://club.example/9", True),
)
CLEARED = [row for row in PROPERTIES if row[3]]
REQUIRED = [row for row in PROPERTIES if not row[3]]
# What no version of the contract takes.
REFUSED: tuple[tuple[str, Any], ...] = (
    ("State", "enrolled"),
    ("State", 1),
    ("IsPrimary", "true"),
    ("IsPrimary", 0),
    ("MembershipNumber", "x" * 256),
    ("MembershipNumber", 5),
    ("Code", "x" * 256),
    ("ProviderMembershipId", "p" * 101),
    ("Points", 42.5),
    ("Points", 1e100),
    ("Points", 2**31),
    ("Points", -(2**31) - 1),
    ("Points", "42"),
    ("Points", True),
    ("ExpirationDate", "tomorrow"),
    ("ExpirationDate", 5),
    ("Url", 5),
    ("LoyaltyTierId", "gold"),
    ("LoyaltyProgramId", "1"),
)


@pytest.mark.parametrize(("name", "value", "shown", "_"), PROPERTIES)
async def test_wrapped_value_is_set(api: Api, name: str, value: Any, shown: Any, _: bool) -> None:
    made = await add_one(api)
    reply = await change(api, made, **{name: {"Value": value}})
    assert reply.status == 200, reply.body
    assert reply.data["LoyaltyMemberships"][0][name] == shown
    assert await read_one(api, made) == reply.data["LoyaltyMemberships"][0]
    assert reply.data["Cursor"] == made["Id"]


@pytest.mark.parametrize(("name", "value", "shown", "_"), PROPERTIES)
async def test_bare_value_is_its_own_wrapper(api: Api, name: str, value: Any, shown: Any, _: bool) -> None:
    made = await add_one(api)
    assert (await change(api, made, **{name: value})).data["LoyaltyMemberships"][0][name] == shown


@pytest.mark.parametrize(("name", "value", "_shown", "_"), PROPERTIES)
async def test_strict_door_wants_wrappers(build: BuildApi, name: str, value: Any, _shown: Any, _: bool) -> None:
    api = await build(connector_strict=True)
    made = {"Id": UNKNOWN}
    reply = await change(api, made, **{name: value})
    assert (reply.status, reply.message) == (400, f"Invalid LoyaltyMembershipUpdates[0].{name}.")


@pytest.mark.parametrize("name", sorted({row[0] for row in PROPERTIES} | {"Code", "LoyaltyTierId", "LoyaltyProgramId"}))
async def test_null_and_absent_keep(api: Api, name: str) -> None:
    made = await add_one(api)
    api.clock.forward(hours=1)
    for members in ({name: None}, {}):
        assert (await change(api, made, **members)).data["LoyaltyMemberships"] == [made]


@pytest.mark.parametrize("name", sorted({row[0] for row in CLEARED} | {"Code", "LoyaltyTierId"}))
@pytest.mark.parametrize("wrapper", [{"Value": None}, {}])
async def test_empty_wrapper_clears(api: Api, name: str, wrapper: dict[str, Any]) -> None:
    made = await add_one(api)
    (shown,) = (await change(api, made, **{name: wrapper})).data["LoyaltyMemberships"]
    assert shown[name] is None
    assert await read_one(api, made) == shown


@pytest.mark.parametrize("name", ["MembershipNumber", "Code", "ProviderMembershipId", "ExpirationDate", "Url"])
async def test_empty_text_clears(api: Api, name: str) -> None:
    made = await add_one(api)
    assert (await change(api, made, **{name: {"Value": ""}})).data["LoyaltyMemberships"][0][name] is None


@pytest.mark.parametrize("name", sorted({row[0] for row in REQUIRED} | {"LoyaltyProgramId"}))
@pytest.mark.parametrize("wrapper", [{"Value": None}, {}])
async def test_required_property_cannot_be_cleared(api: Api, name: str, wrapper: dict[str, Any]) -> None:
    made = await add_one(api)
    reply = await change(api, made, **{name: wrapper})
    assert (reply.status, reply.message) == (400, f"Invalid LoyaltyMembershipUpdates[0].{name}.")
    assert await read_one(api, made) == made


@pytest.mark.parametrize("name", sorted({row[0] for row in PROPERTIES} | {"Code", "LoyaltyTierId"}))
@pytest.mark.parametrize("wrapper", [{"value": "510"}, {"Val": None}, {"value": 510, "Unit": "points"}])
async def test_wrapper_with_members_but_no_value_is_refused(api: Api, name: str, wrapper: dict[str, Any]) -> None:
    made = await add_one(api)
    reply = await change(api, made, **{name: wrapper})
    assert (reply.status, reply.message) == (400, f"Invalid LoyaltyMembershipUpdates[0].{name}.")
    assert await read_one(api, made) == made


async def test_unknown_members_beside_a_value_are_ignored(api: Api) -> None:
    made = await add_one(api)
    reply = await change(api, made, Points={"Value": 42, "value": 510})
    assert reply.data["LoyaltyMemberships"][0]["Points"] == 42


@pytest.mark.parametrize(("name", "value"), REFUSED)
async def test_wrong_value_is_refused_by_name(api: Api, name: str, value: Any) -> None:
    made = await add_one(api)
    reply = await change(api, made, **{name: {"Value": value}})
    assert reply.status == 400
    assert reply.message.startswith(f"Invalid LoyaltyMembershipUpdates[0].{name}")
    assert await read_one(api, made) == made


async def test_number_wins_over_code(api: Api) -> None:
    made = await add_one(api)
    reply = await change(api, made, MembershipNumber={"Value": "new"}, Code={"Value": "old"})
    (shown,) = reply.data["LoyaltyMemberships"]
    assert (shown["MembershipNumber"], shown["Code"]) == ("new", "new")


async def test_answers_follow_the_request(api: Api) -> None:
    program = await api.add_program()
    items = [{"AccountId": one, "LoyaltyProgramId": program, "IsPrimary": False} for one in api.account_ids]
    ids = [one["Id"] for one in await api.add_memberships(*items)]
    updates = [{"LoyaltyMembershipId": one, "Points": {"Value": place}} for place, one in enumerate(ids[::-1])]
    data = await api.good("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert [(one["Id"], one["Points"]) for one in data["LoyaltyMemberships"]] == list(
        zip(ids[::-1], range(5), strict=True)
    )
    assert data["Cursor"] == ids[0]


async def test_doubled_membership_takes_the_later_property(api: Api) -> None:
    made = await add_one(api)
    updates = [
        {"LoyaltyMembershipId": made["Id"], "Points": {"Value": 1}, "State": {"Value": "New"}},
        {"LoyaltyMembershipId": made["Id"], "Points": {"Value": 2}},
    ]
    data = await api.good("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert [(one["Points"], one["State"]) for one in data["LoyaltyMemberships"]] == [(2, "New"), (2, "New")]


async def test_one_bad_item_stores_nothing(api: Api) -> None:
    made = await add_one(api)
    updates = [
        {"LoyaltyMembershipId": made["Id"], "Points": {"Value": 1}},
        {"LoyaltyMembershipId": UNKNOWN, "Points": {"Value": 1}},
    ]
    reply = await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyMembershipId.")
    assert await read_one(api, made) == made


async def test_stranger_finds_nothing_to_change(api: Api, other: Api) -> None:
    made = await add_one(api)
    for reply in (
        await change(other, made, Points={"Value": 1}),
        await other.call("loyaltyMemberships/delete", LoyaltyMembershipIds=[made["Id"]]),
    ):
        assert (reply.status, reply.message[:27]) == (400, "Invalid LoyaltyMembershipId")
    assert await read_one(api, made) == made


async def test_portfolio_names_the_chain(api: Api, portfolio: Api) -> None:
    made = await add_one(api)
    assert (await change(portfolio, made, Points={"Value": 1})).message == "Invalid ChainId."
    update = [{"LoyaltyMembershipId": made["Id"], "Points": {"Value": 1}}]
    chain = str(api.chain_id)
    data = await portfolio.good("loyaltyMemberships/update", ChainId=chain, LoyaltyMembershipUpdates=update)
    assert data["LoyaltyMemberships"][0]["Points"] == 1
    assert await portfolio.good("loyaltyMemberships/delete", ChainId=chain, LoyaltyMembershipIds=[made["Id"]]) == {}


async def test_ordinary_token_ignores_the_chain(api: Api, other: Api) -> None:
    made = await add_one(api)
    update = [{"LoyaltyMembershipId": made["Id"], "Points": {"Value": 1}}]
    chain = str(other.chain_id)
    await api.good("loyaltyMemberships/update", ChainId=chain, LoyaltyMembershipUpdates=update)
    await api.good("loyaltyMemberships/delete", ChainId=chain, LoyaltyMembershipIds=[made["Id"]])


@pytest.mark.parametrize("count", [0, 1001])
async def test_lists_have_bounds(api: Api, count: int) -> None:
    updates = [{"LoyaltyMembershipId": UNKNOWN}] * count
    reply = await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyMembershipUpdates.")
    reply = await api.call("loyaltyMemberships/delete", LoyaltyMembershipIds=[UNKNOWN] * count)
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyMembershipIds.")


async def test_new_primary_takes_the_mark(api: Api) -> None:
    first, second = await api.add_program(), await api.add_program("PC02")
    account = api.account_ids[0]
    old, new = await api.add_memberships(
        {"AccountId": account, "LoyaltyProgramId": first, "IsPrimary": True},
        {"AccountId": account, "LoyaltyProgramId": second, "IsPrimary": False},
    )
    await change(api, new, IsPrimary={"Value": True})
    assert [(await read_one(api, one))["IsPrimary"] for one in (old, new)] == [False, True]
    await change(api, new, IsPrimary={"Value": False})
    assert [(await read_one(api, one))["IsPrimary"] for one in (old, new)] == [False, False]


async def test_last_of_several_primaries_wins(api: Api) -> None:
    programs = [await api.add_program(f"P{number}") for number in range(3)]
    account = api.account_ids[0]
    made = await api.add_memberships(
        *({"AccountId": account, "LoyaltyProgramId": one, "IsPrimary": one == programs[0]} for one in programs)
    )
    updates = [{"LoyaltyMembershipId": one["Id"], "IsPrimary": {"Value": True}} for one in (made[2], made[1])]
    updates.append({"LoyaltyMembershipId": made[0]["Id"], "Points": {"Value": 3}})
    data = await api.good("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert [one["IsPrimary"] for one in data["LoyaltyMemberships"]] == [False, True, False]
    assert [(await read_one(api, one))["IsPrimary"] for one in made] == [False, True, False]


async def test_tier_must_belong_to_the_program(api: Api) -> None:
    made = await add_one(api)
    other = await api.add_program("PC02")
    foreign = await api.add_tier(other)
    reply = await change(api, made, LoyaltyTierId={"Value": foreign})
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierId.")
    reply = await change(api, made, LoyaltyTierId={"Value": foreign}, LoyaltyProgramId={"Value": other})
    assert reply.data["LoyaltyMemberships"][0]["LoyaltyTierId"] == foreign


async def test_program_change_leaves_the_old_tier(api: Api) -> None:
    made = await add_one(api)
    other = await api.add_program("PC02")
    (shown,) = (await change(api, made, LoyaltyProgramId={"Value": other})).data["LoyaltyMemberships"]
    assert (shown["LoyaltyProgramId"], shown["LoyaltyTierId"]) == (other, None)


async def test_unknown_program_is_refused(api: Api) -> None:
    made = await add_one(api)
    reply = await change(api, made, LoyaltyProgramId={"Value": UNKNOWN})
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramId.")


async def test_second_membership_of_a_program_is_refused(api: Api) -> None:
    made = await add_one(api)
    other = await api.add_program("PC02")
    await api.add_memberships({"AccountId": made["AccountId"], "LoyaltyProgramId": other, "IsPrimary": False})
    reply = await change(api, made, LoyaltyProgramId={"Value": other})
    assert (reply.status, "already has" in reply.message) == (403, True)


async def test_memberships_may_trade_numbers(api: Api) -> None:
    program = await api.add_program()
    one, two = await api.add_memberships(
        *(
            {"AccountId": account, "LoyaltyProgramId": program, "IsPrimary": False, "MembershipNumber": number}
            for account, number in zip(api.account_ids, ("1", "2"), strict=False)
        )
    )
    updates = [
        {"LoyaltyMembershipId": one["Id"], "MembershipNumber": {"Value": "2"}},
        {"LoyaltyMembershipId": two["Id"], "MembershipNumber": {"Value": "1"}},
    ]
    data = await api.good("loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)
    assert [item["MembershipNumber"] for item in data["LoyaltyMemberships"]] == ["2", "1"]
    reply = await change(api, one, MembershipNumber={"Value": "1"})
    assert (reply.status, "number" in reply.message) == (403, True)


async def read(api: Api, statement: str) -> list[tuple[Any, ...]]:
    async with await api.database.connect() as connection:
        return await (await connection.execute(statement.encode())).fetchall()


async def test_points_are_set_by_movements(api: Api) -> None:
    made = await add_one(api, Points=None)
    for value in (0, 100, 100, 30, None, None, 5):
        (shown,) = (await change(api, made, Points={"Value": value})).data["LoyaltyMemberships"]
        assert shown["Points"] == value
    rows = await read(api, "SELECT kind, points, balance FROM points_movements ORDER BY sequence")
    assert rows == [("set", 0, 0), ("set", 100, 100), ("set", -70, 30), ("set", -30, 0), ("set", 5, 5)]
    told = await read(api, "SELECT payload->>'points' FROM events WHERE name = 'balance.updated' ORDER BY sequence")
    assert told == [("0",), ("100",), ("-70",), ("-30",), ("5",)]


async def test_change_counts_as_update_only_where_there_is_one(api: Api) -> None:
    made = await add_one(api)
    api.clock.forward(hours=1)
    later = {"StartUtc": "2026-05-01T12:30:00Z", "EndUtc": "2026-05-01T14:00:00Z"}
    await change(api, made, Points={"Value": 1250}, State={"Value": "Pending"})
    assert (await api.good("loyaltyMemberships/getAll", UpdatedUtc=later))["LoyaltyMemberships"] == []
    await change(api, made, State={"Value": "New"})
    data = await api.good("loyaltyMemberships/getAll", UpdatedUtc=later)
    assert [one["Id"] for one in data["LoyaltyMemberships"]] == [made["Id"]]


async def test_deleted_memberships_are_found_as_deleted(api: Api) -> None:
    made = await add_one(api)
    api.clock.forward(hours=1)
    assert await api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[made["Id"], made["Id"]]) == {}
    assert (await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"] == []
    updated = {"StartUtc": "2026-05-01T12:30:00Z", "EndUtc": "2026-05-01T14:00:00Z"}
    data = await api.good("loyaltyMemberships/getAll", ActivityStates=["Deleted"], UpdatedUtc=updated)
    assert data["LoyaltyMemberships"] == [made]
    for reply in (
        await api.call("loyaltyMemberships/delete", LoyaltyMembershipIds=[made["Id"]]),
        await api.call("loyaltyMemberships/delete", LoyaltyMembershipIds=[UNKNOWN]),
    ):
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyMembershipIds.")
    assert (await change(api, made, Points={"Value": 1})).message == "Invalid LoyaltyMembershipId."
    names = await read(api, "SELECT name FROM events WHERE name LIKE '%membership%' ORDER BY sequence")
    assert [name for (name,) in names] == ["membership.created", "membership.deleted"]


async def test_deletion_promotes_nothing_and_frees_the_place(api: Api) -> None:
    made = await add_one(api)
    await api.good("loyaltyMemberships/delete", LoyaltyMembershipIds=[made["Id"]])
    (again,) = await api.add_memberships(
        {
            "AccountId": made["AccountId"],
            "LoyaltyProgramId": made["LoyaltyProgramId"],
            "IsPrimary": False,
            "MembershipNumber": made["MembershipNumber"],
        }
    )
    assert again["IsPrimary"] is False


async def test_minimal_answers_have_no_body(api: Api) -> None:
    made = await add_one(api)
    reply = await api.call(
        "loyaltyMemberships/delete", headers={"Prefer": "return=minimal"}, LoyaltyMembershipIds=[made["Id"]]
    )
    assert (reply.status, reply.body, "content-type" in reply.headers) == (204, b"", False)


async def test_reader_may_not_write(api: Api) -> None:
    made = await add_one(api)
    reader = await add_token(api, permissions=("members:read",))
    assert (await change(reader, made, Points={"Value": 1})).status == 401
    assert (await reader.call("loyaltyMemberships/delete", LoyaltyMembershipIds=[made["Id"]])).status == 401
