"""`loyaltyMemberships`: properties, defaults, limits, filters, rules."""

from typing import Any

import pytest

from .conftest import NOON, Api, BuildApi

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
INTEGRATION = {"Discriminator": "Integration", "EnterpriseProfile": None}

# Property, value, what is answered; a refusal where the third is `...`.
PROPERTIES: tuple[tuple[str, Any, Any], ...] = (
    ("State", "New", "New"),
    ("State", "Pending", "Pending"),
    ("State", "Canceled", "Canceled"),
    ("State", "Declined", "Declined"),
    ("State", None, "Enrolled"),
    ("State", "enrolled", ...),
    ("IsPrimary", False, False),
    ("IsPrimary", None, False),
    ("IsPrimary", "true", ...),
    ("IsPrimary", 1, ...),
    ("MembershipNumber", "x" * 255, "x" * 255),
    ("MembershipNumber", 'é" \\ \n', 'é" \\ \n'),
    ("MembershipNumber", "", None),
    ("MembershipNumber", "x" * 256, ...),
    ("MembershipNumber", 5, ...),
    ("Code", "x" * 256, ...),
    ("ProviderMembershipId", "p" * 100, "p" * 100),
    ("ProviderMembershipId", "p" * 101, ...),
    ("Points", 0, 0),
    ("Points", -(2**31), -(2**31)),
    ("Points", 2**31 - 1, 2**31 - 1),
    ("Points", 42.0, 42),
    ("Points", 1e3, 1000),
    ("Points", None, None),
    ("Points", 2**31, ...),
    ("Points", -(2**31) - 1, ...),
    ("Points", 42.5, ...),
    ("Points", 10**40, ...),
    ("Points", "42", ...),
    ("ExpirationDate", "2027-12-31", "2027-12-31T00:00:00Z"),
    ("ExpirationDate", "2027-12-31T23:30:00Z", "2027-12-31T23:30:00Z"),
    ("ExpirationDate", "2027-12-31T23:30:00.1234567Z", "2027-12-31T23:30:00Z"),
    ("ExpirationDate", "2027-12-31T23:30:00+02:00", "2027-12-31T21:30:00Z"),
    ("ExpirationDate", "2027-12-31T23:30:00", "2027-12-31T23:30:00Z"),
    ("ExpirationDate", "", None),
    ("ExpirationDate", None, None),
    ("ExpirationDate", "2027-02-30", ...),
    ("ExpirationDate", "31.12.2027", ...),
    ("ExpirationDate", "2027-W01-1", ...),
    ("ExpirationDate", "0001-01-01T00:00:00+14:00", ...),
    ("ExpirationDate", 1830297600, ...),
    ("Url", "https://example.com/members/1", "https://example.com/members/1"),
    ("Url", "", None),
    ("Url", 5, ...),
    ("LoyaltyTierId", None, None),
    ("LoyaltyTierId", "x", ...),
    ("AccountId", "x", ...),
    ("AccountId", None, ...),
    ("LoyaltyProgramId", "", ...),
)


@pytest.fixture
async def program(api: Api) -> str:
    """Return the id of a program."""
    return await api.add_program()


async def test_added_membership_is_answered_and_listed(api: Api, program: str) -> None:
    tier = await api.add_tier(program)
    given = {
        "AccountId": api.account_ids[0],
        "LoyaltyProgramId": program,
        "State": "Pending",
        "IsPrimary": True,
        "MembershipNumber": "4810 2231",
        "Points": 1250,
        "ExpirationDate": "2027-12-31T00:00:00Z",
        "Url": "https://example.com/1",
        "LoyaltyTierId": tier,
    }
    data = await api.good("loyaltyMemberships/add", LoyaltyMemberships=[given])
    membership_id = data["Cursor"]

    assert data["LoyaltyMemberships"] == [
        {
            "Id": membership_id,
            "ChainId": str(api.chain_id),
            **given,
            "ProviderMembershipId": None,
            "Code": "4810 2231",
            "CreatorProfile": INTEGRATION,
            "UpdaterProfile": INTEGRATION,
        }
    ]
    assert await api.good("loyaltyMemberships/getAll", Limitation={"Count": 1}) == data


