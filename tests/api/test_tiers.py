"""`loyaltyTiers`: properties, limits, filters."""

from typing import Any

from .conftest import Api

# Property, value, accepted.
PROPERTIES: tuple[tuple[str, Any, bool], ...] = (
    ("Name", "x" * 50, True),
    ("Name", "x" * 51, False),
    ("Name", "", False),
    ("Name", None, False),
    ("Code", "x" * 50, True),
    ("Code", "x" * 51, False),
    ("Code", "", False),
    ("Ordering", 0, True),
    ("Ordering", -(2**31), True),
    ("Ordering", 2**31 - 1, True),
    ("Ordering", 42.0, True),
    ("Ordering", 2**31, False),
    ("Ordering", 1e300, False),
    ("Ordering", 42.5, False),
    ("Ordering", "1", False),
    ("Ordering", True, False),
    ("Ordering", None, False),
    ("LoyaltyProgramId", "x", False),
    ("LoyaltyProgramId", None, False),
)


async def test_added_tiers_are_listed_newest_first(api: Api) -> None:
    program_id = await api.add_program()
    gold = await api.add_tier(program_id, "GOLD", Ordering=2)
    silver = await api.add_tier(program_id, "SILV", Name="Silver", Ordering=1)
    data = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[program_id], Limitation={"Count": 10})

    assert data == {
        "LoyaltyTiers": [
            {"Id": silver, "LoyaltyProgramId": program_id, "Name": "Silver", "Code": "SILV", "Ordering": 1},
            {"Id": gold, "LoyaltyProgramId": program_id, "Name": "Gold", "Code": "GOLD", "Ordering": 2},
        ],
        "Cursor": gold,
    }


async def test_every_property_keeps_its_contract(api: Api) -> None:
    program_id = await api.add_program()
    for place, (name, value, accepted) in enumerate(PROPERTIES):
        item = {"LoyaltyProgramId": program_id, "Name": "Gold", "Code": f"C{place}", "Ordering": 1, name: value}
        reply = await api.call("loyaltyTiers/add", LoyaltyTiers=[item])
        if accepted:
            assert (name, value, reply.status) == (name, value, 200)
            assert reply.data["LoyaltyTiers"][0][name] == value
        else:
            assert (reply.status, reply.message) == (400, f"Invalid LoyaltyTiers[0].{name}.")


async def test_number_of_tiers_is_bounded(api: Api) -> None:
    program_id = await api.add_program()
    items = [{"LoyaltyProgramId": program_id, "Name": "x", "Code": f"{n}", "Ordering": n} for n in range(1001)]
    for wrong in (None, [], items):
        reply = await api.call("loyaltyTiers/add", LoyaltyTiers=wrong)
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyTiers.")

    data = await api.good("loyaltyTiers/add", LoyaltyTiers=items[:1000])
    assert [item["Ordering"] for item in data["LoyaltyTiers"]] == list(range(1000))
    assert set(data) == {"LoyaltyTiers"}


async def test_foreign_or_unknown_program_is_refused(api: Api, other: Api) -> None:
    for program_id in (await other.add_program(), "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"):
        item = {"LoyaltyProgramId": program_id, "Name": "Gold", "Code": "GOLD", "Ordering": 1}
        reply = await api.call("loyaltyTiers/add", LoyaltyTiers=[item])
        assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramId.")


async def test_code_is_taken_within_its_program_only(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    await api.add_tier(one, "GOLD")
    await api.add_tier(two, "GOLD")

    def item(code: str) -> dict[str, Any]:
        return {"LoyaltyProgramId": one, "Name": "x", "Code": code, "Ordering": 1}

    for codes in (["FREE", "GOLD"], ["SAME", "SAME"]):
        reply = await api.call("loyaltyTiers/add", LoyaltyTiers=[item(code) for code in codes])
        assert reply.status == 403
        assert codes[1] in reply.message
    assert len((await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=[one]))["LoyaltyTiers"]) == 1


async def test_programs_are_required(api: Api) -> None:
    for wrong in (None, [], ["x"], ["0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"] * 1001):
        reply = await api.call("loyaltyTiers/getAll", LoyaltyProgramIds=wrong)
        assert reply.status == 400
        assert reply.message.startswith("Invalid LoyaltyProgramIds")
    reply = await api.call("loyaltyTiers/getAll", Limitation={"Count": 1})
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramIds.")


async def test_filters_combine(api: Api) -> None:
    one, two = await api.add_program("one"), await api.add_program("two")
    first, second, third = await api.add_tier(one, "A"), await api.add_tier(two, "A"), await api.add_tier(one, "B")

    async def found(*programs: str, **filters: Any) -> list[str]:
        data = await api.good("loyaltyTiers/getAll", LoyaltyProgramIds=list(programs), **filters)
        return [item["Id"] for item in data["LoyaltyTiers"]]

    assert await found(one) == [third, first]
    assert await found(one, two) == [third, second, first]
    assert await found(one, LoyaltyTierIds=[second, first]) == [first]
    assert await found(one, ActivityStates=["Deleted"]) == []
    assert await found(one, two, Limitation={"Count": 2, "Cursor": third}) == [second, first]
    assert await found("0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01") == []


async def test_wrong_filters_are_named(api: Api) -> None:
    some_id = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("LoyaltyTierIds", [], "LoyaltyTierIds"),
        ("LoyaltyTierIds", [some_id] * 1001, "LoyaltyTierIds"),
        ("LoyaltyTierIds", ["x"], "LoyaltyTierIds[0]"),
        ("ChainIds", [some_id], "ChainIds"),
        ("ChainIds", [some_id] * 1001, "ChainIds"),
        ("ActivityStates", ["Gone"], "ActivityStates[0]"),
        ("UpdatedUtc", {"StartUtc": "2026-05-01T00:00:00Z"}, "EndUtc"),
        ("UpdatedUtc", {"StartUtc": "2026-05-02T00:00:00Z", "EndUtc": "2026-05-01T00:00:00Z"}, "EndUtc"),
        ("Limitation", {"Count": 1, "Cursor": some_id}, "Cursor"),
    )
    for name, value, path in wrong:
        reply = await api.call("loyaltyTiers/getAll", LoyaltyProgramIds=[some_id], **{name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")
    # The contract has no such filter here, so it narrows nothing.
    program_id = await api.add_program()
    tier_id = await api.add_tier(program_id)
    long_ago = {"StartUtc": "2020-05-01T00:00:00Z", "EndUtc": "2020-05-02T00:00:00Z"}
    data = await api.good(
        "loyaltyTiers/getAll", LoyaltyProgramIds=[program_id], LoyaltyTierIds=[tier_id] * 1000, CreatedUtc=long_ago
    )
    assert [one["Id"] for one in data["LoyaltyTiers"]] == [tier_id]
