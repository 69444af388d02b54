"""The whole document: what every operation takes and answers, and what they share."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from tessera.api.connector.v1.calls import Done, Operation
from tessera.api.connector.v1.document.examples import CREDENTIALS, EXAMPLES
from tessera.api.connector.v1.document.links import links_from, operation_id
from tessera.api.connector.v1.document.schemas import REFERENCE, Schema, build_schemas
from tessera.api.connector.v1.document.words import ABOUT, FAILURES, TAGS
from tessera.api.connector.v1.operations import OPERATIONS, ErrorBody

Names = Mapping[type[Any], str]

RETRIED = frozenset({"429", "503"})


@cache
def build_document() -> dict[str, Any]:
    """Return the OpenAPI document of every operation that there is."""
    operations = list(OPERATIONS.values())
    schemas = build_schemas(operations, ErrorBody)
    names = schemas.names
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tessera Connector API", "version": "1", "description": ABOUT},
        "externalDocs": {"description": "This document as a file", "url": "/api/openapi/connector-v1.json"},
        "servers": [{"url": "/"}],
        "tags": [describe_tag(name) for name in dict.fromkeys(map(resource_of, operations))],
        "paths": {operation.address: {"post": describe_operation(operation, names)} for operation in operations},
        "components": {
            "schemas": schemas.named,
            "responses": {
                name: describe_failure(status, text, names[ErrorBody]) for status, (name, text) in FAILURES.items()
            },
            "headers": HEADERS,
            "parameters": PARAMETERS,
        },
    }


def resource_of(operation: Operation[Any]) -> str:
    """Return the resource that an operation is grouped under."""
    return operation.address.split("/")[-2]


def describe_tag(resource: str) -> Schema:
    """Return the heading of a resource's operations."""
    text = TAGS.get(resource)
    return {"name": resource, "description": text} if text else {"name": resource}


def describe_operation(operation: Operation[Any], names: Names) -> Schema:
    """Return all about one address."""
    summary, _, rest = " ".join((operation.perform.__doc__ or "").split()).partition(". ")
    needed = f"Needs the permission `{operation.permission}`." if operation.permission else "Needs no permission."
    described: Schema = {
        "operationId": operation_id(operation.address),
        "tags": [resource_of(operation)],
        "summary": summary.rstrip("."),
        "description": " ".join(part for part in (rest, needed) if part),
        "requestBody": {
            "required": True,
            "content": describe_content(names[operation.request], request_example(operation)),
        },
        "responses": describe_responses(operation, names[operation.answer]),
        "x-permission": operation.permission,
    }
    if may_be_empty(operation):
        described["parameters"] = [{"$ref": "#/components/parameters/Prefer"}]
    return described


def may_be_empty(operation: Operation[Any]) -> bool:
    """Say whether there is a successful answer without content."""
    return operation.paged or operation.answer is Done


def describe_responses(operation: Operation[Any], name: str) -> Schema:
    """Return every status that the operation may answer with."""
    example = EXAMPLES.get(operation.address)
    done: Schema = {
        "description": "Done.",
        "headers": describe_headers(),
        "content": describe_content(name, example.answer if example else None),
    }
    links = links_from(operation.address)
    if links:
        done["links"] = links
    empty = {"204": {"$ref": "#/components/responses/NoContent"}} if may_be_empty(operation) else {}
    failures = {
        status: {"$ref": f"#/components/responses/{name}"} for status, (name, _) in FAILURES.items() if status != "204"
    }
    return {"200": done, **empty, **failures}


def request_example(operation: Operation[Any]) -> Schema | None:
    """Return a whole request, credentials included."""
    example = EXAMPLES.get(operation.address)
    return {**CREDENTIALS, **example.request} if example else None


def describe_content(name: str, example: Mapping[str, Any] | None) -> Schema:
    """Return a JSON body of this schema."""
    media: Schema = {"schema": {"$ref": REFERENCE.format(name=name)}}
    if example is not None:
        media["example"] = example
    return {"application/json": media}


def describe_failure(status: str, text: str, name: str) -> Schema:
    """Return an answer that all operations share."""
    described: Schema = {"description": text, "headers": describe_headers(retried=status in RETRIED)}
    if status != "204":
        described["content"] = describe_content(name, None)
    return described


def describe_headers(*, retried: bool = False) -> Schema:
    """Return the headers of an answer."""
    names = ["Request-Id", "Retry-After"] if retried else ["Request-Id"]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


HEADERS = {
    "Request-Id": {
        "description": "The id of this request, to name when reporting a fault.",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    },
    "Retry-After": {
        "description": "In how many seconds the request may be sent again.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 30},
    },
}
PARAMETERS = {
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": "`return=minimal` asks for 204 instead of an empty page or an empty object.",
        "schema": {"type": "string", "examples": ["return=minimal"]},
    },
}