async def test_least_membership_gets_defaults(api: Api, program: str) -> None:
    (made,) = await api.add_memberships({"AccountId": api.account_ids[0], "LoyaltyProgramId": program})

    assert (made["State"], made["IsPrimary"]) == ("Enrolled", False)
    optional = ("ProviderMembershipId", "Code", "MembershipNumber", "Points", "ExpirationDate", "Url", "LoyaltyTierId")
    assert {name: made[name] for name in optional} == dict.fromkeys(optional)


async def test_every_property_keeps_its_contract(build: BuildApi) -> None:
    api = await build(customers=len(PROPERTIES))
    program = await api.add_program()
    for account, (name, value, answer) in zip(api.account_ids, PROPERTIES, strict=True):
        item = {"AccountId": account, "LoyaltyProgramId": program, "IsPrimary": False, name: value}
        reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[item])
        if answer is ...:
            assert (value, reply.status, reply.message) == (value, 400, f"Invalid LoyaltyMemberships[0].{name}.")
        else:
            assert (name, value, reply.status) == (name, value, 200)
            listed = await api.good("loyaltyMemberships/getAll", AccountIds=[account])
            assert listed["LoyaltyMemberships"] == reply.data["LoyaltyMemberships"]
            assert listed["LoyaltyMemberships"][0][name] == answer


async def test_fault_deep_in_the_list_is_named(api: Api, program: str) -> None:
    good = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program}
    reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[good, good, good, {**good, "Points": 0.5}])

    assert (reply.status, reply.message) == (400, "Invalid LoyaltyMemberships[3].Points.")


async def test_code_and_number_are_one_value(api: Api, program: str) -> None:
    def item(account: int, **members: str) -> dict[str, Any]:
        return {"AccountId": api.account_ids[account], "LoyaltyProgramId": program, **members}

    made = await api.add_memberships(
        item(0, Code="one"), item(1, MembershipNumber="two"), item(2, Code="old", MembershipNumber="new")
    )
    assert [(one["Code"], one["MembershipNumber"]) for one in made] == [("one",) * 2, ("two",) * 2, ("new",) * 2]

    found = await api.good("loyaltyMemberships/getAll", Codes=["one", "old"], MembershipNumbers=["new"])
    assert [one["Code"] for one in found["LoyaltyMemberships"]] == ["new", "one"]


async def test_references_must_be_of_the_chain(api: Api, other: Api, program: str) -> None:
    tier = await api.add_tier(program)
    foreign_program = await other.add_program()
    foreign_tier = await other.add_tier(foreign_program)
    second = await api.add_program("second")
    good = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program, "LoyaltyTierId": tier}
    wrong = (
        ("AccountId", UNKNOWN),
        ("AccountId", other.account_ids[0]),
        ("LoyaltyProgramId", UNKNOWN),
        ("LoyaltyProgramId", foreign_program),
        ("LoyaltyTierId", UNKNOWN),
        ("LoyaltyTierId", foreign_tier),
    )
    for name, value in wrong:
        item = {**good, "AccountId": api.account_ids[1], name: value}
        reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[good, item])
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {name}.")
    reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[{**good, "LoyaltyProgramId": second}])
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyTierId.")
    assert (await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"] == []


async def test_one_broken_rule_refuses_the_whole_call(api: Api, program: str) -> None:
    def item(account: int, **members: str) -> dict[str, Any]:
        return {"AccountId": api.account_ids[account], "LoyaltyProgramId": program, **members}

    await api.add_memberships(item(0, MembershipNumber="1", ProviderMembershipId="p1"))
    broken = (
        [item(1), item(0)],
        [item(1), item(1)],
        [item(1), item(2, MembershipNumber="1")],
        [item(1, Code="2"), item(2, Code="2")],
        [item(1), item(2, ProviderMembershipId="p1")],
    )
    for items in broken:
        reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)
        assert (items, reply.status) == (items, 403)
        assert reply.message.endswith(".")
    assert len((await api.good("loyaltyMemberships/getAll"))["LoyaltyMemberships"]) == 1


async def test_same_number_in_another_program_is_fine(api: Api, program: str) -> None:
    second = await api.add_program("second")
    made = await api.add_memberships(
        *({"AccountId": api.account_ids[0], "LoyaltyProgramId": one, "Code": "1"} for one in (program, second))
    )

    assert len(made) == 2


