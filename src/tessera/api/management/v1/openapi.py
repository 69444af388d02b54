"""The API's own OpenAPI document, made from the routes: what requests are read as is what it describes."""

import inspect as python_inspect
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import Struct

from tessera.api.management.v1.downloads import OCTETS, Download
from tessera.api.management.v1.problems import MEDIA_TYPE, Problem
from tessera.api.management.v1.registry import ROUTES
from tessera.api.management.v1.request_values import KEY_LENGTH
from tessera.api.management.v1.routes import BODY, IF_MATCH, KEY, QUERY, Route

REFERENCE = "#/components/schemas/{name}"
DESCRIPTION = """Tessera's own API, for administrators' programs.

Every request carries an API key as a bearer token. A key sees its chains and nothing else: what belongs to another
chain is not found. Times are RFC 3339 with a zone. Lists are read page by page: give `next` of one page as `after` of
the next. Failures are problem bodies (RFC 9457) with a stable `code`."""
TITLES = {
    "400": "The request cannot be read.",
    "401": "The API key is missing, unknown, disabled, expired or revoked.",
    "403": "The API key lacks a permission.",
    "404": "There is no such thing, or the API key does not see it.",
    "409": "The state of things forbids it.",
    "412": "The thing is not what `If-Match` says; read it again.",
    "413": "The body is larger than 8 MB.",
    "422": "The request does not fit; `errors` says where.",
    "429": "Too many requests; `Retry-After` says when to continue.",
    "500": "Something went wrong on the server.",
    "503": "Not available just now; `Retry-After` says when to try again.",
}


@cache
def describe() -> dict[str, Any]:
    """Return the document."""
    schemas, components = read_schemas()
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = describe_route(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tessera management API", "version": version("tessera-loyalty"), "description": DESCRIPTION},
        "servers": [{"url": "/api/v1"}],
        "security": [{"api_key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(tag_of(route) for route in ROUTES)],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {status: describe_problem(status) for status in TITLES},
            "securitySchemes": {
                "api_key": {"type": "http", "scheme": "bearer", "description": "An API key, which begins with `tsr_`."}
            },
        },
    }


def read_schemas() -> tuple[dict[Any, Any], dict[str, Any]]:
    """Return a schema for every type of a body, and the components that they refer to."""
    found: dict[Any, None] = {Problem: None}
    for route in ROUTES:
        found.update(dict.fromkeys(types_of(route)))
    schemas, components = msgspec.json.schema_components(tuple(found), ref_template=REFERENCE)
    return dict(zip(found, schemas, strict=True)), components


def types_of(route: Route) -> Iterator[Any]:
    """Yield the types of a route's bodies."""
    if route.answers not in (None, Download):
        yield route.answers
    if BODY in route.reads:
        yield route.reads[BODY]


def describe_route(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return one operation of the document."""
    text = python_inspect.getdoc(route.run) or route.name
    summary, _, description = text.partition("\n")
    text = f"{description.strip()}\n\nNeeds the permission `{route.permission}`.".strip()
    operation: dict[str, Any] = {
        "operationId": route.name,
        "tags": [tag_of(route)],
        "summary": summary.rstrip("."),
        "description": text,
        "x-permission": route.permission,
        "responses": describe_answers(route, schemas),
    }
    parameters = [*path_parameters(route), *query_parameters(route), *header_parameters(route)]
    if parameters:
        operation["parameters"] = parameters
    if BODY in route.reads:
        content: dict[str, Any] = {"schema": schemas[route.reads[BODY]]}
        if route.example is not None:
            content["example"] = route.example
        operation["requestBody"] = {"required": not route.bodyless, "content": {"application/json": content}}
    return operation


def tag_of(route: Route) -> str:
    """Return the heading of an operation."""
    return route.segments[0]


def describe_answers(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return the answers that an operation may give."""
    headers = {"Request-Id": {"description": "Names this request.", "schema": {"type": "string", "format": "uuid"}}}
    if route.answers is None:
        good: dict[str, Any] = {"204": {"description": "Done.", "headers": headers}}
    else:
        content = describe_content(route, schemas)
        said = "Made." if route.status == 201 else "Done."
        good = {str(route.status): {"description": said, "headers": headers, "content": content}}
    if route.made is not None:
        good[str(route.status)]["links"] = describe_links(route)
    return {**good, **{status: {"$ref": f"#/components/responses/{status}"} for status in problems_of(route)}}


def describe_content(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return the forms in which an operation answers."""
    if route.answers is Download:
        return {OCTETS: {"schema": {"type": "string", "format": "binary"}}}
    content = {"application/json": {"schema": schemas[route.answers]}}
    if route.gives_csv:
        content["text/csv"] = {"schema": {"type": "string"}}
    return content


def describe_links(route: Route) -> dict[str, Any]:
    """Return what can be done with the thing in a route's answer."""
    value = f"$response.body#{route.made}"
    return {
        other.name: {"operationId": other.name, "parameters": {other.places[0]: value}}
        for other in ROUTES
        if other.places and tag_of(other) == tag_of(route)
    }


def problems_of(route: Route) -> Iterator[str]:
    """Yield the statuses with which an operation may fail."""
    yield from ("400", "401", "403", "404")
    if route.method != "GET" or route.conflicts:
        yield "409"
    if IF_MATCH in route.reads:
        yield "412"
    if BODY in route.reads:
        yield "413"
    yield from ("422", "429", "500", "503")


def describe_problem(status: str) -> dict[str, Any]:
    """Return a failure as the document's shared answers have it."""
    content = {MEDIA_TYPE: {"schema": {"$ref": REFERENCE.format(name="Problem")}}}
    return {"description": TITLES[status], "content": content}


def path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the placeholders of a path."""
    for name in route.places:
        (schema,), _ = msgspec.json.schema_components([route.reads[name]])
        if schema.get("type") == "integer":
            schema = {**schema, "minimum": 0}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def query_parameters(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the parameters of a query string: the members of the Struct that it is read as."""
    if QUERY not in route.reads:
        return
    kind: type[Struct] = route.reads[QUERY]
    _, components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    schema = components[kind.__name__]
    for name, member in schema["properties"].items():
        shown = {key: value for key, value in without_null(member, components).items() if value is not None}
        parameter = {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": shown}
        if "description" in shown:
            parameter["description"] = shown.pop("description")
        yield parameter


def without_null(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return a member's schema for a query string, which has no null and refers to nothing."""
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "$ref"}}
    if "anyOf" in schema:
        (one,) = [option for option in schema["anyOf"] if option.get("type") != "null"]
        return {**without_null(one, components), **rest}
    if "$ref" in schema:
        return {**components[schema["$ref"].rpartition("/")[2]], **rest}
    return rest


def header_parameters(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the headers that an operation needs."""
    if KEY in route.reads or route.repeatable:
        yield {
            "name": "Idempotency-Key",
            "in": "header",
            "required": route.reads.get(KEY) is str,
            "description": "The same on every attempt: a repeated call is answered and not carried out again.",
            "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH, "pattern": "^[!-~]+$"},
        }
    if IF_MATCH in route.reads:
        yield {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "description": "`ETag` of the answer that the change is based on; without it any version will do.",
            "schema": {"type": "string", "examples": ['"3"']},
        }
