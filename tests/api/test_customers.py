"""`customers/getAll`, `customers/add` and `configuration/get`: where every client begins."""

from typing import Any

import pytest

from .conftest import NOON, Api, BuildApi

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"

FULL: dict[str, Any] = {
    "LastName": "Ümlaut",
    "FirstName": "Ada",
    "SecondLastName": "Second",
    "Title": "Miss",
    "Sex": "Female",
    "NationalityCode": "DE",
    "PreferredLanguageCode": "de-DE",
    "BirthDate": "1980-02-29",
    "BirthCountryCode": "DE",
    "BirthCountrySubdivisionCode": "DE-BE",
    "BirthPlace": "Berlin",
    "Occupation": "Baker",
    "Email": "Ada@Example.com",
    "Phone": "+49 30 1",
    "LoyaltyCode": "L1",
    "Notes": "likes tea",
    "CarRegistrationNumber": "B-A 1",
    "DietaryRequirements": "none",
    "TaxIdentificationNumber": "T1",
    "ItalianDestinationCode": "ABCDEFG",
    "ItalianFiscalCode": "RSSMRA85T10A562S",
    "ItalianLotteryCode": "ABCD1234",
    "Classifications": ["Important", "Returning"],
    "Options": ["SendMarketingEmails"],
}
ADDRESS = {
    "Line1": "Street 1",
    "Line2": None,
    "City": "Berlin",
    "PostalCode": "10115",
    "CountryCode": "DE",
    "CountrySubdivisionCode": "DE-BE",
}


async def test_added_customer_is_answered_bare_and_listed(api: Api) -> None:
    made = await api.good("customers/add", OverwriteExisting=False, Address=ADDRESS, **FULL)

    assert {name: made[name] for name in FULL} == FULL
    assert {name: made["Address"][name] for name in ADDRESS} == ADDRESS
    assert (made["ChainId"], made["IsActive"], made["ActivityState"]) == (str(api.chain_id), True, "Active")
    assert made["CreatedUtc"] == made["UpdatedUtc"] == "2026-05-01T12:00:00Z"
    assert made["Number"].isdigit()
    listed = await api.good("customers/getAll", CustomerIds=[made["Id"]], Extent={"Customers": True, "Addresses": True})
    assert listed == {"Customers": [made], "Documents": None, "Cursor": made["Id"]}


async def test_least_customer_has_every_member(api: Api) -> None:
    made = await api.good("customers/add", LastName="x", FirstName="", Email=" ")
    full = await api.good("customers/add", Address=ADDRESS, **FULL)

    assert set(made) == set(full)
    assert (made["Classifications"], made["Options"], made["Address"]) == ([], [], None)
    assert (made["FirstName"], made["Email"], made["HasOtaEmail"]) == (None, None, False)


async def test_wrong_properties_are_named(api: Api) -> None:
    wrong: tuple[tuple[str, Any], ...] = (
        ("LastName", ""),
        ("LastName", None),
        ("OverwriteExisting", "yes"),
        ("Title", "Lord"),
        ("Sex", "male"),
        ("BirthDate", "1980-02-30"),
        ("CarRegistrationNumber", "x" * 256),
        ("DietaryRequirements", "x" * 256),
        ("ItalianLotteryCode", "x"),
        ("CompanyId", "x"),
        ("CompanyId", UNKNOWN),
        ("Address", "x"),
    )
    for name, value in wrong:
        given: dict[str, Any] = {"LastName": "x", name: value}
        reply = await api.call("customers/add", **given)
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {name}.")
    reply = await api.call("customers/add", LastName="x", Classifications=["Important", "Nice"])
    assert reply.message == "Invalid Classifications[1]."


async def test_known_email_is_refused_or_overwritten(api: Api) -> None:
    first = await api.good("customers/add", Address=ADDRESS, **FULL)
    again: dict[str, Any] = {"LastName": "New", "Email": "ada@example.COM", "Occupation": "Painter", "FirstName": None}
    reply = await api.call("customers/add", **again)
    assert reply.status == 403
    assert "ada@example.COM" in reply.message

    api.clock.forward(minutes=5)
    changed = await api.good("customers/add", OverwriteExisting=True, **again)
    kept = {name for name in first if first[name] == changed[name]}
    assert set(first) - kept == {"LastName", "Email", "Occupation", "UpdatedUtc"}
    assert changed["UpdatedUtc"] == "2026-05-01T12:05:00Z"


