"""`customers/update` and `customers/search`."""

from typing import Any

import pytest

from .conftest import Api, add_token
from .test_customers import ADDRESS, FULL, UNKNOWN

OTHERS: dict[str, Any] = {
    "LastName": "Baker",
    "FirstName": "Bea",
    "SecondLastName": "Third",
    "Title": "Misses",
    "Sex": "Male",
    "NationalityCode": "FR",
    "PreferredLanguageCode": "fr-FR",
    "BirthDate": "1981-01-31",
    "BirthCountryCode": "FR",
    "BirthCountrySubdivisionCode": "FR-75",
    "BirthPlace": "Paris",
    "Occupation": "Painter",
    "Email": "bea@example.com",
    "Phone": "+33 1",
    "LoyaltyCode": "L2",
    "Notes": "likes coffee",
    "CarRegistrationNumber": "P-B 2",
    "DietaryRequirements": "all",
    "TaxIdentificationNumber": "T2",
    "Classifications": ["Student"],
    "Options": ["Invoiceable"],
}
ITALIAN = {"ItalianDestinationCode": "X1", "ItalianFiscalCode": "X2", "ItalianLotteryCode": "X3"}


@pytest.mark.parametrize("name", sorted(OTHERS))
async def test_each_property_is_set_alone(api: Api, name: str) -> None:
    made = await api.good("customers/add", Address=ADDRESS, **FULL)
    api.clock.forward(minutes=5)
    changed = await api.good("customers/update", CustomerId=made["Id"], **{name: OTHERS[name]})

    also = {"LanguageCode"} if name == "PreferredLanguageCode" else set()
    assert {key for key in made if made[key] != changed[key]} - also == {name, "UpdatedUtc"}
    assert changed[name] == OTHERS[name]
    listed = await api.good("customers/getAll", CustomerIds=[made["Id"]], Extent={"Customers": True, "Addresses": True})
    assert listed["Customers"] == [changed]


async def test_blanks_keep_what_is_stored(api: Api) -> None:
    made = await api.good("customers/add", Address=ADDRESS, **FULL)
    api.clock.forward(minutes=5)
    for blank in (None, "", "  "):
        texts = {name: blank for name, value in OTHERS.items() if isinstance(value, str)}
        given: dict[str, Any] = {
            **texts,
            "Title": None,
            "Sex": None,
            "Classifications": [],
            "Options": None,
            "Address": {"City": blank},
        }
        assert await api.good("customers/update", CustomerId=made["Id"], **given) == made


@pytest.mark.parametrize("strict", [False, True])
async def test_a_client_that_sends_every_field_changes_nothing_but_what_it_fills_in(api: Api, strict: bool) -> None:
    company = (await api.good("companies/add", Name="Acme", Options={}))["Companies"][0]["Id"]
    given = {"ItalianDestinationCode": "X1", "ItalianFiscalCode": "X2", "ItalianLotteryCode": "X3"}
    made = await api.good("customers/add", Address=ADDRESS, **{**FULL, **given, "CompanyId": company})
    client = await add_token(api, strict=strict)
    texts = [*(name for name, value in OTHERS.items() if isinstance(value, str)), *ITALIAN, "CompanyId", "Address"]
    blanks: dict[str, Any] = {**dict.fromkeys(texts, ""), "Notes": "n"}
    changed = await client.good("customers/update", CustomerId=made["Id"], **blanks)
    added = await client.good("customers/add", **{**blanks, "LastName": "Blank"})

    assert {name for name in made if made[name] != changed[name]} <= {"Notes", "UpdaterProfileId"}
    assert {added[name] for name in texts if name not in ("LastName", "Notes")} == {None}


async def test_lines_of_an_address_change_one_by_one(api: Api) -> None:
    made = await api.good("customers/add", Address=ADDRESS, **FULL)
    changed = await api.good("customers/update", CustomerId=made["Id"], Address={"City": "Bonn", "Line1": ""})
    bare = await api.good("customers/update", CustomerId=api.account_ids[0], Address={"City": "Bonn"})

    assert changed["Address"] == {**made["Address"], "City": "Bonn"}
    assert (bare["Address"]["City"], bare["Address"]["Id"]) == ("Bonn", bare["AddressId"])


