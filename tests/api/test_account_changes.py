"""`accounts/update`: customers and companies in one call, all or none."""

from typing import Any

import pytest

from .conftest import Api, BuildApi
from .test_customers import FULL, UNKNOWN

CUSTOMER: dict[str, tuple[Any, str]] = {
    "Email": ("bea@example.com", "Email"),
    "TaxIdentifier": ("T2", "TaxIdentificationNumber"),
    "BillingCode": ("b", "BillingCode"),
    "AccountingCode": ("a", "AccountingCode"),
    "Notes": ("n", "Notes"),
    "FirstName": ("Bea", "FirstName"),
    "SecondLastName": ("Third", "SecondLastName"),
    "BirthPlace": ("Paris", "BirthPlace"),
    "Telephone": ("+33 1", "Phone"),
    "Occupation": ("Painter", "Occupation"),
    "CarRegistrationNumber": ("P 2", "CarRegistrationNumber"),
    "DietaryRequirements": ("all", "DietaryRequirements"),
    "LoyaltyCode": ("L2", "LoyaltyCode"),
    "NationalityCode": ("FR", "NationalityCode"),
    "PreferredLanguageCode": ("fr-FR", "PreferredLanguageCode"),
    "BirthDate": ("1981-01-31", "BirthDate"),
    "Sex": ("Male", "Sex"),
    "Title": ("Mister", "Title"),
}
COMPANY: dict[str, tuple[Any, str]] = {
    "Email": ("a@example.com", "InvoicingEmail"),
    "TaxIdentifier": ("x", "TaxIdentifier"),
    "BillingCode": ("b", "BillingCode"),
    "AccountingCode": ("a", "AccountingCode"),
    "Notes": ("n", "Notes"),
    "WebsiteUrl": ("https://a.example", "WebsiteUrl"),
    "InvoiceDueInterval": ("P2D", "InvoiceDueInterval"),
    "Department": ("Sales", "Department"),
    "DunsNumber": ("1", "DunsNumber"),
    "ReferenceId": ("r", "ReferenceIdentifier"),
    "ExternalIdentifier": ("e", "ExternalIdentifier"),
    "AdditionalTaxIdentifier": ("y", "AdditionalTaxIdentifier"),
    "Contact": ("c", "Contact"),
    "ContactPerson": ("p", "ContactPerson"),
    "Iata": ("PAO", "Iata"),
    "Telephone": ("1", "Telephone"),
}


def person(account: str, **members: Any) -> dict[str, Any]:
    return {"Id": account, "Discriminator": "Customer", "Customer": members}


def firm(account: str, **members: Any) -> dict[str, Any]:
    return {"Id": account, "Discriminator": "Company", "Company": members}


async def change(api: Api, *updates: dict[str, Any]) -> list[dict[str, Any]]:
    return list((await api.good("accounts/update", AccountUpdates=list(updates)))["Accounts"])


async def add_company(api: Api) -> str:
    return str((await api.good("companies/add", Name="x"))["Companies"][0]["Id"])


@pytest.mark.parametrize("name", sorted(CUSTOMER))
async def test_each_property_of_a_customer_is_kept_set_and_cleared(api: Api, name: str) -> None:
    value, shown = CUSTOMER[name]
    made = await api.good("customers/add", **FULL)
    for wrapper, expected in ((None, made[shown]), ({"Value": value}, value), ({"Value": None}, None)):
        (account,) = await change(api, person(made["Id"], **{name: wrapper}))
        assert (account["Id"], account["Discriminator"], account["Company"]) == (made["Id"], "Customer", None)
        assert account["Customer"][shown] == expected
    (stored,) = (await api.good("customers/getAll", CustomerIds=[made["Id"]]))["Customers"]
    differing = {key for key in made if made[key] != stored[key]} - {"LanguageCode"}
    assert differing == ({shown} if made[shown] is not None else set())


@pytest.mark.parametrize("name", sorted(COMPANY))
async def test_each_property_of_a_company_is_kept_set_and_cleared(api: Api, name: str) -> None:
    value, shown = COMPANY[name]
    made = await add_company(api)
    for wrapper, expected in (({"Value": value}, value), (None, value), ({}, None)):
        (account,) = await change(api, firm(made, **{name: wrapper}))
        assert (account["Discriminator"], account["Customer"]) == ("Company", None)
        assert account["Company"][shown] == expected


async def test_sets_are_switched_word_by_word(api: Api) -> None:
    made = await api.good("customers/add", **FULL)
    switched = {"Important": {"Value": False}, "Student": {"Value": True}, "Media": None}
    options = {"Invoiceable": {"Value": True}, "Unheard": {"Value": True}}
    (account,) = await change(api, person(made["Id"], Classifications=switched, Options=options))

    shown = account["Customer"]
    assert [word for word, on in shown["Classifications"].items() if on] == ["Returning", "Student"]
    assert [word for word, on in shown["Options"].items() if on] == ["SendMarketingEmails", "Invoiceable"]
    assert len(shown["Classifications"]) == 21


