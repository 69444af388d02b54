"""Export definitions: a query, a template, and how fast to go."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy.exc import IntegrityError

from tessera import outbound, queries
from tessera.exports.errors import DefinitionInvalidError, UnknownColumnError
from tessera.exports.events import DEFINITION_CREATED, DEFINITION_DELETED, DEFINITION_UPDATED
from tessera.exports.store import definitions as store
from tessera.exports.values import Definition, DefinitionChange, NewDefinition
from tessera.outbound import Template
from tessera.platform.actors import Actor
from tessera.platform.assets import (
    InUseError,
    Target,
    check_description,
    check_version,
    choose_name,
    clean_label,
    copy_names,
    delete_asset,
    differences,
    find_asset,
    list_assets,
    list_names,
    name_taken,
    record_change,
    record_references,
    rename,
    write_change,
)
from tessera.platform.db import Session
from tessera.platform.ids import new_random_id
from tessera.platform.paging import Page
from tessera.platform.secrets import KeyRing
from tessera.queries import Query

KIND = "export_definition"
LONGEST_DESCRIPTION = 10_000


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
    _, taken = await list_names(session, store.DEFINITIONS, chain_id)
    name = choose_name(new.internal_name, new.label, "export", taken=taken)
    if not await store.insert_definition(session, definition_id, chain_id, name, new, actor):
        raise name_taken(name)
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
    check_version(stored.label, stored.version, change.version)
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
        await outbound.get_usable_template(session, actor, stored.chain_id, after.template_id),
        keys=keys,
    )
    _, taken = await list_names(session, store.DEFINITIONS, stored.chain_id)
    name = rename(stored.internal_name, after.internal_name, taken)
    write = store.update_definition(session, stored, new, actor)
    await write_change(session, write, label=stored.label, internal_name=name)
    values = differences({name: getattr(stored, name) for name in given}, given)
    saved = await get_definition(session, actor, definition_id=stored.id)
    await note(session, actor, saved, "updated", DEFINITION_UPDATED, values=values)
    return saved


async def copy_definition(session: Session, actor: Actor, *, definition_id: UUID, keys: KeyRing) -> Definition:
    """Copy a definition under the next free label and internal name, disabled so that nothing leaves twice."""
    stored = await get_definition(session, actor, definition_id=definition_id)
    new = NewDefinition(
        **copy_names(asdict(stored), *await list_names(session, store.DEFINITIONS, stored.chain_id)),
        query_id=stored.query_id,
        template_id=stored.template_id,
        description=stored.description,
        rows_per_request=stored.rows_per_request,
        concurrency=stored.concurrency,
        enabled=False,
    )
    return await create_definition(session, actor, chain_id=stored.chain_id, new=new, keys=keys)


async def delete_definition(session: Session, actor: Actor, *, definition_id: UUID, version: int | None = None) -> None:
    """Delete a definition of which no run is on record any more; with `version`, only while it is that one."""
    actor.require("exports:admin")
    stored = await get_definition(session, actor, definition_id=definition_id)
    try:
        async with session.begin_nested():
            await delete_asset(session, store.DEFINITIONS, asdict(stored), version)
    except IntegrityError:
        raise InUseError(
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
    """Record a change, and what the definition refers to now; foreign keys hold the targets."""
    row = asdict(definition)
    if values[1] is not None:
        targets = [Target("query", definition.query_id), Target("http_template", definition.template_id)]
        await record_references(session, KIND, row, targets)
    await record_change(session, actor, row, kind=KIND, event=event, action=action, values=values)


async def check_columns(session: Session, actor: Actor, query: Query, template: Template, *, keys: KeyRing) -> None:
    """Refuse a template that uses columns which the query does not have."""
    missing = await outbound.missing_columns(session, actor, template, query.columns, keys=keys)
    if missing:
        raise UnknownColumnError(
            f"The template {template.label} uses {', '.join(missing)}, which the query {query.label} does not have. "
            "Add the columns to the query, or choose another template.",
            columns=list(missing),
        )


async def get_definition(session: Session, actor: Actor, *, definition_id: UUID) -> Definition:
    """Return the definition."""
    return await find_definition(session, actor, None, definition_id)


async def get_definition_by_name(session: Session, actor: Actor, *, chain_id: UUID, name: str) -> Definition:
    """Return the chain's definition with that internal name, in whatever case."""
    return await find_definition(session, actor, chain_id, name)


async def find_definition(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Definition:
    """Return the definition with that id or internal name."""
    actor.require("exports:read")
    row = await find_asset(session, store.DEFINITIONS, actor.reach(chain_id), id_or_name)
    return (await make_definitions(session, [row]))[0]


async def list_definitions(
    session: Session, actor: Actor, *, chain_id: UUID | None = None, search: str = "", number: int = 1, size: int = 50
) -> Page[Definition]:
    """Return a page of definitions by label, of one chain or of all that the actor sees."""
    actor.require("exports:read")
    wanted = {"chains": actor.reach(chain_id), "search": search}
    page = await list_assets(session, store.DEFINITIONS, wanted, number=number, size=size)
    return Page(await make_definitions(session, page.items), page.total, number, size)


async def make_definitions(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Definition]:
    """Turn stored rows into the values that others see, with the labels of query and template."""
    query_labels = await queries.label_queries(session, [row["query_id"] for row in rows])
    template_labels = await outbound.label_templates(session, [row["template_id"] for row in rows])
    return [
        Definition(**row, query_label=query_labels[row["query_id"]], template_label=template_labels[row["template_id"]])
        for row in rows
    ]


def check_limits(new: NewDefinition) -> None:
    """Refuse a label, a description or a limit that cannot be used."""
    clean_label(new.label, refusal=DefinitionInvalidError)
    check_description(new.description, longest=LONGEST_DESCRIPTION, refusal=DefinitionInvalidError)
    if new.rows_per_request is not None and not 1 <= new.rows_per_request <= 1000:
        raise DefinitionInvalidError("Rows per request: give a number from 1 to 1000.", field="rows_per_request")
    if new.concurrency is not None and not 1 <= new.concurrency <= 256:
        raise DefinitionInvalidError("Requests in flight: give a number from 1 to 256.", field="concurrency")
