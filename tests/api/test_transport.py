"""The way in: method, address, size, JSON, headers."""

from uuid import UUID

import msgspec
import pytest

from .conftest import Api, BuildApi

ADDRESS = "/api/connector/v1/loyaltyPrograms/getAll"


OTHER_ADDRESSES = (
    f"{ADDRESS}/",
    "/api/connector//v1/loyaltyPrograms/getAll",
    "/api/connector/v1//loyaltyPrograms/getAll",
    "/api/connector/v1/loyaltyprograms/getall",
    "/api/connector/v1/loyaltyPrograms%2FgetAll",
    "/api/connector/v1/loyaltyPrograms/./getAll",
    f"{ADDRESS}/x",
    "/api/connector/v2/loyaltyPrograms/getAll",
    "/api/connector/v1/reservations/getAll",
    "/api/connector/v1",
    "/api/connector/",
    "/api/connector",
)
NO_JSON = (
    b"",
    b"{",
    b"nonsense",
    b"{'a': 1}",
    b'{"a": 1,}',
    b'{"a": NaN}',
    b'{"a": 01}',
    b'{"a": 1} // comment',
    b'{"a": 1}{"b": 2}',
    b'["a",',
    b'{"ClientToken": "\xff\xfe"}',
    '{"ClientToken": "ä"}'.encode("utf-16"),
    '{"ClientToken": "ä"}'.encode("latin-1"),
    b'{"a": "\x01"}',
    b'{"a":' + b"[" * 100_000,
    b'{"a":' * 100_000,
)


async def test_other_address_is_unknown(api: Api) -> None:
    for path in OTHER_ADDRESSES:
        reply = await api.call(path)
        assert (path, reply.status) == (path, 404)
        assert reply.data["RequestId"] == reply.headers["request-id"]
        assert reply.message


async def test_wrong_method_is_unknown_address(api: Api) -> None:
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH"):
        reply = await api.send(ADDRESS, b"{}", method=method)
        assert (reply.status, reply.headers["content-type"]) == (404, "application/json")
        assert UUID(reply.data["RequestId"])


async def test_every_answer_has_its_own_request_id(api: Api) -> None:
    replies = [await api.call("loyaltyPrograms/getAll") for _ in range(3)]

    assert len({UUID(reply.headers["request-id"]) for reply in replies}) == 3
    assert {reply.status for reply in replies} == {200}


async def test_query_string_and_content_type_do_not_matter(api: Api) -> None:
    reply = await api.call("loyaltyPrograms/getAll", headers={"Content-Type": "text/plain"})

    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")


async def test_what_is_not_json_is_refused(api: Api) -> None:
    for body in NO_JSON:
        reply = await api.send(ADDRESS, body)
        assert (body[:40], reply.status, reply.message) == (body[:40], 400, "Invalid JSON.")


async def test_body_must_be_an_object(api: Api) -> None:
    for body in (b"[]", b'"text"', b"1", b"null", b"true"):
        reply = await api.send(ADDRESS, body)
        assert (body, reply.status, reply.message) == (body, 400, "Invalid body.")


async def test_deep_nesting_beside_good_members_is_refused(api: Api) -> None:
    deep = b"[" * 50_000 + b"]" * 50_000
    good = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})
    reply = await api.send(ADDRESS, good[:-1] + b',"Unknown":' + deep + b"}")

    assert (reply.status, reply.message) == (400, "Invalid JSON.")


async def test_byte_order_mark_is_skipped(api: Api) -> None:
    good = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})

    assert (await api.send(ADDRESS, b"\xef\xbb\xbf" + good)).status == 200


async def test_last_of_two_members_counts(api: Api) -> None:
    good = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})

    assert (await api.send(ADDRESS, b'{"ClientToken": "x",' + good[1:])).status == 200
    assert (await api.send(ADDRESS, good[:-1] + b',"ClientToken": "x"}')).status == 401


async def test_body_in_pieces_is_put_together(api: Api) -> None:
    good = msgspec.json.encode({"ClientToken": api.client_token, "AccessToken": api.access_token})

    assert (await api.send(ADDRESS, good, chunks=7)).status == 200


@pytest.mark.parametrize("announced", [True, False])
async def test_large_body_is_refused_before_it_is_read_as_json(api: Api, *, announced: bool) -> None:
    body = b"x" * (8 * 1024 * 1024 + 1)
    headers = {"Content-Length": str(len(body))} if announced else {}
    reply = await api.send(ADDRESS, body, headers=headers, chunks=9)

    assert reply.status == 413
    assert reply.data["RequestId"] == reply.headers["request-id"]


async def test_body_of_eight_megabytes_is_read(api: Api) -> None:
    reply = await api.send(ADDRESS, b'{"a":"' + b"x" * (8 * 1024 * 1024 - 8) + b'"}')

    assert reply.status == 401


async def test_empty_page_is_no_content_only_when_preferred(api: Api) -> None:
    minimal = {"Prefer": "respond-async, Return=Minimal"}
    reply = await api.call("loyaltyPrograms/getAll", headers=minimal)

    assert (reply.status, reply.body) == (204, b"")
    assert "content-type" not in reply.headers
    assert UUID(reply.headers["request-id"])
    assert (await api.call("loyaltyPrograms/getAll")).data == {"LoyaltyPrograms": [], "Cursor": None}

    await api.add_program()
    assert (await api.call("loyaltyPrograms/getAll", headers=minimal)).status == 200


@pytest.mark.parametrize("strict", [True, False])
async def test_unknown_members_matter_only_to_a_strict_door(build: BuildApi, *, strict: bool) -> None:
    api = await build(connector_strict=strict)
    item = {"Name": "A", "Code": "A", "Type": "Hotel", "Subscription": "Free", "EnterpriseId": "x"}
    reply = await api.call("loyaltyPrograms/add", LoyaltyPrograms=[item], LanguageCode="en", CultureCode="en-GB")

    assert reply.status == (400 if strict else 200)
    if strict:
        assert reply.message == "Invalid LoyaltyPrograms[0].EnterpriseId."


async def test_database_fault_shows_nothing_of_itself(api: Api) -> None:
    await api.database.close()
    api.database.address = "postgresql://nobody:secret@127.0.0.1:1/nothing"
    reply = await api.call("loyaltyPrograms/getAll")

    assert reply.status == 503
    assert "secret" not in reply.message
