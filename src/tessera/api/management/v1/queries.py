"""Queries: saved SELECTs over the datasets of a chain, their columns, first rows and counts."""

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from tessera import queries
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked, NameOrId
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.api.management.v1.shapes import show_as
from tessera.platform.assets import check_version
from tessera.platform.json_values import encode
from tessera.queries import NewQuery, Parameter, ParameterType

Sql = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=65_536,
        description="One SELECT over the datasets.",
        examples=["SELECT membership_id, balance FROM memberships"],
    ),
]
Description = Annotated[str, Meta(max_length=2000)]
Keys = Annotated[
    list[Text], Meta(max_length=100, description="Columns that identify a row, in order; used to send stable batches.")
]
Sort = Literal["label", "-label", "internal_name", "-internal_name", "created", "-created", "updated", "-updated"]
TypeName = Literal["text", "int", "decimal", "bool", "date", "timestamp"]
Value = str | int | float | bool | None


class SavedQueryFilter(SearchQuery, frozen=True):
    """Which queries to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    sort: Annotated[Sort, Meta(description="By label, name, or when it was made or changed; - turns it round.")] = (
        "label"
    )


class QueryParameter(Asked, frozen=True):
    """A value that the text calls `:name`."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    type: TypeName
    default: Annotated[Value, Meta(description="Used where a run gives none; null is none.")] = None


Parameters = Annotated[list[QueryParameter], Meta(max_length=50)]


class NewSavedQuery(Asked, frozen=True):
    """A query to make."""

    chain_id: UUID
    label: Label
    text: Sql
    internal_name: Annotated[Text | None, Meta(description="Null makes one of the label.")] = None
    description: Description = ""
    parameters: Parameters = field(default_factory=list)
    key_columns: Keys = field(default_factory=list)


class SavedQueryChange(Asked, frozen=True):
    """What to change of a query; what is left out stays."""

    label: Label | UnsetType = UNSET
    text: Sql | UnsetType = UNSET
    internal_name: Text | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    parameters: Parameters | UnsetType = UNSET
    key_columns: Keys | UnsetType = UNSET


class QueryValues(Asked, frozen=True):
    """With which values to run a query."""

    parameters: Annotated[
        dict[Annotated[str, Meta(max_length=60)], Value], Meta(description="By name; others have their defaults.")
    ] = field(default_factory=dict)


class QueryColumn(Struct, frozen=True):
    """One column of a query's rows."""

    name: str
    type: Literal["text", "int", "decimal", "float", "bool", "date", "timestamp", "json", "uuid"]


class SavedQuery(Struct, frozen=True):
    """A saved SELECT over the datasets of a chain."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    engine: Literal["sql"]
    text: str
    parameters: Sequence[QueryParameter]
    key_columns: Sequence[str]
    columns: Annotated[Sequence[QueryColumn], Meta(description="What the text gives.")]
    version: Annotated[int, Meta(description="Rises with every change; the `ETag`.")]
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


class QueryColumns(Struct, frozen=True):
    """The columns of a query's rows, in order."""

    columns: Sequence[QueryColumn]


class QueryPreview(Struct, frozen=True):
    """The first rows of a query."""

    columns: Sequence[QueryColumn]
    rows: Annotated[Sequence[Sequence[Any]], Meta(description="At most 50, each with a value a column.")]
    seconds: Annotated[float, Meta(description="How long it took.")]


class QueryCount(Struct, frozen=True):
    """How many rows a query gives."""

    count: int
    seconds: Annotated[float, Meta(description="How long it took.")]


show_column = show_as(QueryColumn)
show_query = show_as(SavedQuery)


async def list_queries(call: Call, query: SavedQueryFilter) -> NumberedListing[SavedQuery]:
    """List queries, by label unless asked otherwise."""
    page = await queries.list_queries(
        call.session,
        call.actor,
        query.chain_id,
        search=query.q,
        sort=query.sort,
        number=query.page,
        size=query.limit,
    )
    return number_page(page, show_query)


async def create_query(call: Call, body: NewSavedQuery) -> SavedQuery:
    """Save a query after the database has read it.

    One that reads datasets which identify persons needs the permission `members:read` too.
    """
    new = NewQuery(
        body.label,
        body.text,
        internal_name=body.internal_name,
        description=body.description,
        parameters=read_parameters(body.parameters),
        key_columns=tuple(body.key_columns),
    )
    return show_query(
        await queries.create_query(call.session, call.actor, call.engine, chain_id=body.chain_id, new=new)
    )


