"""`loyaltyPrograms`: properties, limits, filters, old forms."""

from typing import Any

from .conftest import Api, BuildApi

GOOD = {"Name": "Harbour Circle", "Code": "PC01", "Type": "Hotel", "Subscription": "Free"}

# Property, value, accepted.
PROPERTIES: tuple[tuple[str, Any, bool], ...] = (
    ("Name", "x", True),
    ("Name", "x" * 100, True),
    ("Name", "é" * 100, True),
    ("Name", 'quoted "name" with \\ and \n', True),
    ("Name", "x" * 101, False),
    ("Name", "", False),
    ("Name", None, False),
    ("Name", 5, False),
    ("Name", "nul \0", False),
    ("Code", "x" * 50, True),
    ("Code", "x" * 51, False),
    ("Code", "", False),
    ("Code", None, False),
    ("Type", "ExternalPartner", True),
    ("Type", "SoftBrand", True),
    ("Type", "Unknown", True),
    ("Type", None, True),
    ("Type", "hotel", False),
    ("Type", "", False),
    ("Subscription", "Paid", True),
    ("Subscription", None, True),
    ("Subscription", "Gratis", False),
)
WRONG_LISTS: tuple[Any, ...] = (None, [], GOOD, "x", [None], [[]])


async def test_added_programs_are_listed(api: Api) -> None:
    program_id = await api.add_program()
    data = await api.good("loyaltyPrograms/getAll", Limitation={"Count": 10})

    assert data == {
        "LoyaltyPrograms": [{"Id": program_id, "ChainId": str(api.chain_id), **GOOD}],
        "Cursor": program_id,
    }


async def test_every_property_keeps_its_contract(api: Api) -> None:
    for place, (name, value, accepted) in enumerate(PROPERTIES):
        item = {**GOOD, "Code": f"C{place}", name: value}
        reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=[GOOD | {"Code": f"D{place}"}, item])
        if accepted:
            assert (name, value, reply.status) == (name, value, 200)
            assert reply.data["LoyaltyPrograms"][1][name] == (value or {"Type": "Unknown"}.get(name, "Free"))
        else:
            assert (reply.status, reply.message) == (400, f"Invalid LoyaltyPrograms[1].{name}.")


async def test_missing_property_is_named(api: Api) -> None:
    for name in ("Name", "Code"):
        item = {key: value for key, value in GOOD.items() if key != name}
        reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=[item])
        assert (reply.status, reply.message) == (400, f"Invalid LoyaltyPrograms[0].{name}.")


async def test_number_of_programs_is_bounded(api: Api) -> None:
    for count in (1, 1000):
        items = [{**GOOD, "Code": f"{count}-{number}"} for number in range(count)]
        data = await api.good("loyaltyPrograms/add", LoyaltyPrograms=items)
        assert [item["Code"] for item in data["LoyaltyPrograms"]] == [item["Code"] for item in items]
        assert set(data) == {"LoyaltyPrograms"}
    too_many = [{**GOOD, "Code": f"x{number}"} for number in range(1001)]
    for wrong in (*WRONG_LISTS, too_many):
        reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=wrong)
        assert reply.status == 400
        assert reply.message.startswith("Invalid LoyaltyPrograms")


async def test_one_taken_code_refuses_the_whole_call(api: Api) -> None:
    await api.add_program("TAKEN")
    for codes in (["FREE", "TAKEN"], ["SAME", "SAME"]):
        items = [{**GOOD, "Code": code} for code in codes]
        reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=items)
        assert reply.status == 403
        assert codes[1] in reply.message

    assert len((await api.good("loyaltyPrograms/getAll"))["LoyaltyPrograms"]) == 1


async def test_another_chain_may_use_the_same_code(api: Api, other: Api) -> None:
    assert await api.add_program("SAME") != await other.add_program("SAME")


async def test_strict_door_wants_type_and_subscription(build: BuildApi) -> None:
    api = await build(connector_strict=True)
    for name in ("Type", "Subscription"):
        reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=[{**GOOD, name: None}])
        assert (reply.status, reply.message) == (400, f"Invalid LoyaltyPrograms[0].{name}.")


async def test_filters_combine(api: Api) -> None:
    one, two, three = [await api.add_program(code) for code in ("one", "two", "TWO")]

    async def found(**filters: Any) -> list[str]:
        data = await api.good("loyaltyPrograms/getAll", **filters)
        return [item["Id"] for item in data["LoyaltyPrograms"]]

    assert await found() == [three, two, one]
    assert await found(Codes=["two"]) == [two]
    assert await found(Codes=["one", "TWO", "nothing"]) == [three, one]
    assert await found(LoyaltyProgramIds=[one.upper(), two]) == [two, one]
    assert await found(LoyaltyProgramIds=[one], Codes=["two"]) == []
    assert await found(LoyaltyProgramIds=["0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"]) == []
    assert await found(ChainIds=[str(api.chain_id)]) == [three, two, one]
    assert await found(ActivityStates=["Active"]) == [three, two, one]
    assert await found(ActivityStates=[]) == [three, two, one]
    assert await found(ActivityStates=["Deleted"]) == []
    assert await found(ActivityStates=["Active", "Deleted"]) == [three, two, one]
    assert await found(LoyaltyProgramIds=None, Codes=None, ActivityStates=None, CreatedUtc=None) == [three, two, one]


async def test_wrong_filters_are_named(api: Api) -> None:
    some_id = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("LoyaltyProgramIds", [], "LoyaltyProgramIds"),
        ("LoyaltyProgramIds", [some_id] * 1001, "LoyaltyProgramIds"),
        ("LoyaltyProgramIds", [some_id, "x"], "LoyaltyProgramIds[1]"),
        ("LoyaltyProgramIds", some_id, "LoyaltyProgramIds"),
        ("Codes", [], "Codes"),
        ("Codes", ["x"] * 1001, "Codes"),
        ("Codes", [5], "Codes[0]"),
        ("ChainIds", [], "ChainIds"),
        ("ActivityStates", ["active"], "ActivityStates[0]"),
        ("Limitation", {"Count": 0}, "Limitation.Count"),
        ("Limitation", {"Count": 1001}, "Limitation.Count"),
        ("Limitation", {"Count": 1.5}, "Limitation.Count"),
        ("Limitation", {"Count": "1"}, "Limitation.Count"),
        ("Limitation", {"Count": 10**30}, "Limitation.Count"),
        ("Limitation", {}, "Limitation.Count"),
        ("Limitation", {"Count": 1, "Cursor": "x"}, "Limitation.Cursor"),
        ("Limitation", {"Count": 1, "Cursor": some_id}, "Cursor"),
        ("Limitation", [], "Limitation"),
    )
    for name, value, path in wrong:
        reply = await api.call("loyaltyPrograms/getAll", **{name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")


async def test_a_thousand_values_fill_a_filter(api: Api) -> None:
    program_id = await api.add_program("C7")
    data = await api.good(
        "loyaltyPrograms/getAll", Codes=[f"C{number}" for number in range(1000)], Limitation={"Count": 1000.0}
    )

    assert data["Cursor"] == program_id


async def test_strict_door_wants_a_limitation(build: BuildApi) -> None:
    api = await build(connector_strict=True)
    reply = await api.call("loyaltyPrograms/getAll")

    assert (reply.status, reply.message) == (400, "Invalid Limitation.")
