"""Export definitions: a query, a template, and how fast to go."""

from collections.abc import Collection, Mapping
from dataclasses import fields, replace
from itertools import count
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.exc import IntegrityError

from tessera import outbound, queries
from tessera.exports.errors import (
    DefinitionChangedError,
    DefinitionInUseError,
    DefinitionInvalidError,
    DefinitionNameInvalidError,
    DefinitionNameTakenError,
    DefinitionNotFoundError,
    UnknownColumnError,
)
from tessera.exports.events import DEFINITION_CREATED, DEFINITION_DELETED, DEFINITION_UPDATED
from tessera.exports.store import definitions as store
from tessera.exports.values import Definition, DefinitionChange, NewDefinition
from tessera.outbound import Template
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_random_id
from tessera.platform.names import derive_internal_name, is_internal_name, next_free_name
from tessera.platform.paging import Page
from tessera.platform.secrets import KeyRing
from tessera.queries import Query


async def create_definition(
    session: Session, actor: Actor, *, chain_id: UUID, new: NewDefinition, keys: KeyRing
) -> Definition:
    """Store a definition after checking that its query has every column that its template uses."""
    actor.require("exports:write")
    query = await queries.get_query(session, actor, chain_id, new.query_id)
    template = await outbound.get_usable_template(session, actor, chain_id, new.template_id)
    check_limits(new)
    await check_columns(session, actor, query, template, keys=keys)
    definition_id = new_random_id()
    name = await choose_name(session, chain_id, new)
    await store.insert_definition(session, definition_id, chain_id, name, new, actor)
    after = {"label": new.label, "query": query.internal_name, "template": template.internal_name}
    made = await get_definition(session, actor, definition_id=definition_id)
    await note(session, actor, made, "created", DEFINITION_CREATED, values=(None, after))
    return made


async def update_definition(
    session: Session, actor: Actor, definition: Definition, change: DefinitionChange, *, keys: KeyRing
) -> Definition:
    """Change a definition; its query must still have every column that its template uses."""
    actor.require("exports:write")
    stored = await get_definition(session, actor, definition_id=definition.id)
    if change.version is not None and change.version != stored.version:
        raise changed_meanwhile(stored)
    given = {
        field.name: value
        for field in fields(change)
        if field.name != "version" and (value := getattr(change, field.name)) is not UNSET
    }
    after = replace(stored, **given)
    new = NewDefinition(**{name: getattr(after, name) for name in NewDefinition.__slots__})
    check_limits(new)
    await check_columns(
        session,
        actor,
        await queries.get_query(session, actor, stored.chain_id, after.query_id),
        await outbound.get_template(session, actor, stored.chain_id, after.template_id),
        keys=keys,
    )
    if after.internal_name != stored.internal_name:
        check_name(
            after.internal_name, await store.names_taken(session, stored.chain_id) - {stored.internal_name.lower()}
        )
    if not await store.update_definition(session, stored, new, actor):
        raise changed_meanwhile(stored)
    differing = [name for name in given if getattr(stored, name) != given[name]]
    values = tuple({name: getattr(each, name) for name in differing} for each in (stored, after))
    await note(session, actor, after, "updated", DEFINITION_UPDATED, values=(values[0], values[1]))
    return await get_definition(session, actor, definition_id=stored.id)


async def copy_definition(session: Session, actor: Actor, *, definition_id: UUID, keys: KeyRing) -> Definition:
    """Copy a definition under the next free label and internal name, disabled so that nothing leaves twice."""
    stored = await get_definition(session, actor, definition_id=definition_id)
    labels = await store.labels_taken(session, stored.chain_id)
    new = NewDefinition(
        label=next(label for number in count(1) if (label := f"{stored.label[:240]} ({number})") not in labels),
        query_id=stored.query_id,
        template_id=stored.template_id,
        internal_name=next_free_name(stored.internal_name, await store.names_taken(session, stored.chain_id)),
        description=stored.description,
        rows_per_request=stored.rows_per_request,
        concurrency=stored.concurrency,
        enabled=False,
    )
    return await create_definition(session, actor, chain_id=stored.chain_id, new=new, keys=keys)


async def delete_definition(session: Session, actor: Actor, *, definition_id: UUID) -> None:
    """Delete a definition of which no run is on record any more."""
    actor.require("exports:admin")
    stored = await get_definition(session, actor, definition_id=definition_id)
    try:
        async with session.begin_nested():
            await store.delete_definition(session, stored.id)
    except IntegrityError:
        raise DefinitionInUseError(
            f"{stored.label} has runs on record, which show what was sent. Disable it instead: it then sends nothing."
        ) from None
    before = {"label": stored.label, "query": stored.query_label, "template": stored.template_label}
    await note(session, actor, stored, "deleted", DEFINITION_DELETED, values=(before, None))


