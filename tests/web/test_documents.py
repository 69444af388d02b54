"""The reference pages: whatever an OpenAPI document says, a reader finds it, signed in or not."""

import shlex
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.web.conftest import Browser, Site, open_browser

from tessera.api import build_documents
from tessera.web.documents.kinds import describe_kind, list_limits
from tessera.web.documents.reference import read_reference, split_code, title_of

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Harbour API", "version": "7", "description": "First.\n\nSecond with `code`:\n* one\n* <two>"},
    "servers": [{"url": "/api/harbour/"}],
    "externalDocs": {"description": "As a file", "url": "/harbour.json"},
    "tags": [{"name": "boatPlaces", "description": "Where boats lie."}],
    "paths": {
        "/places/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
            "get": {
                "operationId": "readPlace",
                "tags": ["boatPlaces"],
                "summary": "Read a place",
                "parameters": [{"$ref": "#/components/parameters/Depth"}],
                "responses": {
                    "200": {
                        "description": "It.",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Place"}}},
                    },
                    "404": {"$ref": "#/components/responses/Gone"},
                },
            },
            "delete": {"responses": {"204": {"description": "Done."}}},
        },
        "/places": {
            "post": {
                "operationId": "addPlace",
                "tags": ["boatPlaces"],
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["Name"],
                                "properties": {"Name": {"type": "string", "maxLength": 9}},
                            },
                            "examples": {"one": {"value": {"Name": "Pier <1>"}}},
                        }
                    }
                },
                "responses": {"201": {"description": "Made."}},
            }
        },
    },
    "components": {
        "parameters": {
            "Depth": {"name": "depth", "in": "query", "description": "How `deep`.", "schema": {"type": "number"}}
        },
        "responses": {"Gone": {"description": "No such place.", "headers": {"Retry-After": {}}}},
        "schemas": {
            "Place": {"type": "object", "properties": {"Kind": {"$ref": "#/components/schemas/Kind"}}},
            "Kind": {"enum": ["Pier", "Buoy"], "description": "What it is."},
        },
    },
}

