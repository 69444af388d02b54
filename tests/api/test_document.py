"""The API's own description: it keeps to OpenAPI, its examples work, and it tells what the code does."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tessera.api.connector.v1 import build_document
from tessera.api.connector.v1.document.additions import NOT_CLEARABLE, STRICTLY_NEEDED
from tessera.api.connector.v1.document.examples import (
    CHAIN,
    COMPANY,
    CUSTOMER,
    ENTERPRISE,
    EXAMPLES,
    MEMBERSHIP,
    OTHER_CUSTOMER,
    PROGRAM,
    TIER,
)
from tessera.api.connector.v1.operations import OPERATIONS

from .conftest import Api, BuildApi, add_token

DOCUMENT: dict[str, Any] = build_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
ROOT = "/api/connector/v1/"
# Where wrappers stand in the examples of updates, and the schema that tells of them.
WRAPPED: tuple[tuple[str, tuple[str | int, ...], str], ...] = (
    ("accounts/update", ("AccountUpdates", 0, "Customer"), "AccountCustomerUpdate"),
    ("accounts/update", ("AccountUpdates", 1, "Company"), "AccountCompanyUpdate"),
    ("companies/update", (), "CompaniesUpdateRequest"),
    ("companies/update", ("Options",), "CompanyOptionsUpdate"),
    ("companies/update", ("CreditRating",), "CreditRatingUpdate"),
    ("customers/update", (), "CustomersUpdateRequest"),
    ("loyaltyMemberships/update", ("LoyaltyMembershipUpdates", 0), "LoyaltyMembershipUpdateParameters"),
    ("loyaltyPrograms/update", ("LoyaltyProgramUpdates", 0), "LoyaltyProgramUpdateParameters"),
    ("loyaltyTiers/update", ("LoyaltyTierUpdates", 0), "LoyaltyTierUpdateParameters"),
)


def validator(reference: dict[str, Any]) -> jsonschema_rs.Validator:
    """Return what judges a body by one of the document's schemas, formats included."""
    whole = {**reference, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


def body_of(address: str) -> dict[str, Any]:
    return dict(DOCUMENT["paths"][address]["post"]["requestBody"]["content"]["application/json"])


def answer_of(address: str, status: int) -> dict[str, Any]:
    found = DOCUMENT["paths"][address]["post"]["responses"][str(status)]
    if "$ref" in found:
        found = DOCUMENT["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return dict(found["content"]["application/json"])


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


class Harbour:
    """A server with the records that the examples speak of."""

    def __init__(self, api: Api, ids: dict[str, str]) -> None:
        self.api, self.ids = api, ids

    def example(self, address: str) -> dict[str, Any]:
        """Return the example's request with this server's ids and tokens."""
        text = json.dumps(body_of(address)["example"])
        for invented, real in self.ids.items():
            text = text.replace(invented, real)
        body: dict[str, Any] = json.loads(text)
        return {**body, "ClientToken": self.api.client_token, "AccessToken": self.api.access_token}

    async def ask(self, address: str, body: dict[str, Any]) -> tuple[int, Any]:
        reply = await self.api.send(address, msgspec.json.encode(body))
        return reply.status, reply.data


async def open_harbour(api: Api, *, adding: bool = False, members: bool = True) -> Harbour:
    """Make the records; a server that is to add them itself has only what they need."""
    program = await api.add_program("OTHER" if adding else "HARB", Name="Harbour Circle")
    tier = await api.add_tier(program, "OTHER" if adding else "GOLD")
    company = await api.good("companies/add", Name="Example Travel")
    ids = {
        CHAIN: str(api.chain_id),
        ENTERPRISE: str(api.enterprise_id),
        PROGRAM: program,
        TIER: tier,
        CUSTOMER: api.account_ids[0],
        COMPANY: company["Companies"][0]["Id"],
        OTHER_CUSTOMER: api.account_ids[1],
    }
    if members:
        item = {"AccountId": ids[CUSTOMER], "LoyaltyProgramId": program, "IsPrimary": True, "LoyaltyTierId": tier}
        (made,) = await api.add_memberships(item)
        ids[MEMBERSHIP] = made["Id"]
    return Harbour(api, ids)


def test_document_describes_every_operation() -> None:
    assert sorted(DOCUMENT["paths"]) == sorted(OPERATIONS)
    for address, path in DOCUMENT["paths"].items():
        assert list(path) == ["post"]
        told = path["post"]
        assert told["summary"], address
        assert "204" not in told["responses"] or told["parameters"]
        assert {"200", "400", "401", "403", "408", "409", "413", "429", "500", "503"} <= set(told["responses"])


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_every_schema_is_one() -> None:
    for name, schema in SCHEMAS.items():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})
        assert name.isidentifier(), name


