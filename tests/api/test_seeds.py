"""Requests as old documentation printed them, with real ids, and a comma where one was missing."""

from typing import Any

import msgspec
import pytest

from tessera.access.keys import create_demo_tokens

from .conftest import NOON, SYSTEM, Api, add_token

CLIENT = "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D"
ACCESS = "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D"

ADD = """{
"ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
"AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
"Client": "Sample Client 1.0.0",
"LoyaltyPrograms": [
{
"DataClusterId": "8ddea57b-6a5c-4eec-8c4c-24467dce118e",
"Name": "Platinum Club",
"Code": "PC01"
}
]
}"""
GET_ALL = """{
"ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
"AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
"Client": "Sample Client 1.0.0",
"LoyaltyProgramIds": [
"3ed9e2f3-4bba-4df6-8d41-ab1b009b6425",
"8a98965a-7c03-48a1-a28c-ab1b009b53c8"
],
"CreatedUtc": {
"StartUtc": "2022-10-05T00:00:00Z",
"EndUtc": "2022-10-10T00:00:00Z"
},
"UpdatedUtc": {
"StartUtc": "2022-10-10T00:00:00Z",
"EndUtc": "2022-10-17T00:00:00Z"
},
"ActivityStates": [
"Active"
],
"Limitation":{
"Cursor": "e7f26210-10e7-462e-9da8-ae8300be8ab7",
"Count": 100
}
}"""

UPDATE = """{
"ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
"AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
"Client": "Sample Client 1.0.0",
"LoyaltyProgramUpdates": [
{
"LoyaltyProgramId": "a58ff7cb-77e3-495a-bd61-aecf00a3f19d",
"Name": "Platinum Club Extra"
}
]
}"""
DELETE = """{
"ClientToken": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
"AccessToken": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D",
"Client": "Sample Client 1.0.0",
"LoyaltyProgramIds": [
"a58ff7cb-77e3-495a-bd61-aecf00a3f19d",
"da34b396-41f7-47f6-8847-aecf00a3f19e"
]
}"""


@pytest.fixture
async def demo(api: Api) -> Api:
    """Return an API that accepts the published tokens, in October 2022."""
    async with api.database.session() as session:
        await create_demo_tokens(session, SYSTEM, api.keys, [api.enterprise_id], now=NOON)
    api.clock.now = NOON.replace(year=2022, month=10, day=6)
    return api.with_tokens(CLIENT, ACCESS)


async def test_printed_add_works(demo: Api) -> None:
    reply = await demo.send("loyaltyPrograms/add", ADD.encode())

    (made,) = reply.data["LoyaltyPrograms"]
    assert {name: made[name] for name in ("Name", "Code")} == {"Name": "Platinum Club", "Code": "PC01"}


async def test_printed_list_works_with_real_ids(demo: Api) -> None:
    first = (await demo.send("loyaltyPrograms/add", ADD.encode())).data["LoyaltyPrograms"][0]["Id"]
    newer = await demo.add_program("GEC07")
    async with await demo.database.connect() as connection:
        await connection.execute("UPDATE programs SET updated_at = '2022-10-12T00:00:00Z'")
    body = GET_ALL.replace("e7f26210-10e7-462e-9da8-ae8300be8ab7", newer)
    body = body.replace("3ed9e2f3-4bba-4df6-8d41-ab1b009b6425", first)
    reply = await demo.send("loyaltyPrograms/getAll", body.encode())

    assert [one["Id"] for one in reply.data["LoyaltyPrograms"]] == [first]
    assert {"Id", "Name", "Code"} <= set(reply.data["LoyaltyPrograms"][0])
    assert reply.data["Cursor"] == first


async def test_printed_list_without_its_comma_is_not_json(demo: Api) -> None:
    body = GET_ALL.replace('1.0.0",', '1.0.0"')
    reply = await demo.send("loyaltyPrograms/getAll", body.encode())

    assert (reply.status, reply.message) == (400, "Invalid JSON.")


async def test_printed_update_works_with_a_real_id(demo: Api) -> None:
    (made,) = (await demo.send("loyaltyPrograms/add", ADD.encode())).data["LoyaltyPrograms"]
    body = UPDATE.replace("a58ff7cb-77e3-495a-bd61-aecf00a3f19d", made["Id"])
    reply = await demo.send("loyaltyPrograms/update", body.encode())

    assert reply.data == {"LoyaltyPrograms": [{**made, "Name": "Platinum Club Extra"}]}


async def test_printed_update_is_refused_to_a_strict_token(api: Api, demo: Api) -> None:
    strict = await add_token(api, strict=True)
    body = UPDATE.replace("a58ff7cb-77e3-495a-bd61-aecf00a3f19d", await demo.add_program())
    body = body.replace(ACCESS, strict.access_token).replace(CLIENT, strict.client_token)
    reply = await strict.send("loyaltyPrograms/update", body.encode())

    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramUpdates[0].Name.")


async def test_printed_delete_works_with_real_ids(demo: Api) -> None:
    (made,) = (await demo.send("loyaltyPrograms/add", ADD.encode())).data["LoyaltyPrograms"]
    body = DELETE.replace("a58ff7cb-77e3-495a-bd61-aecf00a3f19d", made["Id"])
    reply = await demo.send("loyaltyPrograms/delete", body.encode())
    assert (reply.status, reply.message) == (400, "Invalid LoyaltyProgramIds.")

    body = body.replace("da34b396-41f7-47f6-8847-aecf00a3f19e", await demo.add_program("GEC07"))
    reply = await demo.send("loyaltyPrograms/delete", body.encode())
    assert (reply.status, reply.body) == (200, b"{}")
    assert (await demo.good("loyaltyPrograms/getAll"))["LoyaltyPrograms"] == []


async def test_memberships_of_2022_work(demo: Api) -> None:
    program = await demo.add_program()
    item: dict[str, Any] = {
        "AccountId": demo.account_ids[0],
        "LoyaltyProgramId": program,
        "Code": "4810",
        "ExpirationDate": "",
        "Url": "",
    }
    body = {"ClientToken": CLIENT, "AccessToken": ACCESS, "Client": "Sample Client 1.0.0", "LoyaltyMemberships": [item]}
    reply = await demo.send("loyaltyMemberships/add", msgspec.json.encode(body))

    (made,) = reply.data["LoyaltyMemberships"]
    assert (made["Code"], made["ExpirationDate"], made["Url"], made["IsPrimary"]) == ("4810", None, None, False)
    body = {"ClientToken": CLIENT, "AccessToken": ACCESS, "AccountIds": demo.account_ids, "ActivityStates": ["Active"]}
    listed = await demo.send("loyaltyMemberships/getAll", msgspec.json.encode(body))
    assert listed.data["LoyaltyMemberships"] == [made]
