"""`Details` of a refusal: the item, the property, the place in the body, and why."""

import gzip
from typing import Any

import pytest

from .conftest import Api

UNKNOWN = "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"


async def refuse(api: Api, path: str, **members: Any) -> tuple[int, str, str]:
    """Return status, message and details of a call that is refused."""
    reply = await api.call(path, **members)
    assert isinstance(reply.data["Details"], str), reply.body
    return reply.status, reply.message, reply.data["Details"]


@pytest.fixture
async def program(api: Api) -> str:
    return await api.add_program()


async def test_one_bad_account_among_many_is_named(api: Api, program: str) -> None:
    items = [{"AccountId": account, "LoyaltyProgramId": program} for account in (*api.account_ids[:4], UNKNOWN)]
    status, message, details = await refuse(api, "loyaltyMemberships/add", LoyaltyMemberships=items)

    assert (status, message) == (400, "Invalid AccountId.")
    assert details.startswith("LoyaltyMemberships[4].AccountId, line 1, column ")
    assert details.endswith(f": There is no active account {UNKNOWN} in the chain.")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("AccountId", "An account already has"),
        ("MembershipNumber", "A membership number already belongs"),
        ("ProviderMembershipId", "A provider membership id already belongs"),
    ],
)
async def test_the_item_that_is_there_already_is_named(api: Api, program: str, name: str, message: str) -> None:
    first = {"AccountId": api.account_ids[0], "MembershipNumber": "0", "ProviderMembershipId": "0"}
    (made,) = await api.add_memberships({**first, "LoyaltyProgramId": program})
    items: list[dict[str, Any]] = [
        {"AccountId": account, "LoyaltyProgramId": program, "MembershipNumber": str(place)}
        for place, account in enumerate(api.account_ids[1:4], 1)
    ]
    items[2][name] = first[name]
    status, said, details = await refuse(api, "loyaltyMemberships/add", LoyaltyMemberships=items)
    assert (status, said[: len(message)]) == (403, message)
    assert details.startswith("LoyaltyMemberships[2], line 1, column ")

    items[2][name] = items[1].get(name, "again")
    items[1][name] = items[2][name]
    status, _, details = await refuse(api, "loyaltyMemberships/add", LoyaltyMemberships=items)
    assert (status, details.partition(",")[0]) == (403, "LoyaltyMemberships[2]")
    found = await api.good("loyaltyMemberships/getAll")
    assert [one["Id"] for one in found["LoyaltyMemberships"]] == [made["Id"]]


async def test_the_update_that_takes_the_number_of_another_is_named(api: Api, program: str) -> None:
    items = [
        {"AccountId": account, "LoyaltyProgramId": program, "MembershipNumber": str(place)}
        for place, account in enumerate(api.account_ids[:3])
    ]
    made = await api.add_memberships(*items)
    updates: list[dict[str, Any]] = [
        {"LoyaltyMembershipId": made[1]["Id"], "Points": {"Value": 5}},
        {"LoyaltyMembershipId": made[2]["Id"], "MembershipNumber": {"Value": "0"}},
    ]
    status, _, details = await refuse(api, "loyaltyMemberships/update", LoyaltyMembershipUpdates=updates)

    assert (status, details.partition(",")[0]) == (403, "LoyaltyMembershipUpdates[1].LoyaltyMembershipId")


@pytest.mark.parametrize("taken", ["A@example.com", "b@example.com"])
async def test_the_account_that_takes_the_address_of_another_is_named(api: Api, taken: str) -> None:
    await api.good("customers/add", LastName="x", Email="a@Example.com")
    updates = [
        {"Id": account, "Discriminator": "Customer", "Customer": {"Email": {"Value": email}}}
        for account, email in zip(api.account_ids[:3], ("b@example.com", "c@example.com", taken), strict=True)
    ]
    status, _, details = await refuse(api, "accounts/update", AccountUpdates=updates)

    assert (status, details.partition(",")[0]) == (403, "AccountUpdates[2].Id")


async def test_the_company_that_takes_the_external_id_of_another_is_named(api: Api) -> None:
    first, second = [
        (await api.good("companies/add", Name="x", Options={}, ExternalIdentifier=one))["Companies"][0]["Id"]
        for one in ("1", "2")
    ]
    updates = [
        {"Id": first, "Discriminator": "Company", "Company": {"Name": {"Value": "y"}}},
        {"Id": second, "Discriminator": "Company", "Company": {"ExternalIdentifier": {"Value": "1"}}},
    ]
    status, _, details = await refuse(api, "accounts/update", AccountUpdates=updates)

    assert (status, details.partition(",")[0]) == (403, "AccountUpdates[1].Id")


async def test_the_program_with_members_is_named(api: Api, program: str) -> None:
    empty = await api.add_program("EMPTY")
    await api.add_memberships({"AccountId": api.account_ids[0], "LoyaltyProgramId": program})
    status, message, details = await refuse(api, "loyaltyPrograms/delete", LoyaltyProgramIds=[empty, program])

    assert (status, message) == (403, "Cannot delete a loyalty program with active memberships.")
    assert details.partition(",")[0] == "LoyaltyProgramIds[1]"


async def test_the_code_that_is_taken_is_named(api: Api) -> None:
    await api.add_program("GOLD")
    kind = {"Type": "Hotel", "Subscription": "Free"}
    items = [{"Name": "GOLD", "Code": "BLUE", **kind}, {"Name": "x", "Code": "GOLD", **kind}]
    status, _, details = await refuse(api, "loyaltyPrograms/add", LoyaltyPrograms=items)

    assert (status, details.partition(",")[0]) == (403, "LoyaltyPrograms[1].Code")