def test_names_are_those_of_the_contract() -> None:
    known = (
        "Address Configuration Customer Enterprise Error Limitation LoyaltyMembership LoyaltyMembershipParameters"
        " LoyaltyMembershipState LoyaltyMembershipUpdateParameters LoyaltyProgram LoyaltyProgramParameters"
        " LoyaltyProgramType LoyaltyTier LoyaltyTierParameters TimeInterval GuidUpdateValue StringNullableUpdateValue"
    )
    assert set(known.split()) <= set(SCHEMAS)
    assert not [name for name in SCHEMAS if "Change" in name or "_" in name]


def test_every_request_has_the_credentials() -> None:
    for address in OPERATIONS:
        schema = SCHEMAS[body_of(address)["schema"]["$ref"].rpartition("/")[2]]
        assert list(schema["properties"])[:3] == ["ClientToken", "AccessToken", "Client"]
        assert {"ClientToken", "AccessToken"} <= set(schema["required"])


def test_every_operation_has_an_example_that_fits() -> None:
    assert set(OPERATIONS) <= set(EXAMPLES)
    for address in OPERATIONS:
        for given in (body_of(address), answer_of(address, 200)):
            validator(given["schema"]).validate(given["example"])


@pytest.mark.parametrize("address", sorted(OPERATIONS), ids=lambda address: str(address).removeprefix(ROOT))
async def test_example_works(api: Api, address: str) -> None:
    adding = address.endswith("/add")
    harbour = await open_harbour(api, adding=adding, members=not adding and "loyaltyPrograms" not in address)
    if address.endswith("enterprises/getAll"):
        harbour.api = await add_token(api, portfolio=True)
    status, data = await harbour.ask(address, harbour.example(address))

    assert (status, data) == (200, data)
    validator(answer_of(address, 200)["schema"]).validate(data)


async def test_refusal_fits_too(api: Api) -> None:
    status, data = await Harbour(api, {}).ask(ROOT + "loyaltyPrograms/getAll", {})

    assert status == 401
    validator(answer_of(ROOT + "loyaltyPrograms/getAll", 401)["schema"]).validate(data)


def wrapped_in(name: str) -> list[tuple[str, bool]]:
    """Return the properties of a schema that stand in wrappers, and whether each is a map of them."""
    properties = SCHEMAS[name]["properties"].items()
    return [
        (key, "additionalProperties" in inner)
        for key, inner in properties
        if any(reference.endswith("UpdateValue") for reference in references(inner))
    ]


@pytest.mark.parametrize(("address", "way", "name"), WRAPPED)
async def test_clearing_works_where_the_document_says(api: Api, address: str, way: tuple[Any, ...], name: str) -> None:
    harbour = await open_harbour(api)
    judge = validator(body_of(ROOT + address)["schema"])
    for key, several in wrapped_in(name):
        body = harbour.example(ROOT + address)
        inner: Any = body
        for step in way:
            inner = inner.setdefault(step, {}) if isinstance(inner, dict) else inner[step]
        words = {"Classifications": "Staff", "Options": "Invoiceable"}
        inner[key] = {words[key]: {"Value": None}} if several else {"Value": None}
        status, data = await harbour.ask(ROOT + address, body)
        assert (key, status) == (key, 400 if f"{name}.{key}" in NOT_CLEARABLE else 200), data
        assert judge.is_valid(body) is (status == 200), key