async def test_new_primary_demotes_older_ones(api: Api, program: str) -> None:
    second, third = await api.add_program("second"), await api.add_program("third")

    def item(program_id: str) -> dict[str, Any]:
        return {"AccountId": api.account_ids[0], "LoyaltyProgramId": program_id, "IsPrimary": True}

    (first,) = await api.add_memberships(item(program))
    api.clock.forward(minutes=1)
    made = await api.add_memberships(item(second), item(third))
    assert [one["IsPrimary"] for one in made] == [False, True]

    interval = {"StartUtc": "2026-05-01T12:01:00Z", "EndUtc": "2026-05-01T12:01:00Z"}
    changed = await api.good("loyaltyMemberships/getAll", UpdatedUtc=interval)
    primaries = {one["Id"]: one["IsPrimary"] for one in changed["LoyaltyMemberships"]}
    assert primaries == {made[1]["Id"]: True, made[0]["Id"]: False, first["Id"]: False}


async def test_a_thousand_memberships_in_one_call(build: BuildApi) -> None:
    api = await build(customers=1001)
    program = await api.add_program()
    items = [
        {"AccountId": account, "LoyaltyProgramId": program, "IsPrimary": True, "Code": f"{n}", "Points": n}
        for n, account in enumerate(api.account_ids)
    ]
    reply = await api.call("loyaltyMemberships/add", LoyaltyMemberships=items)
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyMemberships.")

    data = await api.good("loyaltyMemberships/add", LoyaltyMemberships=items[:1000])
    assert [one["Points"] for one in data["LoyaltyMemberships"]] == list(range(1000))
    assert data["Cursor"] == data["LoyaltyMemberships"][-1]["Id"]
    listed = await api.good("loyaltyMemberships/getAll", AccountIds=api.account_ids[:1000])
    assert listed["LoyaltyMemberships"] == data["LoyaltyMemberships"][::-1]


async def test_filters_combine(api: Api, program: str) -> None:
    second = await api.add_program("second")

    def item(account: int, program_id: str, **members: str) -> dict[str, Any]:
        return {"AccountId": api.account_ids[account], "LoyaltyProgramId": program_id, **members}

    made = await api.add_memberships(
        item(0, program, Code="A", State="New"),
        item(0, second, Code="A", ProviderMembershipId="p"),
        item(1, program, Code="a"),
        item(2, program, State="Declined"),
    )
    ids = [one["Id"] for one in made]
    cases: tuple[tuple[dict[str, Any], list[int]], ...] = (
        ({}, [3, 2, 1, 0]),
        ({"AccountIds": [api.account_ids[0]]}, [1, 0]),
        ({"AccountIds": api.account_ids, "LoyaltyProgramIds": [program]}, [3, 2, 0]),
        ({"LoyaltyProgramIds": [program, second], "MembershipStates": ["New", "Declined"]}, [3, 0]),
        ({"MembershipStates": []}, [3, 2, 1, 0]),
        ({"MembershipNumbers": ["A"]}, [1, 0]),
        ({"MembershipNumbers": ["A", "a"], "LoyaltyProgramIds": [program]}, [2, 0]),
        ({"Codes": ["a"], "MembershipNumbers": ["A"]}, [2, 1, 0]),
        ({"ProviderMembershipIds": ["p", "q"]}, [1]),
        ({"LoyaltyMembershipIds": [ids[2].upper(), ids[0], UNKNOWN]}, [2, 0]),
        ({"LoyaltyMembershipIds": ids, "MembershipStates": ["Pending"]}, []),
        ({"ChainIds": [str(api.chain_id)]}, [3, 2, 1, 0]),
        ({"ActivityStates": ["Deleted"]}, []),
        ({"ActivityStates": ["Deleted", "Active"], "AccountIds": [api.account_ids[1]]}, [2]),
    )
    for filters, expected in cases:
        data = await api.good("loyaltyMemberships/getAll", **filters)
        assert (filters, [ids.index(one["Id"]) for one in data["LoyaltyMemberships"]]) == (filters, expected)