async def test_italian_codes_come_in_wrappers(api: Api) -> None:
    made = await api.good("customers/add", **FULL)
    for name, value in ITALIAN.items():
        for wrapper, expected in ((None, FULL[name]), ({"Value": value}, value), ({"Value": None}, None)):
            changed = await api.good("customers/update", CustomerId=made["Id"], **{name: wrapper})
            assert (name, changed[name]) == (name, expected)
        assert (await api.good("customers/update", CustomerId=made["Id"], **{name: value}))[name] == value


async def test_wrong_changes_are_named(api: Api, other: Api) -> None:
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("CustomerId", UNKNOWN, "CustomerId"),
        ("CustomerId", other.account_ids[0], "CustomerId"),
        ("CustomerId", None, "CustomerId"),
        ("Title", "Lord", "Title"),
        ("BirthDate", "1980-02-30", "BirthDate"),
        ("CarRegistrationNumber", "x" * 256, "CarRegistrationNumber"),
        ("ItalianLotteryCode", {"Value": "x"}, "ItalianLotteryCode.Value"),
        ("CompanyId", UNKNOWN, "CompanyId"),
        ("CompanyId", api.account_ids[1], "CompanyId"),
        ("Options", ["Nice"], "Options[0]"),
    )
    for name, value, path in wrong:
        given: dict[str, Any] = {"CustomerId": api.account_ids[0], name: value}
        reply = await api.call("customers/update", **given)
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")


async def test_email_of_another_customer_is_refused(api: Api) -> None:
    await api.good("customers/add", LastName="x", Email="a@example.com")
    reply = await api.call("customers/update", CustomerId=api.account_ids[0], Email="A@example.com")

    assert reply.status == 403


async def test_portfolio_token_names_the_chain(api: Api, other: Api, portfolio: Api) -> None:
    given: dict[str, Any] = {"CustomerId": other.account_ids[0], "Notes": "n"}
    for chain in (None, UNKNOWN, str(api.chain_id)):
        assert (await portfolio.call("customers/update", ChainId=chain, **given)).status == 400
    assert (await portfolio.good("customers/update", ChainId=str(other.chain_id), **given))["Notes"] == "n"


async def test_names_are_found_by_their_beginning(api: Api, other: Api) -> None:
    people = (("Ada", "Lovelace"), ("Mary Ann", "Évans"), ("Love", "Zed"), (None, "O'Neil_%"), ("Ada", "Byron"))
    for first, last in people:
        await api.good("customers/add", FirstName=first, LastName=last)
    await other.good("customers/add", FirstName="Ada", LastName="Stranger")
    cases: tuple[tuple[str | None, list[str]], ...] = (
        ("love", ["Lovelace", "Zed"]),
        ("ADA", ["Byron", "Lovelace"]),
        ("ada l", ["Lovelace"]),
        ("mary ann éV", ["Évans"]),
        ("Mary Ann", ["Évans"]),
        ("Ada  Byron ", ["Byron"]),
        ("o'neil_", ["O'Neil_%"]),
        ("ovelace", []),
        ("%", []),
        (" ", []),
        (None, []),
    )
    for name, expected in cases:
        data = await api.good("customers/search", Name=name)
        assert data["Documents"] is None
        assert all(one["Reservation"] is None for one in data["Customers"])
        assert (name, [one["Customer"]["LastName"] for one in data["Customers"]]) == (name, expected)


async def test_nobody_is_in_a_space(api: Api) -> None:
    for members in ({"ResourceId": UNKNOWN}, {"Extent": {"Customers": False}}):
        given: dict[str, Any] = {"Name": "Guest", **members}
        assert (await api.good("customers/search", **given))["Customers"] == []
    assert len((await api.good("customers/search", Name="guest"))["Customers"]) == 5


async def test_portfolio_token_searches_all_its_chains(api: Api, other: Api, portfolio: Api) -> None:
    found = await portfolio.good("customers/search", Name="guest 1")

    assert {one["Customer"]["ChainId"] for one in found["Customers"]} == {str(api.chain_id), str(other.chain_id)}