def test_every_wrapper_is_checked_for_clearing() -> None:
    assert {name for name in SCHEMAS if wrapped_in_any(name)} == {name for _, _, name in WRAPPED}


def wrapped_in_any(name: str) -> bool:
    return "properties" in SCHEMAS[name] and bool(wrapped_in(name))


LIMITS: tuple[tuple[str, tuple[Any, ...], Any], ...] = (
    ("loyaltyPrograms/getAll", ("Limitation", "Count"), (0, 1001, -1, 2**31, 1.5, "1", None)),
    ("loyaltyMemberships/add", ("LoyaltyMemberships", 0, "Points"), (2**31, -(2**31) - 1, 0.5, "1", True)),
    ("loyaltyMemberships/update", ("LoyaltyMembershipUpdates", 0, "Points", "Value"), (2**31, -(2**31) - 1, 0.5, "1")),
    ("loyaltyTiers/add", ("LoyaltyTiers", 0, "Ordering"), (2**31, -(2**31) - 1, 0.5, "1", None)),
    ("loyaltyMemberships/getAll", ("UpdatedUtc", "StartUtc"), (None, "yesterday", 5)),
    ("loyaltyMemberships/getAll", ("UpdatedUtc", "EndUtc"), (None, "2026-13-01T00:00:00Z", 5)),
    ("loyaltyMemberships/add", ("LoyaltyMemberships", 0, "ExpirationDate"), ("soon", 5)),
    ("loyaltyMemberships/update", ("LoyaltyMembershipUpdates", 0, "ExpirationDate"), ({"Value": "soon"},)),
    ("customers/add", ("BirthDate",), ("1985-13-01", 5)),
    ("loyaltyMemberships/add", ("LoyaltyMemberships",), ([], None)),
    ("loyaltyMemberships/getAll", ("AccountIds",), ([], ["x"])),
)


@pytest.mark.parametrize(("address", "way", "values"), LIMITS)
async def test_limits_are_those_of_the_code(api: Api, address: str, way: tuple[Any, ...], values: Any) -> None:
    harbour = await open_harbour(api)
    judge = validator(body_of(ROOT + address)["schema"])
    for value in values:
        body = copy.deepcopy(harbour.example(ROOT + address))
        inner: Any = body
        for step in way[:-1]:
            inner = inner.setdefault(step, {}) if isinstance(step, str) else inner[step]
        inner[way[-1]] = value
        status, data = await harbour.ask(ROOT + address, body)
        assert (value, status) == (value, 400), data
        assert not judge.is_valid(body), value


STRICT_AT = {"CompaniesAddRequest": "companies/add", "LoyaltyProgramParameters": "loyaltyPrograms/add"}


async def test_strict_door_needs_what_the_document_says(build: BuildApi) -> None:
    strict = Harbour(await build(connector_strict=True), {})
    for place in sorted(STRICTLY_NEEDED):
        name, _, key = place.rpartition(".")
        address = ROOT + STRICT_AT.get(name, "loyaltyPrograms/getAll")
        body = strict.example(address)
        schema = SCHEMAS[name or body_of(address)["schema"]["$ref"].rpartition("/")[2]]
        assert "strict mode" in schema["properties"][key]["description"]
        del (body["LoyaltyPrograms"][0] if name == "LoyaltyProgramParameters" else body)[key]
        status, data = await strict.ask(address, body)
        assert (place, status) == (place, 400), data
        assert f"{key}." in data["Message"]


async def test_document_is_served_and_cached(api: Api) -> None:
    path = "/api/openapi/connector-v1.json"
    reply = await api.send(path, b"", method="GET")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.data == json.loads(json.dumps(DOCUMENT))
    assert "max-age" in reply.headers["cache-control"]

    again = await api.send(path, b"", method="GET", headers={"If-None-Match": f'"other", W/{reply.headers["etag"]}'})
    assert (again.status, again.body) == (304, b"")
    assert (await api.send(path, b"", method="GET", headers={"If-None-Match": '"other"'})).status == 200