async def test_deleted_memberships_are_found_when_asked_for(api: Api, program: str) -> None:
    first, second = await api.add_memberships(
        *({"AccountId": account, "LoyaltyProgramId": program} for account in api.account_ids[:2])
    )
    async with await api.database.connect() as connection:
        await connection.execute("UPDATE memberships SET deleted_at = %s WHERE id = %s", [NOON, first["Id"]])

    async def found(*states: str) -> list[str]:
        data = await api.good("loyaltyMemberships/getAll", ActivityStates=list(states))
        return [one["Id"] for one in data["LoyaltyMemberships"]]

    assert await found() == [second["Id"]]
    assert await found("Deleted") == [first["Id"]]
    assert await found("Active", "Deleted") == [second["Id"], first["Id"]]
    # A deleted record is still a place to go on from, and stands in nobody's way.
    page = await api.good("loyaltyMemberships/getAll", Limitation={"Count": 5, "Cursor": first["Id"]})
    assert page == {"LoyaltyMemberships": [], "Cursor": None}
    assert await api.add_memberships({"AccountId": api.account_ids[0], "LoyaltyProgramId": program})


async def test_wrong_filters_are_named(api: Api) -> None:
    wrong: tuple[tuple[str, Any, str], ...] = (
        *((name, [], name) for name in ("AccountIds", "MembershipNumbers", "ProviderMembershipIds", "Codes")),
        *((name, ["x"] * 1001, name) for name in ("MembershipNumbers", "ProviderMembershipIds", "Codes")),
        *((name, [UNKNOWN] * 1001, name) for name in ("AccountIds", "LoyaltyProgramIds", "LoyaltyMembershipIds")),
        ("MembershipStates", ["enrolled"], "MembershipStates[0]"),
        ("MembershipNumbers", ["a", "nul \0"], "MembershipNumbers[1]"),
        ("CreatedUtc", {"StartUtc": "2026-05-01"}, "EndUtc"),
        ("UpdatedUtc", {"EndUtc": "2026-05-01T00:00:00Z"}, "StartUtc"),
        ("UpdatedUtc", {}, "StartUtc"),
        ("UpdatedUtc", {"StartUtc": "2026-05-02", "EndUtc": "2026-05-01"}, "EndUtc"),
        ("UpdatedUtc", {"StartUtc": "x", "EndUtc": "2026-05-01"}, "StartUtc"),
        ("UpdatedUtc", "2026-05-01", "UpdatedUtc"),
    )
    for name, value, path in wrong:
        reply = await api.call("loyaltyMemberships/getAll", **{name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")


async def test_intervals_are_half_open_and_bounded(api: Api, program: str) -> None:
    await api.add_memberships({"AccountId": api.account_ids[0], "LoyaltyProgramId": program})
    cases = (
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:01Z", 1),
        ("2026-05-01T11:00:00Z", "2026-05-01T12:00:00Z", 0),
        ("2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z", 1),
        ("2026-05-01T12:00:01Z", "2026-05-01T12:00:01Z", 0),
        ("2026-05-01T14:00:00+02:00", "2026-05-01T14:00:01+02:00", 1),
        ("2026-02-28T12:00:00Z", "2026-05-29T12:00:00Z", 1),
        ("2026-02-28T12:00:00Z", "2026-05-29T12:00:01Z", None),
        ("2026-03-31T12:00:00Z", "2026-07-01T12:00:00Z", 1),
        ("2025-11-30T12:00:00Z", "2026-03-01T12:00:00Z", 0),
    )
    for name in ("CreatedUtc", "UpdatedUtc"):
        for start, end, count in cases:
            interval = {"StartUtc": start, "EndUtc": end}
            reply = await api.call("loyaltyMemberships/getAll", **{name: interval})
            if count is None:
                assert (reply.status, reply.message) == (400, "The interval must not exceed 3M1D.")
            else:
                assert (start, end, len(reply.data["LoyaltyMemberships"])) == (start, end, count)


async def test_portfolio_token_reads_memberships_by_id_in_its_chains_only(
    build: BuildApi, api: Api, other: Api, portfolio: Api
) -> None:
    third = await build(name="Third")
    ids = []
    for one in (api, other, third):
        program = await one.add_program()
        (made,) = await one.add_memberships({"AccountId": one.account_ids[0], "LoyaltyProgramId": program})
        ids.append(made["Id"])
    found = await portfolio.good("loyaltyMemberships/getAll", LoyaltyMembershipIds=ids)

    assert {one["Id"] for one in found["LoyaltyMemberships"]} == set(ids[:2])
    for asked in (portfolio, api, other):
        assert (await asked.good("loyaltyMemberships/getAll", LoyaltyMembershipIds=ids[2:]))["LoyaltyMemberships"] == []