async def get_query(call: Call, query_ref: NameOrId) -> SavedQuery:
    """Show a query."""
    return show_query(await queries.get_query(call.session, call.actor, None, query_ref))


async def update_query(call: Call, query_ref: NameOrId, body: SavedQueryChange, if_match: int | None) -> SavedQuery:
    """Change a query after the database has read it."""
    stored = await queries.get_query(call.session, call.actor, None, query_ref)
    check_version(stored.label, stored.version, if_match)
    given = {name: getattr(body, name) for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    if "parameters" in given:
        given["parameters"] = read_parameters(given["parameters"])
    if "key_columns" in given:
        given["key_columns"] = tuple(given["key_columns"])
    kept = {name: getattr(stored, name) for name in ("label", "text", "description", "parameters", "key_columns")}
    changed = await queries.update_query(
        call.session, call.actor, call.engine, query=stored, new=NewQuery(**{**kept, **given})
    )
    return show_query(changed)


async def delete_query(call: Call, query_ref: NameOrId, if_match: int | None) -> None:
    """Delete a query that no template and no definition uses."""
    stored = await queries.get_query(call.session, call.actor, None, query_ref)
    await queries.delete_query(call.session, call.actor, query=stored, version=if_match)


async def copy_query(call: Call, query_ref: NameOrId) -> SavedQuery:
    """Copy a query under the next free label and internal name."""
    stored = await queries.get_query(call.session, call.actor, None, query_ref)
    return show_query(await queries.copy_query(call.session, call.actor, query=stored))


async def list_query_columns(call: Call, query_ref: NameOrId) -> QueryColumns:
    """List the columns of a query, as JSON or, for `Accept: text/csv`, as the one line of their names."""
    stored = await queries.get_query(call.session, call.actor, None, query_ref)
    return QueryColumns([show_column(column) for column in stored.columns])


async def preview_query(call: Call, query_ref: NameOrId, body: QueryValues) -> QueryPreview:
    """Run a query and show its first rows."""
    stored = await find(call, query_ref)
    started = time.perf_counter()
    preview = queries.preview_query(call.actor, call.engine, stored.chain_id, stored, body.parameters)
    found = await call.while_connected(preview)
    columns = [show_column(column) for column in found.columns]
    rows: Any = [msgspec.Raw(encode(row)) for row in found.rows]
    return QueryPreview(columns, rows, time.perf_counter() - started)


async def count_query(call: Call, query_ref: NameOrId, body: QueryValues) -> QueryCount:
    """Run a query and count its rows, exactly."""
    stored = await find(call, query_ref)
    started = time.perf_counter()
    counting = queries.count_query(call.actor, call.engine, stored.chain_id, stored, body.parameters)
    count = await call.while_connected(counting)
    return QueryCount(count, time.perf_counter() - started)


async def find(call: Call, query_ref: str) -> queries.Query:
    """Return the query, in a transaction that ends before it is run."""
    async with call.resources.database.session() as session:
        return await queries.get_query(session, call.actor, None, query_ref)


def read_parameters(given: Sequence[QueryParameter]) -> tuple[Parameter, ...]:
    """Return the parameters as the room has them."""
    return tuple(Parameter(each.name, ParameterType(each.type), each.default) for each in given)


def write_headers(columns: QueryColumns) -> str:
    """Return the names as one line of CSV."""
    return queries.header_line(column.name for column in columns.columns)


EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "Members with points",
    "text": "SELECT id, membership_number, balance FROM memberships WHERE balance > :least",
    "parameters": [{"name": "least", "type": "int", "default": 100}],
    "key_columns": ["id"],
}
BASE = "/queries"
ONE = f"{BASE}/{{query_ref}}"
READ, WRITE = "queries:read", "queries:write"
ROUTES = (
    Route("GET", BASE, READ, list_queries),
    Route("POST", BASE, WRITE, create_query, status=201, example=EXAMPLE, made="/id"),
    Route("GET", ONE, READ, get_query, conflicts=True),
    Route("PATCH", ONE, WRITE, update_query, example={"label": "Members with many points"}),
    Route("DELETE", ONE, "queries:admin", delete_query),
    Route("POST", f"{ONE}/copy", WRITE, copy_query, status=201),
    Route("GET", f"{ONE}/columns", READ, list_query_columns, conflicts=True, csv=write_headers),
    Route("POST", f"{ONE}/preview", READ, preview_query, example={"parameters": {}}, in_transaction=False),
    Route("POST", f"{ONE}/count", READ, count_query, example={"parameters": {}}, in_transaction=False),
)
