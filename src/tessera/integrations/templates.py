"""HTTP templates: a profile, a query and the shape of a request, compiled whenever they are saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from tessera import queries
from tessera.integrations.calls import check_queries
from tessera.integrations.errors import (
    InUseError,
    ProfileDisabledError,
    TemplateNotFoundError,
)
from tessera.integrations.events import TEMPLATE_CHANGED, TEMPLATE_CREATED, TEMPLATE_DELETED
from tessera.integrations.naming import check_name, choose_name, clean_label, name_taken
from tessera.integrations.profiles import Profile, check_usable, get_profile
from tessera.integrations.registry import get_connector
from tessera.integrations.rendering import TemplateShape, compile_template, find_columns, plain_shape, read_shape
from tessera.integrations.store import templates as store
from tessera.integrations.trail import changed_meanwhile, differences, note_change
from tessera.platform.auth import Actor
from tessera.platform.db import Session
from tessera.platform.ids import new_id
from tessera.platform.names import copied_label, next_free_name
from tessera.platform.paging import Page
from tessera.platform.secrets import MASK
from tessera.queries import Column

KIND = "http_template"


@dataclass(frozen=True, slots=True)
class Template:
    """The shape of a request, joined to a query and a profile."""

    id: UUID
    chain_id: UUID
    template_type: str
    label: str
    internal_name: str
    query_id: UUID
    query_label: str
    profile_id: UUID
    profile_label: str
    shape: TemplateShape
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class NewTemplate:
    """What makes a template. Query and profile are given by id or internal name."""

    label: str
    query: UUID | str
    profile: UUID | str
    shape: TemplateShape
    internal_name: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What changes; None leaves a thing as it is. `version` is the one the caller saw."""

    label: str | None = None
    internal_name: str | None = None
    query: UUID | str | None = None
    profile: UUID | str | None = None
    shape: TemplateShape | None = None
    version: int | None = None


async def create_template(session: Session, actor: Actor, *, chain_id: UUID, new: NewTemplate) -> Template:
    """Store a template after compiling it against its query's columns."""
    actor.require("http-templates:write")
    query = await queries.get_query(session, actor, chain_id, new.query)
    profile = await get_profile(session, actor, chain_id, new.profile)
    shape = check_shape(new.shape, query.columns, profile)
    label = clean_label(new.label)
    _, taken = await store.list_names(session, chain_id)
    row = {
        "id": new_id(),
        "chain_id": chain_id,
        "label": label,
        "internal_name": choose_name(new.internal_name, label, "template", taken=taken),
        "query_id": query.id,
        "profile_id": profile.id,
        "shape": plain_shape(shape),
    }
    return await insert(session, actor, row, action="created")


