"""Saved queries: create, change, find, list, delete, look into."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import RowMapping
from sqlalchemy.exc import IntegrityError

from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id, parse_id
from tessera.platform.names import derive_internal_name, is_internal_name, next_free_name
from tessera.platform.paging import Page
from tessera.queries.checking import check_query
from tessera.queries.columns import Column, ColumnType
from tessera.queries.engines import Preview, QueryEngine, Selection
from tessera.queries.errors import QueryInUseError, QueryInvalidError, QueryNotFoundError, QueryVersionError
from tessera.queries.events import QUERY_CHANGED, QUERY_CREATED, QUERY_DELETED
from tessera.queries.parameters import Parameter, ParameterType
from tessera.queries.store import saved as store

LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Query:
    """A saved query, with the columns that its text gives."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    engine: str
    text: str
    parameters: tuple[Parameter, ...]
    key_columns: tuple[str, ...]
    columns: tuple[Column, ...]
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class NewQuery:
    """What a caller gives to make or change a query. Without an internal name one is derived from the label."""

    label: str
    text: str
    internal_name: str | None = None
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    key_columns: tuple[str, ...] = ()


async def create_query(session: Session, actor: Actor, engine: QueryEngine, *, chain_id: UUID, new: NewQuery) -> Query:
    """Store a query after the database has read it."""
    actor.require("queries:write")
    if not actor.sees(chain_id) or not await store.has_chain(session, chain_id):
        raise QueryNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    columns = await examine(actor, engine, chain_id, new)
    query_id = new_id()
    taken = await store.names_taken(session, chain_id)
    name = choose_name(new, taken)
    await store.insert_query(session, stored_values(query_id, chain_id, name, new, columns, actor))
    entry = Entry("created", "query", query_id, name, chain_id, after=shown(new, name))
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(chain_id, QUERY_CREATED, query_id, {"internal_name": name})])
    return await get_query(session, actor, chain_id, query_id)


async def update_query(session: Session, actor: Actor, engine: QueryEngine, *, query: Query, new: NewQuery) -> Query:
    """Change a query as it was read; a change by somebody else in between is a conflict."""
    actor.require("queries:write")
    await get_query(session, actor, query.chain_id, query.id)
    columns = await examine(actor, engine, query.chain_id, new)
    taken = await store.names_taken(session, query.chain_id, besides=query.id)
    name = choose_name(replace(new, internal_name=new.internal_name or query.internal_name), taken)
    values = stored_values(query.id, query.chain_id, name, new, columns, actor)
    if not await store.update_query(session, values | {"version": query.version}):
        raise QueryVersionError(f"{query.label} was changed by somebody else. Read it again, then change it.")
    before, after = differences(query, new, name)
    entry = Entry("updated", "query", query.id, name, query.chain_id, before=before, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(query.chain_id, QUERY_CHANGED, query.id, {"changed": sorted(after)})])
    return await get_query(session, actor, query.chain_id, query.id)


async def delete_query(session: Session, actor: Actor, *, query: Query) -> None:
    """Delete a query that nothing refers to."""
    actor.require("queries:admin")
    await get_query(session, actor, query.chain_id, query.id)
    try:
        async with session.begin_nested():
            await store.delete_query(session, query.chain_id, query.id)
    except IntegrityError:
        raise QueryInUseError(
            f"{query.label} is used by templates or export definitions. Change or delete those first."
        ) from None
    entry = Entry("deleted", "query", query.id, query.internal_name, query.chain_id, before={"text": query.text})
    await record_entries(session, actor, [entry])
    await record_events(
        session, [Event(query.chain_id, QUERY_DELETED, query.id, {"internal_name": query.internal_name})]
    )


