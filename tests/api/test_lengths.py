"""Texts longer than the contract takes are refused by name; the longest that it takes are stored, found and shown."""

import copy
import random
import string
from typing import Any

import pytest
from msgspec import inspect

from tessera.api.connector.v1.calls import Operation
from tessera.api.connector.v1.operations import OPERATIONS

from .conftest import Api

ROOT = "/api/connector/v1/"
# What is not a text of a record, though it is written as one; the room checks what it says.
OTHERS = {"ChainId", "CompanyId", "BirthDate", "ExpirationDate", "DataClusterId", "InvoiceDueInterval"}
WRITING = [
    operation
    for address, operation in OPERATIONS.items()
    if address.endswith(("/add", "/update")) and operation.permission == "members:write"
]
# Every letter another one: repeated letters are packed so well that they fit an index nevertheless.
LETTERS = string.ascii_letters + string.digits


def make_text(length: int) -> str:
    return "".join(random.Random(length).choices(LETTERS, k=length))


def texts_in(kind: inspect.Type, way: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], inspect.StrType]]:
    """Return every text that a request may hold, with the way to it."""
    if isinstance(kind, inspect.UnionType):
        return [found for one in kind.types for found in texts_in(one, way)]
    if isinstance(kind, inspect.ListType):
        return texts_in(kind.item_type, (*way, 0))
    if isinstance(kind, inspect.StructType):
        return [found for field in kind.fields for found in texts_in(field.type, (*way, field.encode_name))]
    return [(way, kind)] if isinstance(kind, inspect.StrType) else []


@pytest.mark.parametrize("operation", WRITING, ids=lambda operation: operation.address.removeprefix(ROOT))
def test_every_text_has_a_limit(operation: Operation[Any]) -> None:
    found = texts_in(inspect.type_info(operation.request))
    named = [(way, kind) for way, kind in found if not OTHERS & set(way)]
    bare = {way for way, kind in named if kind.max_length is None and kind.pattern is None}

    assert named
    assert bare == set()


# Operation, what it needs, the list or member that holds the record's properties.
WRITTEN: tuple[tuple[str, dict[str, Any], tuple[Any, ...], tuple[str, ...]], ...] = (
    ("customers/add", {"LastName": "x"}, (), ("LastName", "FirstName", "Email", "LoyaltyCode", "Notes", "Phone")),
    ("customers/add", {"LastName": "x", "Address": {}}, ("Address",), ("Line1", "City", "PostalCode")),
    ("customers/update", {"CustomerId": "<customer>"}, (), ("LastName", "FirstName", "Email", "LoyaltyCode", "Notes")),
    ("companies/add", {"Name": "x", "Options": {}}, (), ("Name", "InvoicingEmail", "WebsiteUrl", "ExternalIdentifier")),
    ("companies/update", {"CompanyId": "<company>"}, (), ("Name", "Iata", "WebsiteUrl")),
)
LONGEST = {"Notes": 10_000, "WebsiteUrl": 2000}


@pytest.mark.parametrize(("path", "needed", "way", "names"), WRITTEN)
async def test_too_long_texts_are_refused_by_name(
    api: Api, path: str, needed: dict[str, Any], way: tuple[Any, ...], names: tuple[str, ...]
) -> None:
    company = (await api.good("companies/add", Name="Acme", Options={}))["Companies"][0]["Id"]
    ids = {"<customer>": api.account_ids[0], "<company>": company}
    for name in names:
        longest = LONGEST.get(name, 255)
        for length, status in ((longest, 200), (longest + 1, 400), (longest + 2700, 400)):
            text = f"https://{make_text(length - 8)}" if name == "WebsiteUrl" else make_text(length)
            value: Any = {"Value": text} if path == "companies/update" else text
            given: dict[str, Any] = {key: ids.get(str(inner), inner) for key, inner in copy.deepcopy(needed).items()}
            (given[way[0]] if way else given)[name] = value
            reply = await api.call(path, **given)
            assert (name, length, reply.status) == (name, length, status), reply.body
            if status == 400:
                wrapped = ".Value" if isinstance(value, dict) else ""
                assert reply.message == f"Invalid {'.'.join((*way, name))}{wrapped}."


async def test_longest_texts_of_all_kinds_fit_one_record(api: Api) -> None:
    wide = "\N{DESERET CAPITAL LETTER LONG I}"
    letters = [chr(ord(wide) + step) for step in range(40)]
    text = "".join(random.Random(5).choices(letters, k=255))
    names = ("LastName", "FirstName", "SecondLastName", "Email", "Phone", "LoyaltyCode", "Occupation", "BirthPlace")
    given: dict[str, Any] = dict.fromkeys(names, text)
    made = await api.good("customers/add", **given)
    found = await api.good("customers/getAll", Emails=[text], LoyaltyCodes=[text], LastNames=[text])

    assert [one["Id"] for one in found["Customers"]] == [made["Id"]]
    assert {made[name] for name in names} == {text}
