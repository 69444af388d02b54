"""`companies`: getAll, add, update, delete."""

from typing import Any

import pytest

from .conftest import Api

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"
DAY = {"StartUtc": "2026-05-02T00:00:00Z", "EndUtc": "2026-05-03T00:00:00Z"}

TEXTS: dict[str, tuple[str, str]] = {
    "InvoicingEmail": ("a@example.com", "b@example.com"),
    "WebsiteUrl": ("https://a.example", "https://b.example"),
    "InvoiceDueInterval": ("P2DT23H", "P0Y1M0DT0H0M0S"),
    "Department": ("Sales", "Marketing"),
    "DunsNumber": ("123456789", "987654321"),
    "ReferenceIdentifier": ("r1", "r2"),
    "AccountingCode": ("a1", "a2"),
    "AdditionalTaxIdentifier": ("t1", "t2"),
    "BillingCode": ("b1", "b2"),
    "Contact": ("c1", "c2"),
    "ContactPerson": ("p1", "p2"),
    "ElectronicInvoiceIdentifier": ("e1", "e2"),
    "Identifier": ("i1", "i2"),
    "Iata": ("PAO", "PAX"),
    "Notes": ("n1", "n2"),
    "TaxIdentifier": ("x1", "x2"),
    "Telephone": ("1", "2"),
    "ExternalIdentifier": ("z1", "z2"),
}
OPTIONS = {"Invoiceable": True, "AddFeesToInvoices": False, "AddTaxDeductedPaymentToInvoices": True}
FULL: dict[str, Any] = {name: first for name, (first, _) in TEXTS.items()}
ADDRESS = {"Line1": "Street 1", "City": "Porto", "CountryCode": "PT"}


async def add(api: Api, name: str = "Example", **members: Any) -> dict[str, Any]:
    """Add a company and return it."""
    data = await api.good("companies/add", Name=name, **{"Options": OPTIONS, **members})
    (made,) = data["Companies"]
    assert data["Cursor"] == made["Id"]
    return dict(made)


async def test_added_company_is_listed(api: Api) -> None:
    mother = await add(api, "Mother")
    rating = {"Basic": "PaymentRequiredUpfront"}
    made = await add(api, MotherCompanyId=mother["Id"], CreditRating=rating, Address=ADDRESS, **FULL)

    assert {name: made[name] for name in FULL} == FULL
    assert (made["Options"], made["CreditRating"], made["MotherCompanyId"]) == (OPTIONS, rating, mother["Id"])
    assert {name: made["Address"][name] for name in ADDRESS} == ADDRESS
    assert made["AddressId"] == made["Address"]["Id"]
    assert made["TaxIdentificationNumber"] == made["TaxIdentifier"]
    assert made["Number"] == mother["Number"] + 1
    assert (made["ChainId"], made["IsActive"], made["MergeTargetId"]) == (str(api.chain_id), True, None)
    assert made["CreatedUtc"] == made["UpdatedUtc"] == "2026-05-01T12:00:00Z"
    assert await api.good("companies/getAll", Ids=[made["Id"]], Limitation={"Count": 1}) == {
        "Companies": [made],
        "Cursor": made["Id"],
    }


async def test_least_company_has_every_member(api: Api) -> None:
    (made,) = (await api.good("companies/add", Name="x", Iata=" "))["Companies"]
    full = await add(api, Address=ADDRESS, **FULL)

    assert set(made) == set(full)
    assert (made["Iata"], made["CreditRating"], set(made["Options"].values())) == (None, {"Basic": None}, {False})


async def test_wrong_properties_are_named(api: Api) -> None:
    wrong: tuple[tuple[str, Any, str], ...] = (
        ("Name", None, "Name"),
        ("Name", "", "Name"),
        ("Name", " ", "Name"),
        ("MotherCompanyId", UNKNOWN, "MotherCompanyId"),
        ("MotherCompanyId", api.account_ids[0], "MotherCompanyId"),
        ("InvoiceDueInterval", "P", "InvoiceDueInterval"),
        ("InvoiceDueInterval", "2 days", "InvoiceDueInterval"),
        ("CreditRating", {"Basic": "Good"}, "CreditRating.Basic"),
        ("Options", {"Invoiceable": "yes"}, "Options.Invoiceable"),
        ("ExternalIdentifier", "x" * 256, "ExternalIdentifier"),
    )
    for name, value, path in wrong:
        given: dict[str, Any] = {"Name": "x", name: value}
        reply = await api.call("companies/add", **given)
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")
    assert (await api.good("companies/getAll"))["Companies"] == []