async def test_numbers_of_thousands_of_figures_and_marks_before_are_no_trouble(api: Api) -> None:
    head = f'{{"ClientToken": "{api.client_token}", "AccessToken": "{api.access_token}", "Limitation": {{"Count": '
    for count in ("1" * 5000, "0"):
        reply = await api.send("loyaltyMemberships/getAll", f"\ufeff{head}{count}}}}}".encode())
        assert (reply.status, reply.message) == (400, "Invalid Limitation.Count.")
        assert reply.data["Details"].startswith(f"Limitation.Count, line 1, column {len(head) + 1}")


async def test_details_say_which_interval(api: Api) -> None:
    interval = {"StartUtc": "yesterday", "EndUtc": "2026-01-01T00:00:00Z"}
    _, message, details = await refuse(api, "loyaltyMemberships/getAll", UpdatedUtc=interval)

    assert message == "Invalid StartUtc."
    assert details.startswith("UpdatedUtc.StartUtc, line 1, column ")
    assert details.endswith(": This is not a moment. Write it as YYYY-MM-DDThh:mm:ssZ.")


async def test_contract_violations_have_their_place(api: Api, program: str) -> None:
    ids = f'"AccountId": "{api.account_ids[0]}", "LoyaltyProgramId": "{program}"'
    head = f'"ClientToken": "{api.client_token}", "AccessToken": "{api.access_token}"'
    cases = (
        ('"5"', "Expected `int | float | null`, got `str`."),
        ("5.5", "This is not a whole number."),
        ("1e-400", "This is not a whole number."),
        ("2147483648", "A number is between -2147483648 and 2147483647."),
    )
    for text, reason in cases:
        body = f'{{{head},\n"LoyaltyMemberships": [\n  {{{ids}}},\n  {{{ids},\n   "Points": {text}}}\n]}}'
        reply = await api.send("loyaltyMemberships/add", body.encode())
        assert reply.message == "Invalid LoyaltyMemberships[1].Points."
        assert reply.data["Details"] == f"LoyaltyMemberships[1].Points, line 5, column 14: {reason}"


async def test_wrong_json_has_its_place_and_cause(api: Api) -> None:
    cases = (
        (b'{\n"ClientToken": tru}', "line 2, column 20: invalid character."),
        (b'{"ClientToken": "x",\n}', "line 2, column 1: trailing comma in object."),
        (b'{"ClientToken": "x"', "line 1, column 20: Input data was truncated."),
        (b'{"ClientToken": "\xff"}', "line 1, column 18: The body is not UTF-8 from here on."),
        (gzip.compress(b"{}"), "The body is compressed with gzip. Send it uncompressed."),
        (b'{"ClientToken":' * 5000 + b"1" + b"}" * 5000, "Lists and objects are nested too deep. Send a flatter body."),
    )
    for body, details in cases:
        reply = await api.send("loyaltyMemberships/getAll", body)
        assert (reply.status, reply.message) == (400, "Invalid JSON.")
        assert reply.data["Details"] == details


async def test_who_has_no_credentials_learns_nothing_more(api: Api) -> None:
    reply = await api.with_tokens("x", "y").call("loyaltyMemberships/getAll", Limitation={"Count": 0})

    assert (reply.status, reply.data["Details"]) == (401, None)


WRONG_URLS = (
    "javascript:alert(1)",
    "https://a.example/\nb",
    "https://a b",
    "https://",
    "ftp://a.example",
    "www.a.example",
)


@pytest.mark.parametrize("url", WRONG_URLS)
async def test_what_is_no_url_is_refused_by_name(api: Api, program: str, url: str) -> None:
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program}
    added = await api.call("loyaltyMemberships/add", LoyaltyMemberships=[{**item, "Url": url}])
    (made,) = await api.add_memberships({**item, "Url": "HTTPS://club.example:8443/ä?x=1#y"})
    change = {"LoyaltyMembershipId": made["Id"], "Url": {"Value": url}}
    changed = await api.call("loyaltyMemberships/update", LoyaltyMembershipUpdates=[change])

    assert (added.status, added.message) == (400, "Invalid LoyaltyMemberships[0].Url.")
    assert (changed.status, changed.message) == (400, "Invalid LoyaltyMembershipUpdates[0].Url.")


async def test_website_of_a_company_may_lack_its_beginning(api: Api) -> None:
    for url in ("www.a.example", "https://a.example", "a.example/x?y"):
        (made,) = (await api.good("companies/add", Name="x", Options={}, WebsiteUrl=url))["Companies"]
        assert made["WebsiteUrl"] == url
    for url in ("javascript:alert(1)", "a\nb", "nowhere"):
        assert (await api.call("companies/add", Name="x", WebsiteUrl=url)).message == "Invalid WebsiteUrl."
        wrapped = {"CompanyId": made["Id"], "WebsiteUrl": {"Value": url}}
        assert (await api.call("companies/update", **wrapped)).message == "Invalid WebsiteUrl."
        update = {"Id": made["Id"], "Discriminator": "Company", "Company": {"WebsiteUrl": {"Value": url}}}
        reply = await api.call("accounts/update", AccountUpdates=[update])
        assert reply.message == "Invalid AccountUpdates[0].Company.WebsiteUrl."


@pytest.mark.parametrize("moment", ["2026-04-01t00:00:00z", "2026-04-01T00:00:00z", "2026-04-01t02:00:00+02:00"])
async def test_small_letters_of_a_moment_are_read(api: Api, program: str, moment: str) -> None:
    item = {"AccountId": api.account_ids[0], "LoyaltyProgramId": program, "ExpirationDate": moment}
    (made,) = await api.add_memberships(item)

    assert made["ExpirationDate"] == "2026-04-01T00:00:00Z"
