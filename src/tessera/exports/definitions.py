"""Export definitions: a query, a template, and how fast to go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tessera import integrations, queries
from tessera.exports.errors import DefinitionInvalidError, DefinitionNotFoundError, UnknownColumnError
from tessera.exports.events import DEFINITION_CREATED
from tessera.exports.store import definitions as store
from tessera.exports.values import Definition, NewDefinition
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id
from tessera.platform.names import derive_internal_name, is_internal_name, next_free_name
from tessera.platform.paging import Page


async def create_definition(session: Session, actor: Actor, *, chain_id: UUID, new: NewDefinition) -> Definition:
    """Store a definition after checking that its query has every column that its template uses."""
    actor.require("exports:write")
    query = await queries.get_query(session, actor, chain_id, new.query_id)
    template = await integrations.get_template(session, actor, chain_id, new.template_id)
    check_limits(new)
    missing = integrations.missing_columns(template.shape, query.columns)
    if missing:
        raise UnknownColumnError(
            f"The template {template.label} uses {', '.join(missing)}, which the query {query.label} does not have. "
            "Add the columns to the query, or choose another template.",
            columns=list(missing),
        )
    definition_id = new_id()
    name = await choose_name(session, chain_id, new)
    await store.insert_definition(session, definition_id, chain_id, name, new, actor.name)
    after = {"label": new.label, "query": query.internal_name, "template": template.internal_name}
    entry = Entry("created", "export_definition", definition_id, name, chain_id, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(chain_id, DEFINITION_CREATED, definition_id, {"internal_name": name})])
    return await get_definition(session, actor, definition_id=definition_id)


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


async def list_definitions(session: Session, actor: Actor, *, number: int = 1, size: int = 50) -> Page[Definition]:
    """Return a page of definitions by label."""
    actor.require("exports:read")
    rows, total = await store.list_definitions(session, chains=actor.chains, offset=(number - 1) * size, limit=size)
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
    if not is_internal_name(new.internal_name):
        raise DefinitionInvalidError(
            f"The internal name {new.internal_name!r} may hold only letters, digits and underscores.",
            field="internal_name",
        )
    if new.internal_name.lower() in taken:
        raise DefinitionInvalidError(
            f"The internal name {new.internal_name} is taken. Choose another one.", field="internal_name"
        )
    return new.internal_name
