"""Changes of saved queries: created, updated, copied and deleted."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import msgspec

from tessera.access.chains import has_chain
from tessera.platform.actors import Actor
from tessera.platform.assets import (
    Referrer,
    check_description,
    choose_name,
    clean_label,
    copy_names,
    delete_asset,
    differences,
    list_names,
    list_referrers,
    name_taken,
    record_change,
    rename,
    write_change,
)
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_random_id
from tessera.queries.columns import Column
from tessera.queries.contract import QueryEngine
from tessera.queries.errors import QueryInvalidError, QueryNotFoundError
from tessera.queries.events import QUERY_CREATED, QUERY_DELETED, QUERY_UPDATED
from tessera.queries.previews import admit
from tessera.queries.saved import NewQuery, Query, get_query
from tessera.queries.store import saved as store

KIND = "query"
LONGEST_DESCRIPTION = 2000


async def create_query(session: Session, actor: Actor, engine: QueryEngine, *, chain_id: UUID, new: NewQuery) -> Query:
    """Store a query after the database has read it."""
    actor.require("queries:write")
    if not actor.sees(chain_id) or not await has_chain(session, chain_id):
        raise QueryNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    columns = await examine(actor, engine, chain_id, new)
    _, taken = await list_names(session, store.QUERIES, chain_id)
    name = choose_name(new.internal_name, new.label, KIND, taken=taken)
    return await insert(session, actor, chain_id, replace(new, internal_name=name), columns)


async def update_query(session: Session, actor: Actor, engine: QueryEngine, *, query: Query, new: NewQuery) -> Query:
    """Change a query as it was read; a change by another user in between is a conflict."""
    actor.require("queries:write")
    await get_query(session, actor, query.chain_id, query.id)
    columns = await examine(actor, engine, query.chain_id, new)
    _, taken = await list_names(session, store.QUERIES, query.chain_id)
    name = rename(query.internal_name, new.internal_name, taken)
    values = stored_values(query.id, query.chain_id, name, new, columns) | actor.signature
    change = store.update_query(session, {**values, "version": query.version})
    await write_change(session, change, label=query.label, internal_name=name)
    before, after = differences(shown(query, query.internal_name), shown(new, name))
    entry = Entry("updated", KIND, query.id, name, query.chain_id, before=before, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(query.chain_id, QUERY_UPDATED, query.id, {"changed": sorted(after)})])
    return await get_query(session, actor, query.chain_id, query.id)


async def copy_query(session: Session, actor: Actor, *, query: Query) -> Query:
    """Copy a query under the next free label and internal name."""
    actor.require("queries:write")
    query = await get_query(session, actor, query.chain_id, query.id)
    await admit(actor, query.chain_id, query.text, query.parameters)
    names = copy_names(asdict(query), *await list_names(session, store.QUERIES, query.chain_id))
    new = NewQuery(
        **names,
        text=query.text,
        description=query.description,
        parameters=query.parameters,
        key_columns=query.key_columns,
    )
    return await insert(session, actor, query.chain_id, new, query.columns, action="copied")


async def delete_query(session: Session, actor: Actor, *, query: Query, version: int | None = None) -> None:
    """Delete a query that nothing refers to."""
    actor.require("queries:admin")
    row = asdict(await get_query(session, actor, query.chain_id, query.id))
    row = await delete_asset(session, store.QUERIES, row, version)
    values = ({"text": row["text"]}, None)
    await record_change(session, actor, row, kind=KIND, event=QUERY_DELETED, action="deleted", values=values)


async def list_query_users(session: Session, actor: Actor, query: Query) -> list[Referrer]:
    """Return the first templates and definitions that use the query, by label."""
    query = await get_query(session, actor, query.chain_id, query.id)
    return await list_referrers(session, KIND, query.id)


async def examine(actor: Actor, engine: QueryEngine, chain_id: UUID, new: NewQuery) -> tuple[Column, ...]:
    """Return the columns of a query that may be stored; raise what is wrong with it."""
    clean_label(new.label, refusal=QueryInvalidError)
    check_description(new.description, longest=LONGEST_DESCRIPTION, refusal=QueryInvalidError)
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
    after = (None, shown(new, name))
    await record_change(session, actor, values, kind=KIND, event=QUERY_CREATED, action=action, values=after)
    return await get_query(session, actor, chain_id, query_id)


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


def shown(query: NewQuery | Query, name: str) -> dict[str, Any]:
    """Return what the audit log keeps of a query."""
    values = {field: value for field, value in asdict(query).items() if field in NewQuery.__slots__}
    return values | {"label": query.label.strip(), "internal_name": name}
