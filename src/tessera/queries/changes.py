"""Changes of saved queries: created, updated, copied and deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_random_id
from tessera.platform.names import copied_label, derive_internal_name, is_internal_name, next_free_name
from tessera.queries.columns import Column
from tessera.queries.engines import QueryEngine
from tessera.queries.errors import (
    QueryInUseError,
    QueryInvalidError,
    QueryNameInvalidError,
    QueryNameTakenError,
    QueryNotFoundError,
    QueryVersionError,
)
from tessera.queries.events import QUERY_CREATED, QUERY_DELETED, QUERY_UPDATED
from tessera.queries.previews import admit
from tessera.queries.saved import NewQuery, Query, get_query
from tessera.queries.store import saved as store

LONGEST_LABEL = 255
LONGEST_DESCRIPTION = 2000
MOST_SHOWN = 5


async def create_query(session: Session, actor: Actor, engine: QueryEngine, *, chain_id: UUID, new: NewQuery) -> Query:
    """Store a query after the database has read it."""
    actor.require("queries:write")
    if not actor.sees(chain_id) or not await store.has_chain(session, chain_id):
        raise QueryNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    columns = await examine(actor, engine, chain_id, new)
    _, taken = await store.list_names(session, chain_id)
    return await insert(session, actor, chain_id, replace(new, internal_name=choose_name(new, taken)), columns)


async def update_query(session: Session, actor: Actor, engine: QueryEngine, *, query: Query, new: NewQuery) -> Query:
    """Change a query as it was read; a change by another user in between is a conflict."""
    actor.require("queries:write")
    await get_query(session, actor, query.chain_id, query.id)
    columns = await examine(actor, engine, query.chain_id, new)
    _, taken = await store.list_names(session, query.chain_id, besides=query.id)
    name = choose_name(new if new.internal_name is not None else replace(new, internal_name=query.internal_name), taken)
    values = stored_values(query.id, query.chain_id, name, new, columns) | actor.signature
    await save(session, query, values)
    before, after = differences(query, new, name)
    entry = Entry("updated", "query", query.id, name, query.chain_id, before=before, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(query.chain_id, QUERY_UPDATED, query.id, {"changed": sorted(after)})])
    return await get_query(session, actor, query.chain_id, query.id)


async def copy_query(session: Session, actor: Actor, *, query: Query) -> Query:
    """Copy a query under the next free label and internal name."""
    actor.require("queries:write")
    query = await get_query(session, actor, query.chain_id, query.id)
    await admit(actor, query.chain_id, query.text, query.parameters)
    labels, taken = await store.list_names(session, query.chain_id)
    new = NewQuery(
        copied_label(query.label, labels),
        query.text,
        internal_name=next_free_name(query.internal_name, taken),
        description=query.description,
        parameters=query.parameters,
        key_columns=query.key_columns,
    )
    return await insert(session, actor, query.chain_id, new, query.columns, action="copied")


async def delete_query(
    session: Session, actor: Actor, *, query: Query, users: Sequence[str] = (), version: int | None = None
) -> None:
    """Delete a query that nothing refers to. Its users live above this room: callers name them, the database knows."""
    actor.require("queries:admin")
    await get_query(session, actor, query.chain_id, query.id)
    check_version(query, version)
    if users:
        raise in_use(query, users)
    try:
        async with session.begin_nested():
            await store.delete_query(session, query.chain_id, query.id)
    except IntegrityError:
        raise in_use(query, ["templates or export definitions"]) from None
    entry = Entry("deleted", "query", query.id, query.internal_name, query.chain_id, before={"text": query.text})
    await record_entries(session, actor, [entry])
    await record_events(
        session, [Event(query.chain_id, QUERY_DELETED, query.id, {"internal_name": query.internal_name})]
    )


async def examine(actor: Actor, engine: QueryEngine, chain_id: UUID, new: NewQuery) -> tuple[Column, ...]:
    """Return the columns of a query that may be stored; raise what is wrong with it."""
    label = new.label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL or not label.isprintable():
        raise QueryInvalidError(f"The label needs 1 to {LONGEST_LABEL} printable characters.", field="label")
    if len(new.description) > LONGEST_DESCRIPTION or "\0" in new.description:
        raise QueryInvalidError(
            f"The description may have {LONGEST_DESCRIPTION} characters, none of them zero.", field="description"
        )
    await admit(actor, chain_id, new.text, new.parameters)
    columns = await engine.describe(chain_id, new.text, new.parameters)
    names = [column.name for column in columns]
    missing = [key for key in new.key_columns if key not in names]
    if missing or len(set(new.key_columns)) != len(new.key_columns):
        fault = f"{missing[0][:100]} is not in the result" if missing else "one comes twice"
        raise QueryInvalidError(
            f"Key columns: {fault}. Choose among {', '.join(names)}, each once.", field="key_columns"
        )
    return columns


async def insert(
    session: Session,
    actor: Actor,
    chain_id: UUID,
    new: NewQuery,
    columns: Sequence[Column],
    *,
    action: str = "created",
) -> Query:
    """Write a query whose name is chosen, and note it."""
    query_id, name = new_random_id(), new.internal_name or ""
    values = stored_values(query_id, chain_id, name, new, columns) | actor.signature
    if not await store.insert_query(session, values):
        raise name_taken(name)
    entry = Entry(action, "query", query_id, name, chain_id, after=shown(new, name))
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(chain_id, QUERY_CREATED, query_id, {"internal_name": name})])
    return await get_query(session, actor, chain_id, query_id)


async def save(session: Session, query: Query, values: Mapping[str, Any]) -> None:
    """Write the changed row, unless another change of the query or the name was faster."""
    try:
        async with session.begin_nested():
            won = await store.update_query(session, {**values, "version": query.version})
    except IntegrityError:
        raise name_taken(values["internal_name"]) from None
    if not won:
        raise changed_meanwhile(query)


def choose_name(new: NewQuery, taken: set[str]) -> str:
    """Return the internal name that was asked for, or a free one made from the label."""
    if new.internal_name is None:
        return next_free_name(derive_internal_name(new.label, "query"), taken)
    if not is_internal_name(new.internal_name):
        raise QueryNameInvalidError(
            f"The internal name {new.internal_name[:100]!r} may hold only letters, digits and underscores.",
            field="internal_name",
        )
    if new.internal_name.lower() in taken:
        raise name_taken(new.internal_name)
    return new.internal_name


def name_taken(name: str) -> QueryNameTakenError:
    """Say that the name is taken."""
    return QueryNameTakenError(f"The internal name {name} is taken. Choose another one.", field="internal_name")


def check_version(query: Query, version: int | None) -> None:
    """Raise unless the query is still the one that the caller saw; None is whichever there is."""
    if version is not None and version != query.version:
        raise changed_meanwhile(query)


def changed_meanwhile(query: Query) -> QueryVersionError:
    """Return the error for a change that came too late."""
    return QueryVersionError(f"{query.label} was changed by another user. Read it again, then change it.")


def in_use(query: Query, users: Sequence[str]) -> QueryInUseError:
    """Say who uses the query."""
    more = f" and {len(users) - MOST_SHOWN} more" if len(users) > MOST_SHOWN else ""
    return QueryInUseError(
        f"{query.label} is used by {', '.join(users[:MOST_SHOWN])}{more}. Choose another query there first.",
        users=list(users),
    )


def stored_values(
    query_id: UUID, chain_id: UUID, name: str, new: NewQuery, columns: Sequence[Column]
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
    }


def shown(new: NewQuery, name: str) -> dict[str, Any]:
    """Return what the audit log keeps of a query."""
    return asdict(new) | {"label": new.label.strip(), "internal_name": name}


def differences(query: Query, new: NewQuery, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what changed, before and after."""
    after = shown(new, name)
    before = {field: value for field, value in asdict(query).items() if field in after and value != after[field]}
    return before, {field: after[field] for field in before}