async def note(
    session: Session,
    actor: Actor,
    definition: Definition,
    action: str,
    event: str,
    *,
    values: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
) -> None:
    """Leave the audit entry and the event of a change; `values` are those before and after."""
    before, after = values
    name, chain_id = definition.internal_name, definition.chain_id
    entry = Entry(action, "export_definition", definition.id, name, chain_id, before=before, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(chain_id, event, definition.id, {"internal_name": name})])


async def check_columns(session: Session, actor: Actor, query: Query, template: Template, *, keys: KeyRing) -> None:
    """Refuse a template that uses columns which the query does not have."""
    missing = await outbound.missing_columns(session, actor, template, query.columns, keys=keys)
    if missing:
        raise UnknownColumnError(
            f"The template {template.label} uses {', '.join(missing)}, which the query {query.label} does not have. "
            "Add the columns to the query, or choose another template.",
            columns=list(missing),
        )


def changed_meanwhile(definition: Definition) -> DefinitionChangedError:
    """Return the error for a change that came too late."""
    return DefinitionChangedError(
        f"{definition.label} was changed by another user in the meantime. Read it again, then change it."
    )


async def get_definition(session: Session, actor: Actor, *, definition_id: UUID) -> Definition:
    """Return the definition."""
    actor.require("exports:read")
    row = await store.find_definition(session, chains=actor.chains, definition_id=definition_id)
    if row is None:
        raise DefinitionNotFoundError(f"There is no export definition {definition_id}. List them to find yours.")
    return make_definition(row)


async def get_definition_by_name(session: Session, actor: Actor, *, chain_id: UUID, name: str) -> Definition:
    """Return the chain's definition with that internal name, in whatever case."""
    actor.require("exports:read")
    row = None
    if actor.sees(chain_id):
        row = await store.find_definition(session, chains=[chain_id], internal_name=name)
    if row is None:
        raise DefinitionNotFoundError(f"There is no export definition {name}. List them to find yours.")
    return make_definition(row)


async def list_definitions(
    session: Session, actor: Actor, *, chain_id: UUID | None = None, search: str = "", number: int = 1, size: int = 50
) -> Page[Definition]:
    """Return a page of definitions by label, of one chain or of all that the actor sees."""
    actor.require("exports:read")
    chains = actor.chains if chain_id is None else ([chain_id] if actor.sees(chain_id) else [])
    rows, total = await store.list_definitions(
        session, chains=chains, search=search, offset=(number - 1) * size, limit=size
    )
    return Page([make_definition(row) for row in rows], total, number, size)


def make_definition(row: Mapping[str, Any]) -> Definition:
    """Turn a stored row into the value that other rooms and doors see."""
    return Definition(**row)


def check_limits(new: NewDefinition) -> None:
    """Refuse a label or a limit that cannot be used."""
    if not 1 <= len(new.label.strip()) <= 255:
        raise DefinitionInvalidError("The label needs 1 to 255 characters.", field="label")
    if new.rows_per_request is not None and not 1 <= new.rows_per_request <= 1000:
        raise DefinitionInvalidError("Rows per request: give a number from 1 to 1000.", field="rows_per_request")
    if new.concurrency is not None and not 1 <= new.concurrency <= 256:
        raise DefinitionInvalidError("Requests in flight: give a number from 1 to 256.", field="concurrency")


async def choose_name(session: Session, chain_id: UUID, new: NewDefinition) -> str:
    """Return the internal name that was asked for, or a free one made from the label."""
    taken = await store.names_taken(session, chain_id)
    if new.internal_name is None:
        return next_free_name(derive_internal_name(new.label, "export"), taken)
    return check_name(new.internal_name, taken)


def check_name(name: str, taken: Collection[str]) -> str:
    """Return the internal name, or refuse it; `taken` is in lower case."""
    if not is_internal_name(name):
        raise DefinitionNameInvalidError(
            f"The internal name {name[:100]!r} may hold only letters, digits and underscores, 1 to 100 of them.",
            field="internal_name",
        )
    if name.lower() in taken:
        raise DefinitionNameTakenError(f"The internal name {name} is taken. Choose another one.", field="internal_name")
    return name