async def get_query(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> Query:
    """Return the chain's query with that id or internal name, in whatever case."""
    actor.require("queries:read")
    query_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    row = None
    if actor.sees(chain_id):
        name = None if query_id else str(id_or_name)
        row = await store.find_query(session, chain_id, query_id=query_id, internal_name=name)
    if row is None:
        raise QueryNotFoundError(f"There is no query {id_or_name}. List the queries to find yours.")
    return make_query(row)


async def list_queries(
    session: Session, actor: Actor, chain_id: UUID, *, number: int = 1, size: int = 50
) -> Page[Query]:
    """Return a page of the chain's queries by label; an outsider gets an empty one."""
    actor.require("queries:read")
    if not actor.sees(chain_id):
        return Page([], 0, number, size)
    rows, total = await store.list_queries(session, chain_id, offset=(number - 1) * size, limit=size)
    return Page([make_query(row) for row in rows], total, number, size)


async def preview_query(actor: Actor, engine: QueryEngine, chain_id: UUID, query: Selection) -> Preview:
    """Return the first rows of a saved or unsaved query, to whoever may see them."""
    admit(actor, chain_id, query.text, query.parameters)
    preview = await engine.preview(chain_id, query)
    LOG.info("query previewed", chain_id=str(chain_id), actor=actor.name, rows=len(preview.rows))
    return preview


async def count_query(actor: Actor, engine: QueryEngine, chain_id: UUID, query: Selection) -> int:
    """Return how many rows a saved or unsaved query gives, to whoever may see them."""
    admit(actor, chain_id, query.text, query.parameters)
    count = await engine.count(chain_id, query)
    LOG.info("query counted", chain_id=str(chain_id), actor=actor.name, rows=count)
    return count


def admit(actor: Actor, chain_id: UUID, text: str, parameters: Sequence[Parameter]) -> None:
    """Raise unless the actor may read queries of the chain, and members where a dataset tells who somebody is."""
    actor.require("queries:read")
    if not actor.sees(chain_id):
        raise QueryNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    if check_query(text, parameters).personal:
        actor.require("members:read")


async def examine(actor: Actor, engine: QueryEngine, chain_id: UUID, new: NewQuery) -> tuple[Column, ...]:
    """Return the columns of a query that may be stored; raise what is wrong with it."""
    if not 1 <= len(new.label.strip()) <= 255:
        raise QueryInvalidError("The label needs 1 to 255 characters.", field="label")
    admit(actor, chain_id, new.text, new.parameters)
    columns = await engine.describe(chain_id, new.text, new.parameters)
    names = [column.name for column in columns]
    missing = [key for key in new.key_columns if key not in names]
    if missing or len(set(new.key_columns)) != len(new.key_columns):
        fault = f"{missing[0]} is not in the result" if missing else "one comes twice"
        raise QueryInvalidError(
            f"Key columns: {fault}. Choose among {', '.join(names)}, each once.", field="key_columns"
        )
    return columns


def choose_name(new: NewQuery, taken: set[str]) -> str:
    """Return the internal name that was asked for, or a free one made from the label."""
    if new.internal_name is None:
        return next_free_name(derive_internal_name(new.label, "query"), taken)
    if not is_internal_name(new.internal_name):
        raise QueryInvalidError(
            f"The internal name {new.internal_name[:100]!r} may hold only letters, digits and underscores.",
            field="internal_name",
        )
    if new.internal_name.lower() in taken:
        raise QueryInvalidError(
            f"The internal name {new.internal_name} is taken. Choose another one.", field="internal_name"
        )
    return new.internal_name


def stored_values(
    query_id: UUID, chain_id: UUID, name: str, new: NewQuery, columns: Sequence[Column], actor: Actor
) -> dict[str, Any]:
    """Return the values of the query's row."""
    return {
        "id": query_id,
        "chain_id": chain_id,
        "label": new.label.strip(),
        "internal_name": name,
        "description": new.description,
        "text": new.text,
        "parameters": msgspec.json.encode(new.parameters).decode(),
        "key_columns": list(new.key_columns),
        "columns": msgspec.json.encode(columns).decode(),
        "actor": actor.name,
    }


def make_query(row: RowMapping) -> Query:
    """Turn a stored row into the value that other rooms and doors see."""
    values = dict(row)
    values["parameters"] = tuple(
        Parameter(item["name"], ParameterType(item["type"]), item["default"]) for item in row["parameters"]
    )
    values["columns"] = tuple(Column(item["name"], ColumnType(item["type"])) for item in row["columns"])
    values["key_columns"] = tuple(row["key_columns"])
    return Query(**values)


def shown(new: NewQuery, name: str) -> dict[str, Any]:
    """Return what the audit trail keeps of a query."""
    return asdict(new) | {"label": new.label.strip(), "internal_name": name}


def differences(query: Query, new: NewQuery, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changed, before and after."""
    after = shown(new, name)
    before = {field: value for field, value in asdict(query).items() if field in after and value != after[field]}
    return before, {field: after[field] for field in before}