async def test_company_rating_mother_and_options_change(api: Api) -> None:
    mother, made = await add_company(api), await add_company(api)
    given = {
        "Name": {"Value": "New"},
        "MotherCompanyId": {"Value": mother},
        "CreditRatingBasic": {"Value": "CreditOk"},
        "Options": {"AddFeesToInvoices": {"Value": True}},
    }
    (account,) = await change(api, firm(made, **given))

    shown = account["Company"]
    assert (shown["Name"], shown["MotherCompanyId"], shown["CreditRating"]) == ("New", mother, {"Basic": "CreditOk"})
    assert [word for word, on in shown["Options"].items() if on] == ["AddFeesToInvoices"]


async def test_one_wrong_account_leaves_all(api: Api, other: Api) -> None:
    first, second, *_ = api.account_ids
    company = await add_company(api)
    way = "AccountUpdates[1]"
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        *((person(one, Notes=None), "Id") for one in (UNKNOWN, company, other.account_ids[0])),
        (firm(second), "Id"),
        ({"Id": second, "Discriminator": "Customer"}, f"{way}.Customer"),
        ({"Id": second, "Discriminator": "Person"}, f"{way}.Discriminator"),
        (person(second, LastName={"Value": None}), f"{way}.Customer.LastName"),
        (person(second, LastName={"Value": " "}), f"{way}.Customer.LastName"),
        (person(second, BirthDate={"Value": "1980-02-30"}), f"{way}.Customer.BirthDate"),
        (person(second, Sex={"Value": "x"}), f"{way}.Customer.Sex.Value"),
        (person(second, Options={"Invoiceable": {}}), f"{way}.Customer.Options.Invoiceable"),
        (person(second, CompanyId={"Value": second}), "CompanyId"),
        (firm(company, MotherCompanyId={"Value": company}), "MotherCompanyId"),
        (firm(company, Name={}), f"{way}.Company.Name"),
    )
    for update, path in wrong:
        reply = await api.call("accounts/update", AccountUpdates=[person(first, Notes={"Value": "n"}), update])
        assert (update, reply.status, reply.message) == (update, 400, f"Invalid {path}.")
    for updates in ([], [person(first)] * 1001):
        assert (await api.call("accounts/update", AccountUpdates=updates)).message == "Invalid AccountUpdates."
    (stored,) = (await api.good("customers/getAll", CustomerIds=[first]))["Customers"]
    assert stored["Notes"] is None


async def test_emails_can_be_traded_but_not_taken(api: Api) -> None:
    first, second, third, *_ = api.account_ids
    await change(api, person(first, Email={"Value": "a@x"}), person(second, Email={"Value": "b@x"}))
    changed = await change(api, person(first, Email={"Value": "B@x"}), person(second, Email={"Value": "a@x"}))
    assert [account["Customer"]["Email"] for account in changed] == ["B@x", "a@x"]

    reply = await api.call("accounts/update", AccountUpdates=[person(third, Email={"Value": "A@x"})])
    assert reply.status == 403


async def test_changes_of_one_account_follow_each_other(api: Api) -> None:
    first = api.account_ids[0]
    changed = await change(
        api, person(first, Options={"Invoiceable": {"Value": True}}), person(first, Notes={"Value": "n"})
    )

    assert changed[0] == changed[1]
    assert (changed[0]["Customer"]["Notes"], changed[0]["Customer"]["Options"]["Invoiceable"]) == ("n", True)


async def test_nothing_changed_is_not_touched(api: Api) -> None:
    api.clock.forward(minutes=5)
    (account,) = await change(api, person(api.account_ids[0], Notes={"Value": None}))

    assert account["Customer"]["UpdatedUtc"] == "2026-05-01T12:00:00Z"


async def test_thousand_accounts_change_in_one_call(build: BuildApi) -> None:
    api = await build(customers=1000)
    changed = await change(api, *(person(account, Notes={"Value": account}) for account in api.account_ids))

    assert [account["Customer"]["Notes"] for account in changed] == api.account_ids


async def test_portfolio_token_changes_accounts_of_its_chains(api: Api, other: Api, portfolio: Api) -> None:
    updates = [person(one.account_ids[0], Notes={"Value": "n"}) for one in (api, other)]

    assert len(await change(portfolio, *updates)) == 2


async def test_strict_door_wants_wrappers_and_known_words(build: BuildApi) -> None:
    strict = await build(connector_strict=True)
    for members, path in (
        ({"Notes": "n"}, "Notes"),
        ({"Options": {"Unheard": {"Value": True}}}, "Options.Unheard"),
    ):
        reply = await strict.call("accounts/update", AccountUpdates=[person(strict.account_ids[0], **members)])
        assert reply.message == f"Invalid AccountUpdates[0].Customer.{path}."