async def get_template(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> Template:
    """Return the chain's template with that id or internal name."""
    actor.require("http-templates:read")
    return make_template(await find_row(session, actor, chain_id, id_or_name))


async def list_templates(
    session: Session,
    actor: Actor,
    *,
    chain_id: UUID | None = None,
    profile_id: UUID | None = None,
    search: str = "",
    number: int = 1,
    size: int = 50,
) -> Page[Template]:
    """Return a page of templates by label, of one chain or of all that the actor sees."""
    actor.require("http-templates:read")
    chains = actor.chains if chain_id is None else ([chain_id] if actor.sees(chain_id) else [])
    rows, total = await store.list_templates(
        session, chains=chains, profile_id=profile_id, search=search, offset=(number - 1) * size, limit=size
    )
    return Page([make_template(row) for row in rows], total, number, size)


async def list_query_templates(
    session: Session, actor: Actor, chain_id: UUID, query_id: UUID, *, count: int
) -> Sequence[tuple[UUID, str]]:
    """Return ids and labels of the templates that use the query, to whoever sees the chain."""
    return await store.list_of_query(session, chain_id, query_id, limit=count) if actor.sees(chain_id) else []


async def update_template(session: Session, actor: Actor, template: Template, change: TemplateChange) -> Template:
    """Change a template, and compile it anew."""
    actor.require("http-templates:write")
    stored = await find_row(session, actor, template.chain_id, template.id)
    if change.version is not None and change.version != stored["version"]:
        raise changed_meanwhile(stored["label"])
    query = await queries.get_query(session, actor, stored["chain_id"], change.query or stored["query_id"])
    profile = await get_profile(session, actor, stored["chain_id"], change.profile or stored["profile_id"])
    shape = check_shape(change.shape or read_shape(stored["shape"]), query.columns, profile)
    row = {
        "id": stored["id"],
        "version": stored["version"],
        "label": stored["label"] if change.label is None else clean_label(change.label),
        "internal_name": await renamed(session, stored, change.internal_name),
        "query_id": query.id,
        "profile_id": profile.id,
        "shape": plain_shape(shape),
    }
    await save(session, actor, stored, row)
    return await get_template(session, actor, template.chain_id, template.id)


async def delete_template(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> None:
    """Delete a template that no export definition uses."""
    actor.require("http-templates:admin")
    stored = await find_row(session, actor, chain_id, id_or_name)
    try:
        async with session.begin_nested():
            await store.delete_template(session, stored["id"])
    except IntegrityError:  # those who use it live above this room: the foreign key knows them
        raise InUseError(
            f"The template {stored['label']} is used by an export definition. Choose another template there first."
        ) from None
    values = (shown_values(stored), None)
    await note_change(session, actor, stored, kind=KIND, event=TEMPLATE_DELETED, action="deleted", values=values)


async def copy_template(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> Template:
    """Copy a template under the next free label and internal name."""
    actor.require("http-templates:write")
    stored = await find_row(session, actor, chain_id, id_or_name)
    labels, taken = await store.list_names(session, chain_id)
    row = {
        **{key: stored[key] for key in ("chain_id", "query_id", "profile_id", "shape")},
        "id": new_id(),
        "label": copied_label(stored["label"], labels),
        "internal_name": next_free_name(stored["internal_name"], taken),
    }
    return await insert(session, actor, row, action="copied")


def missing_columns(shape: TemplateShape, columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the columns that the template uses and the query does not have."""
    return tuple(sorted(find_columns(shape) - {column.name for column in columns}))


def check_shape(shape: TemplateShape, columns: Sequence[Column], profile: Profile) -> TemplateShape:
    """Return the shape as it is stored; refuse one that would not compile, or a profile that cannot carry it."""
    check_usable(profile)
    connector = get_connector(profile.type)
    if not connector.capabilities.takes_templates:
        raise ProfileDisabledError(f"{connector.label} profiles take no templates. Choose another profile.")
    # Without a body there is nothing to put a second row into.
    shape = replace(shape, body=shape.body or None, envelope=shape.envelope or None)
    shape = shape if shape.body else replace(shape, batch_size=1)
    compile_template(shape, [(column.name, column.type) for column in columns])
    check_queries(profile.settings["base_url"], shape.url_path)
    return shape


async def find_row(session: Session, actor: Actor, chain_id: UUID, id_or_name: UUID | str) -> Mapping[str, Any]:
    """Return the stored template."""
    chains = [chain_id] if actor.sees(chain_id) else []
    row = await store.find_template(session, chains=chains, id_or_name=id_or_name)
    if row is None:
        raise TemplateNotFoundError(f"There is no template {id_or_name}. List them to find yours.")
    return row


async def renamed(session: Session, stored: Mapping[str, Any], name: str | None) -> str:
    """Return the template's internal name, changed if that was asked for."""
    if name is None or name == stored["internal_name"]:
        return str(stored["internal_name"])
    _, taken = await store.list_names(session, stored["chain_id"])
    return check_name(name, taken=taken - {stored["internal_name"].lower()})


async def insert(session: Session, actor: Actor, row: Mapping[str, Any], *, action: str) -> Template:
    """Store a new row, note it, and return its template."""
    if not await store.insert_template(session, row, actor.name):
        raise name_taken(row["internal_name"])
    values = (None, shown_values(row))
    await note_change(session, actor, row, kind=KIND, event=TEMPLATE_CREATED, action=action, values=values)
    stored = await store.find_template(session, chains=[row["chain_id"]], id_or_name=row["id"])
    assert stored is not None
    return make_template(stored)


async def save(session: Session, actor: Actor, stored: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Store a changed row and note what differs."""
    try:
        async with session.begin_nested():
            won = await store.update_template(session, row, actor.name)
    except IntegrityError:
        raise name_taken(row["internal_name"]) from None
    if not won:
        raise changed_meanwhile(stored["label"])
    changed = {**stored, **row}
    # A masked value looks the same when it changes.
    besides = ["headers"] if stored["shape"]["headers"] != row["shape"]["headers"] else []
    values = differences(shown_values(stored), shown_values(changed), besides=besides)
    await note_change(session, actor, changed, kind=KIND, event=TEMPLATE_CHANGED, action="updated", values=values)


def shown_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's values for the audit trail, the values of secret headers masked."""
    headers = [{**header, "value": MASK} if header["secret"] else header for header in row["shape"]["headers"]]
    names = ("label", "internal_name", "query_id", "profile_id")
    return {**{name: str(row[name]) for name in names}, **row["shape"], "headers": headers}


def make_template(row: Mapping[str, Any]) -> Template:
    """Turn a stored row into the value that others see."""
    return Template(**{**row, "shape": read_shape(row["shape"])})