@pytest.mark.parametrize("stored", ["X@Mixed.Example", "Éva@mixed.example", "İ@mixed.example"])
async def test_an_address_that_no_look_up_finds_can_be_added(api: Api, stored: str) -> None:
    await api.good("customers/add", LastName="x", Email=stored)
    for asked in (stored, stored.lower(), stored.upper()):
        found = (await api.good("customers/getAll", Emails=[asked]))["Customers"]
        several = (await api.good("customers/getAll", Emails=[asked, "y@example.com"]))["Customers"]
        added = await api.call("customers/add", LastName="y", Email=asked)
        assert (len(found), len(several), added.status) in ((1, 1, 403), (0, 0, 200)), asked


async def test_what_is_shown_as_an_end_of_an_interval_is_found(api: Api) -> None:
    api.clock.forward(microseconds=700_000)
    made = await api.good("customers/add", LastName="x")
    api.clock.forward(microseconds=310_000)
    later = await api.good("customers/add", LastName="y")
    shown, next_second = made["CreatedUtc"], later["CreatedUtc"]
    cases: tuple[tuple[str, str, list[str]], ...] = (
        (shown, shown, [made["Id"]]),
        (shown, next_second, [made["Id"]]),
        (next_second, next_second, [later["Id"]]),
        ("2026-05-01T11:59:59Z", shown, []),
        ("2026-05-01T12:00:00.3Z", "2026-05-01T12:00:00.9Z", [made["Id"]]),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", []),
    )
    assert shown < next_second
    for start, end, expected in cases:
        for name in ("CreatedUtc", "UpdatedUtc"):
            wanted: dict[str, Any] = {name: {"StartUtc": start, "EndUtc": end}, "LastNames": ["x", "y"]}
            found = (await api.good("customers/getAll", **wanted))["Customers"]
            assert (name, start, end, [one["Id"] for one in found]) == (name, start, end, expected)


async def test_another_chain_may_know_the_same_email(api: Api, other: Api) -> None:
    for one in (api, other):
        await one.good("customers/add", LastName="x", Email="a@example.com")


async def test_filters_combine(api: Api) -> None:
    api.clock.forward(days=1)
    ada = (await api.good("customers/add", LastName="B", FirstName="Ada", Email="Ada@x.example", LoyaltyCode="L"))["Id"]
    bob = (await api.good("customers/add", LastName="B", FirstName="Bob", LoyaltyCode="l"))["Id"]
    cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({"CustomerIds": [ada, bob, UNKNOWN]}, [bob, ada]),
        ({"Emails": ["Ada@x.example", "z"]}, [ada]),
        ({"Emails": ["ada@X.example"]}, [ada]),
        ({"Emails": ["ada@x.example", "ADA@x.example", "z"]}, [ada]),
        ({"LastNames": ["B"]}, [bob, ada]),
        ({"LastNames": ["B"], "FirstNames": ["Ada", "Eve"]}, [ada]),
        ({"LoyaltyCodes": ["L"]}, [ada]),
        ({"CompanyIds": [UNKNOWN]}, []),
        ({"CreatedUtc": {"StartUtc": "2026-05-02T12:00:00Z", "EndUtc": "2026-05-03T00:00:00Z"}}, [bob, ada]),
        ({"LastNames": ["B"], "Limitation": {"Count": 1}}, [bob]),
        ({"LastNames": ["B"], "Limitation": {"Count": 1, "Cursor": bob}}, [ada]),
        ({"LastNames": ["B"], "ActivityStates": ["Deleted"]}, []),
        ({"LastNames": ["B"], "ChainIds": [UNKNOWN]}, [bob, ada]),
    )
    for filters, expected in cases:
        data = await api.good("customers/getAll", **filters)
        assert (filters, [one["Id"] for one in data["Customers"]]) == (filters, expected)


async def test_a_filter_is_needed(api: Api) -> None:
    too_little: tuple[dict[str, Any], ...] = ({}, {"Limitation": {"Count": 1}}, {"ActivityStates": ["Active"]})
    for members in too_little:
        reply = await api.call("customers/getAll", **members)
        assert reply.status == 400
        assert reply.message.startswith("Please specify at least one of the filters: CustomerIds,")