KINDS: tuple[tuple[dict[str, Any], str, list[str]], ...] = (
    ({"type": "string"}, "string", []),
    ({"type": ["string", "null"], "format": "uuid"}, "UUID or null", []),
    ({"type": "string", "format": "date-time"}, "date-time", []),
    ({"type": "array", "items": {"$ref": "#/x/Boat"}, "maxItems": 1000}, "list of Boat", ["at most 1,000 items"]),
    ({"anyOf": [{"$ref": "#/x/Boat"}, {"type": "null"}]}, "Boat or null", []),
    ({"oneOf": [{"type": "string", "maxLength": 5}, {"type": "null"}]}, "string or null", ["at most 5 characters"]),
    ({"allOf": [{"$ref": "#/x/Boat"}, {"$ref": "#/x/Sail"}]}, "Boat and Sail", []),
    ({"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1}, "32-bit integer", []),
    ({"type": "integer", "format": "int32", "minimum": 1, "maximum": 1000}, "32-bit integer", ["1 to 1,000"]),
    ({"type": "string", "minLength": 1}, "string", ["at least 1 character"]),
    ({"type": "array", "minItems": 1, "maxItems": 1}, "list of any value", ["exactly 1 item"]),
    (
        {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False, "maxItems": 2},
        "list of string and integer",
        ["at most 2 items"],
    ),
    ({"type": "array", "items": {"enum": ["A", "B"]}}, "list of string", ["each one of A, B"]),
    ({"enum": ["A", None], "type": ["string", "null"]}, "string or null", ["one of A"]),
    ({"type": "object", "additionalProperties": {"type": "boolean"}}, "object of boolean", []),
    ({"const": 5}, "5", []),
    ({}, "any value", []),
    ({"type": "integer", "default": 1}, "integer", ["1 where left out"]),
    ({"type": "object", "default": {}}, "object", ["{} where left out"]),
    ({"type": "string", "pattern": "^a+$"}, "string", ["matches ^a+$"]),
    ({"enum": [str(n) for n in range(40)]}, "string", ["one of " + ", ".join(map(str, range(30))) + " and 10 more"]),
)  # fmt: skip


@pytest.mark.parametrize(("schema", "kind", "limits"), KINDS)
def test_schema_is_put_in_words(schema: dict[str, Any], kind: str, limits: list[str]) -> None:
    assert "".join(text for text, _ in describe_kind(schema)) == kind
    assert list_limits(schema) == limits


def test_document_is_read_whole() -> None:
    read = read_reference(DOCUMENT)

    assert [group.title for group in read.groups] == ["Boat places", "Other"]
    first, second = read.groups[0].operations
    assert (first.method, first.path) == ("GET", "/api/harbour/places/{id}")
    assert [(one.name, one.place, one.required) for one in first.parameters] == [
        ("id", "path", True),
        ("depth", "query", False),
    ]
    assert [(one.status, one.headers) for one in first.answers] == [("200", []), ("404", ["Retry-After"])]
    assert second.body is not None
    assert [(one.name, one.limits) for one in second.body.members] == [("Name", ["at most 9 characters"])]
    assert second.body.example == '{\n  "Name": "Pier <1>"\n}'
    assert read.groups[1].operations[0].id == "delete-api-harbour-places-id-"


def split(command: str) -> list[str]:
    """Return the words of a command, as a shell reads it."""
    return shlex.split(command.replace("\\\n", ""))


def test_an_example_is_a_command_that_a_shell_takes() -> None:
    read = read_reference(DOCUMENT)
    first, second = read.groups[0].operations

    assert split(first.curl("https://t.example", bearer=True)) == [
        "curl", "https://t.example/api/harbour/places/{id}", "-H", "Authorization: Bearer $KEY",
    ]  # fmt: skip
    assert split(second.curl("https://t.example", bearer=False)) == [
        "curl", "https://t.example/api/harbour/places", "-H", "Content-Type: application/json",
        "-d", '{\n  "Name": "Pier <1>"\n}',
    ]  # fmt: skip


def test_words() -> None:
    assert split_code("a `b` c") == [("a ", False), ("b", True), (" c", False)]
    assert [title_of(tag) for tag in ("loyaltyPrograms", "api-keys", "points")] == [
        "Loyalty programs",
        "API keys",
        "Points",
    ]


@pytest.fixture
async def guest(site: Site) -> AsyncIterator[Browser]:
    """Somebody who is not signed in, where two APIs are described."""
    site.app.state.documents = {"harbour": DOCUMENT, **build_documents()}
    async with open_browser(site.app) as browser:
        yield browser


async def test_anyone_reads_the_reference(guest: Browser) -> None:
    answer = await guest.get("/docs/api/harbour")

    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for text in (
        "Harbour API",
        "Read a place",
        "/api/harbour/places/{id}",
        "How <code>deep</code>.",
        "at most 9 characters",
    ):
        assert text in answer.text
    assert "&lt;two&gt;" in answer.text
    assert "Pier &lt;1&gt;" in answer.text
    assert 'href="/harbour.json"' in answer.text
    assert 'id="schema-Kind"' in answer.text


async def test_the_index_shows_addresses_and_the_introduction_the_order_of_checks(guest: Browser) -> None:
    page = (await guest.get("/docs/api/connector-v1")).text

    index = page.partition('aria-label="Operations"')[2].partition("</nav>")[0]
    assert "<code>loyaltyMemberships/add</code>" in index
    assert "200 requests per access token in 30 seconds" in page
    assert page.index("a JSON object: 400") < page.index("permission of the access token: 401")
    assert "curl http://" in page
    assert "<code>PATCH chains/{chain_id}</code>" in (await guest.get("/docs/api/management-v1")).text


async def test_every_document_of_ours_is_shown(site: Site, guest: Browser) -> None:
    listed = (await guest.get("/docs/api")).text
    for name, document in site.app.state.documents.items():
        assert f'href="/docs/api/{name}"' in listed
        page = (await guest.get(f"/docs/api/{name}")).text
        for path, item in document["paths"].items():
            for operation in item.values():
                if isinstance(operation, dict):
                    assert path in page
                    assert f'id="{operation.get("operationId", "")}' in page


async def test_unknown_api_is_not_found(guest: Browser, stranger: Browser) -> None:
    assert (await guest.get("/docs/api/nothing")).status_code == 404


async def test_process_without_documents_says_so(stranger: Browser) -> None:
    assert "No API is described here" in (await stranger.get("/docs/api")).text


async def test_signed_in_users_find_it(owner: Browser) -> None:
    assert 'href="/docs/api"' in (await owner.get("/")).text