async def test_external_identifier_is_one_of_a_kind(api: Api, other: Api) -> None:
    await add(api, ExternalIdentifier="1")
    assert (await api.call("companies/add", Name="x", ExternalIdentifier="1")).status == 403
    await add(other, ExternalIdentifier="1")


async def test_filters_combine(api: Api, other: Api) -> None:
    api.clock.forward(days=1)
    one = (await add(api, "One", ExternalIdentifier="e1"))["Id"]
    two = (await add(api, "Two", MotherCompanyId=one))["Id"]
    api.clock.forward(days=1)
    await api.good("companies/update", CompanyId=one, Notes={"Value": "n"})
    three = (await add(api, "One"))["Id"]
    await api.good("companies/delete", CompanyIds=[three])
    await add(other, "One")
    both = [two, one]
    cases: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({}, [three, *both]),
        ({"ActivityStates": []}, [three, *both]),
        ({"ActivityStates": ["Active"]}, both),
        ({"ActivityStates": ["Deleted"]}, [three]),
        ({"Ids": [one, UNKNOWN]}, [one]),
        ({"Names": ["One", "x"]}, [three, one]),
        ({"Names": ["one"]}, []),
        ({"ExternalIdentifiers": ["e1"]}, [one]),
        ({"MotherCompanyIds": [one]}, [two]),
        ({"CreatedUtc": DAY}, both),
        ({"UpdatedUtc": DAY}, [two]),
        (DAY, both),
        ({"TimeFilter": "Created", **DAY}, both),
        ({"TimeFilter": "Updated", **DAY}, [two]),
        ({"TimeFilter": "Updated"}, [three, *both]),
        ({"ChainIds": [str(api.chain_id)]}, [three, *both]),
        ({"Limitation": {"Count": 1, "Cursor": three}}, [two]),
    )
    for filters, expected in cases:
        data = await api.good("companies/getAll", **filters)
        assert (filters, [item["Id"] for item in data["Companies"]]) == (filters, expected)
        assert data["Cursor"] == expected[-1] if expected else data["Cursor"] is None


async def test_wrong_filters_are_named(api: Api, other: Api) -> None:
    stranger = (await add(other))["Id"]
    wrong: tuple[tuple[str, Any, str], ...] = (
        *((name, [], name) for name in ("Ids", "Names", "ExternalIdentifiers", "MotherCompanyIds", "ChainIds")),
        ("Names", ["x"] * 1001, "Names"),
        ("ChainIds", [str(other.chain_id)], "ChainIds"),
        ("StartUtc", "2026-05-01T00:00:00Z", "EndUtc"),
        ("TimeFilter", "Colliding", "TimeFilter"),
        ("Limitation", {"Count": 1, "Cursor": stranger}, "Cursor"),
        ("Limitation", {"Count": 1001}, "Limitation.Count"),
    )
    for name, value, path in wrong:
        reply = await api.call("companies/getAll", **{name: value})
        assert (name, reply.status, reply.message) == (name, 400, f"Invalid {path}.")


@pytest.mark.parametrize("name", sorted(TEXTS))
async def test_each_text_is_kept_set_and_cleared(api: Api, name: str) -> None:
    first, second = TEXTS[name]
    made = await add(api, **FULL)
    api.clock.forward(minutes=5)
    for wrapper, expected in ((None, first), ({"Value": second}, second), (first, first), ({}, None)):
        (changed,) = (await api.good("companies/update", CompanyId=made["Id"], **{name: wrapper}))["Companies"]
        also = {"TaxIdentificationNumber"} if name == "TaxIdentifier" else set()
        assert {key for key in made if made[key] != changed[key]} - also <= {name, "UpdatedUtc"}
        assert changed[name] == expected


async def test_options_rating_and_mother_change_one_by_one(api: Api) -> None:
    made, mother = await add(api, **FULL), await add(api, "Mother")
    cases: tuple[tuple[str, Any, Any], ...] = (
        ("Name", {"Value": "New"}, "New"),
        ("Options", {"AddFeesToInvoices": {"Value": True}}, {**OPTIONS, "AddFeesToInvoices": True}),
        ("Options", {"Invoiceable": {"Value": False}}, {**OPTIONS, "AddFeesToInvoices": True, "Invoiceable": False}),
        ("CreditRating", {"Basic": {"Value": "CreditOk"}}, {"Basic": "CreditOk"}),
        ("CreditRating", {}, {"Basic": "CreditOk"}),
        ("CreditRating", {"Basic": {"Value": None}}, {"Basic": None}),
        ("MotherCompanyId", {"Value": mother["Id"]}, mother["Id"]),
        ("MotherCompanyId", None, mother["Id"]),
        ("MotherCompanyId", {"Value": None}, None),
    )
    for name, value, expected in cases:
        (changed,) = (await api.good("companies/update", CompanyId=made["Id"], **{name: value}))["Companies"]
        assert (name, changed[name]) == (name, expected)