async def test_wrong_filters_are_named(api: Api) -> None:
    day = {"StartUtc": "2026-05-01T00:00:00Z", "EndUtc": "2026-05-02T00:00:00Z"}
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("CustomerIds", [], "CustomerIds"),
        ("CustomerIds", [UNKNOWN] * 1001, "CustomerIds"),
        ("CompanyIds", [UNKNOWN] * 2, "CompanyIds"),
        ("Emails", [], "Emails"),
        ("FirstNames", ["x"] * 1001, "FirstNames"),
        ("DeletedUtc", day, "ActivityStates"),
        ("Limitation", {"Count": 1, "Cursor": UNKNOWN}, "Cursor"),
    )
    for name, value, path in wrong:
        reply = await api.call("customers/getAll", **{"LastNames": ["B"], name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")


async def test_deleted_customers_are_found_when_asked_for(api: Api) -> None:
    async with await api.database.connect() as connection:
        await connection.execute("UPDATE accounts SET deleted_at = %s WHERE id = %s", [NOON, api.account_ids[0]])
    day = {"StartUtc": "2026-05-01T00:00:00Z", "EndUtc": "2026-05-02T00:00:00Z"}
    data = await api.good("customers/getAll", DeletedUtc=day, ActivityStates=["Deleted", "Active"])

    assert [one["Id"] for one in data["Customers"]] == [api.account_ids[0]]
    assert (data["Customers"][0]["IsActive"], data["Customers"][0]["ActivityState"]) == (False, "Deleted")
    assert (await api.good("customers/getAll", CustomerIds=api.account_ids[:1]))["Customers"] == []


async def test_extent_without_customers_still_moves_on(api: Api) -> None:
    data = await api.good("customers/getAll", CustomerIds=api.account_ids, Extent={"Customers": False})

    assert data == {"Customers": [], "Documents": None, "Cursor": api.account_ids[0]}


async def test_portfolio_token_names_its_chains(api: Api, other: Api, portfolio: Api) -> None:
    for chains in (None, [], ["x"], [UNKNOWN], [str(api.chain_id), UNKNOWN]):
        reply = await portfolio.call("customers/getAll", CustomerIds=api.account_ids, ChainIds=chains)
        assert (reply.status, reply.message) == (400, "Invalid ChainIds.")
    ids = [*api.account_ids, *other.account_ids]
    chains = [str(api.chain_id), str(other.chain_id)]
    data = await portfolio.good("customers/getAll", CustomerIds=ids, ChainIds=chains)

    assert [one["Id"] for one in data["Customers"]] == ids[::-1]


async def test_configuration_shows_the_enterprise(api: Api) -> None:
    data = await api.good("configuration/get")
    enterprise = data.pop("Enterprise")

    assert data == {
        "NowUtc": "2026-05-01T12:00:00Z",
        "Service": None,
        "PaymentCardStorage": None,
        "IsIdentityDocumentNumberRequired": False,
    }
    assert (enterprise["Id"], enterprise["ChainId"]) == (str(api.enterprise_id), str(api.chain_id))
    assert (enterprise["ChainName"], enterprise["Pricing"], enterprise["IsPortfolio"]) == ("Harbour", "Gross", False)
    assert enterprise["Currencies"] == [{"Currency": "GBP", "IsDefault": True, "IsEnabled": True}]
    assert enterprise["Address"]["Id"] == enterprise["AddressId"]
    assert enterprise["EditableHistoryInterval"].startswith("P0Y")


async def test_configuration_ignores_the_enterprise_of_an_ordinary_token(api: Api, other: Api) -> None:
    data = await api.good("configuration/get", EnterpriseId=str(other.enterprise_id))

    assert data["Enterprise"]["Id"] == str(api.enterprise_id)


async def test_portfolio_token_picks_an_enterprise(api: Api, other: Api, portfolio: Api, build: BuildApi) -> None:
    picked = await portfolio.good("configuration/get", EnterpriseId=str(other.enterprise_id))
    assert (picked["Enterprise"]["Id"], picked["Enterprise"]["IsPortfolio"]) == (str(other.enterprise_id), False)

    whole = await portfolio.good("configuration/get")
    assert whole["Enterprise"]["IsPortfolio"] is True
    assert whole["Enterprise"]["Id"] not in {str(api.enterprise_id), str(other.enterprise_id)}
    third = await build(name="Third")
    for wrong in (str(third.enterprise_id), "x"):
        reply = await portfolio.call("configuration/get", EnterpriseId=wrong)
        assert (reply.status, reply.message) == (400, "Invalid EnterpriseId.")