async def test_wrong_changes_are_named(api: Api, other: Api) -> None:
    made, stranger = await add(api), await add(other)
    gone = await add(api)
    await api.good("companies/delete", CompanyIds=[gone["Id"]])
    wrong: tuple[tuple[str, Any, str], ...] = (
        *(("CompanyId", one, "CompanyId") for one in (UNKNOWN, api.account_ids[0], stranger["Id"], gone["Id"], None)),
        ("Name", {"Value": None}, "Name"),
        ("Name", {"Value": " "}, "Name"),
        ("Options", {"Invoiceable": {}}, "Options.Invoiceable"),
        ("MotherCompanyId", {"Value": gone["Id"]}, "MotherCompanyId"),
        ("MotherCompanyId", {"Value": made["Id"]}, "MotherCompanyId"),
        ("InvoiceDueInterval", {"Value": "soon"}, "InvoiceDueInterval"),
        ("ExternalIdentifier", {"Value": "x" * 256}, "ExternalIdentifier.Value"),
    )
    for name, value, path in wrong:
        given: dict[str, Any] = {"CompanyId": made["Id"], name: value}
        reply = await api.call("companies/update", **given)
        assert (name, value, reply.status, reply.message) == (name, value, 400, f"Invalid {path}.")


async def test_one_wrong_company_leaves_all(api: Api, other: Api) -> None:
    made, stranger = await add(api), await add(other)
    for ids in ([made["Id"], stranger["Id"]], [made["Id"], api.account_ids[0]], [], [UNKNOWN] * 1001):
        reply = await api.call("companies/delete", CompanyIds=ids)
        assert (reply.status, reply.message) == (400, "Invalid CompanyIds.")
    assert await api.good("companies/delete", CompanyIds=[made["Id"]] * 2) == {}
    assert (await api.call("companies/delete", CompanyIds=[made["Id"]])).status == 400
    (gone,) = (await api.good("companies/getAll"))["Companies"]
    assert (gone["Id"], gone["IsActive"]) == (made["Id"], False)


async def test_customers_belong_to_companies(api: Api) -> None:
    made = await add(api)
    customer = await api.good("customers/add", LastName="x", CompanyId=made["Id"])

    assert customer["CompanyId"] == made["Id"]
    assert len((await api.good("customers/getAll", CompanyIds=[made["Id"]]))["Customers"]) == 1


async def test_portfolio_token_names_its_chain(api: Api, other: Api, portfolio: Api) -> None:
    chain = str(other.chain_id)
    assert (await portfolio.call("companies/add", Name="x")).message == "Invalid ChainId."
    made = await add(portfolio, ChainId=chain)
    assert made["ChainId"] == chain
    assert (await portfolio.call("companies/update", CompanyId=made["Id"])).message == "Invalid ChainId."
    wrong = await portfolio.call("companies/update", CompanyId=made["Id"], ChainId=str(api.chain_id))
    assert wrong.message == "Invalid CompanyId."
    await portfolio.good("companies/update", CompanyId=made["Id"], ChainId=chain, Notes={"Value": "n"})
    assert len((await portfolio.good("companies/getAll"))["Companies"]) == 1
    assert await portfolio.good("companies/delete", CompanyIds=[made["Id"]]) == {}


async def test_changes_are_events(api: Api) -> None:
    made = await add(api)
    await api.good("companies/update", CompanyId=made["Id"], Notes={"Value": None})
    await api.good("companies/update", CompanyId=made["Id"], Notes={"Value": "n"})
    await api.good("companies/delete", CompanyIds=[made["Id"]])
    async with await api.database.connect() as connection:
        query = "SELECT name FROM events WHERE name LIKE 'company.%' ORDER BY sequence"
        names = [row[0] for row in await (await connection.execute(query)).fetchall()]

    assert names == ["company.created", "company.updated", "company.deleted"]
