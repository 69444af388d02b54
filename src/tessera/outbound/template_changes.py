"""Making, changing, copying and deleting templates. A complete one is compiled whenever it is saved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import msgspec

from tessera import queries
from tessera.access.chains import has_chain
from tessera.connectors import (
    READY,
    Profile,
    ProfileDisabledError,
    check_usable,
    get_profile,
    template_place,
)
from tessera.connectors.contract import get_connector
from tessera.outbound.calls import check_queries
from tessera.outbound.errors import TemplateTypeFrozenError
from tessera.outbound.events import TEMPLATE_CREATED, TEMPLATE_DELETED, TEMPLATE_UPDATED
from tessera.outbound.header_seals import HeaderSeals, hide_headers, kept_headers, open_shape, seal_headers
from tessera.outbound.rendering import (
    FIELDS,
    Method,
    TemplateError,
    TemplateShape,
    compile_template,
    plain_shape,
)
from tessera.outbound.row_columns import list_row_columns
from tessera.outbound.store import templates as store
from tessera.outbound.templates import (
    INCOMPLETE,
    NewTemplate,
    Template,
    TemplateChange,
    find_row,
    get_template,
    make_templates,
)
from tessera.platform.actors import Actor
from tessera.platform.assets import (
    ChainNotFoundError,
    Referrer,
    SettingsInvalidError,
    Target,
    check_version,
    choose_name,
    clean_label,
    copy_names,
    delete_asset,
    differences,
    find_asset,
    list_names,
    list_referrers,
    name_taken,
    record_change,
    record_references,
    rename,
    write_change,
)
from tessera.platform.characters import is_storable
from tessera.platform.db import Session
from tessera.platform.ids import new_random_id
from tessera.platform.secrets import KeyRing
from tessera.queries import Column, Query

KIND = "http_template"
BLANK = TemplateShape(Method.POST)


async def create_template(
    session: Session, actor: Actor, *, chain_id: UUID, new: NewTemplate, keys: KeyRing
) -> Template:
    """Store a template; unless it is a draft, it is compiled against its query's columns."""
    actor.require("http-templates:write")
    if not actor.sees(chain_id) or not await has_chain(session, chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id}. List the chains to find yours.")
    change = TemplateChange(query=new.query, profile=new.profile, shape=new.shape, draft=new.draft)
    parts = await fit_parts(session, actor, change, stored=None, seals=HeaderSeals(chain_id, keys))
    label = clean_label(new.label)
    _, taken = await list_names(session, store.TEMPLATES, chain_id)
    row = {
        "id": new_random_id(),
        "chain_id": chain_id,
        "label": label,
        "internal_name": choose_name(new.internal_name, label, "template", taken=taken),
        **parts,
    }
    return await insert(session, actor, row, action="created")


async def update_template(
    session: Session, actor: Actor, template: Template, change: TemplateChange, *, keys: KeyRing
) -> Template:
    """Change a template, and compile it again unless it is a draft that stays one."""
    actor.require("http-templates:write")
    stored = await find_row(session, actor, template.chain_id, template.id)
    check_version(stored["label"], stored["version"], change.version)
    if change.template_type not in (None, stored["template_type"]):
        raise TemplateTypeFrozenError(
            f"The template type of {stored['label']} was chosen when it was created, once. Create another template."
        )
    parts = await fit_parts(session, actor, change, stored=stored, seals=HeaderSeals(stored["chain_id"], keys))
    _, taken = await list_names(session, store.TEMPLATES, stored["chain_id"])
    row = {
        "id": stored["id"],
        "version": stored["version"],
        "label": stored["label"] if change.label is None else clean_label(change.label),
        "internal_name": rename(stored["internal_name"], change.internal_name, taken),
        **parts,
    }
    await save(session, actor, stored, row)
    return await get_template(session, actor, template.chain_id, template.id)


async def delete_template(
    session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str, *, version: int | None = None
) -> None:
    """Delete a template that no export definition uses."""
    actor.require("http-templates:admin")
    stored = await find_row(session, actor, chain_id, id_or_name)
    stored = await delete_asset(session, store.TEMPLATES, stored, version)
    values = (shown_values(stored), None)
    await record_change(session, actor, stored, kind=KIND, event=TEMPLATE_DELETED, action="deleted", values=values)


async def list_template_users(session: Session, actor: Actor, template: Template) -> list[Referrer]:
    """Return the first export definitions that use the template, by label."""
    stored = await find_row(session, actor, template.chain_id, template.id)
    return await list_referrers(session, KIND, stored["id"])


async def copy_template(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Template:
    """Copy a template under the next free label and internal name."""
    actor.require("http-templates:write")
    stored = await find_row(session, actor, chain_id, id_or_name)
    row = {
        **{key: stored[key] for key in ("chain_id", "query_id", "profile_id", "shape", "state")},
        "id": new_random_id(),
        **copy_names(stored, *await list_names(session, store.TEMPLATES, stored["chain_id"])),
    }
    return await insert(session, actor, row, action="copied")


async def fit_parts(
    session: Session,
    actor: Actor,
    change: TemplateChange,
    *,
    stored: Mapping[str, Any] | None,
    seals: HeaderSeals,
) -> dict[str, Any]:
    """Return query, profile, shape and state as they are stored; refuse what does not go together."""
    kept = stored or {"query_id": None, "profile_id": None, "shape": plain_shape(BLANK), "state": INCOMPLETE}
    query_ref, profile_ref = change.query or kept["query_id"], change.profile or kept["profile_id"]
    query = None if query_ref is None else await queries.get_query(session, actor, seals.chain_id, query_ref)
    profile = None if profile_ref is None else await get_profile(session, actor, seals.chain_id, profile_ref)
    await check_place(session, actor, kept, change.shape, profile, seals.chain_id)
    shape = open_shape(change.shape, kept["shape"], seals)
    if change.draft and kept["state"] == INCOMPLETE:
        check_storable(shape)
        ids = {"query_id": query.id if query else None, "profile_id": profile.id if profile else None}
        return {**ids, "shape": seal_headers(plain_shape(shape), seals, kept["shape"]), "state": INCOMPLETE}
    if query is None or profile is None:
        raise missing_parts(query, profile)
    sealed = seal_headers(
        plain_shape(check_shape(shape, list_row_columns(query.columns), profile)), seals, kept["shape"]
    )
    return {"query_id": query.id, "profile_id": profile.id, "shape": sealed, "state": READY}


async def check_place(
    session: Session,
    actor: Actor,
    stored: Mapping[str, Any],
    given: TemplateShape | None,
    profile: Profile | None,
    chain_id: UUID,
) -> None:
    """Refuse to send a secret header that is kept to another place than the one it was given for."""
    names = kept_headers(given, stored["shape"])
    if not names or profile is None or profile.id == stored["profile_id"]:
        return
    before = stored["profile_id"] and await get_profile(session, actor, chain_id, stored["profile_id"])
    if before is None or place_through(before) != place_through(profile):
        raise TemplateError(
            f"the profile {profile.label} leads to another place, and a stored secret does not follow. Give it again.",
            place=f"Header {names[0][:80]}",
        )


def place_through(profile: Profile) -> tuple[object, ...]:
    """Return where secret headers go that are sent through the profile."""
    return template_place(get_connector(profile.type), profile.settings)


def missing_parts(query: Query | None, profile: Profile | None) -> SettingsInvalidError:
    """Say what a template cannot do without."""
    faults = {
        **({} if query else {"query_id": "Choose the query whose columns the request uses."}),
        **({} if profile else {"profile_id": "Choose the profile through which it is sent."}),
    }
    return SettingsInvalidError(" ".join(faults.values()), faults=faults, field=next(iter(faults)))


def check_storable(shape: TemplateShape) -> None:
    """Refuse what no database text can hold, in a draft that nothing else checks."""
    names = {name: place for place, name in FIELDS.items()}
    for name, value in msgspec.to_builtins(shape).items():
        if not all(map(is_storable, texts_in(value))):
            raise TemplateError("holds a character that cannot be stored. Delete it.", place=names[name])


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a plain value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def check_shape(shape: TemplateShape, columns: Sequence[Column], profile: Profile) -> TemplateShape:
    """Return the shape as it is stored; refuse one that would not compile, or a profile that cannot carry it."""
    check_usable(profile)
    connector = get_connector(profile.type)
    if not connector.capabilities.takes_templates:
        raise ProfileDisabledError(f"{connector.label} profiles take no templates. Choose another profile.")
    shape = fit_shape(shape)
    compile_template(shape, [(column.name, column.type) for column in columns])
    check_queries(profile.settings["base_url"], shape.url_path)
    return shape


def fit_shape(shape: TemplateShape) -> TemplateShape:
    """Return the shape without blank parts; without a body there is nothing to put a second row into."""
    shape = replace(shape, body=shape.body or None, envelope=shape.envelope or None)
    return shape if shape.body else replace(shape, batch_size=1)


async def insert(session: Session, actor: Actor, row: Mapping[str, Any], *, action: str) -> Template:
    """Store a new row, note it, and return its template."""
    if not await store.insert_template(session, row, actor):
        raise name_taken(row["internal_name"])
    await refer(session, row)
    values = (None, shown_values(row))
    await record_change(session, actor, row, kind=KIND, event=TEMPLATE_CREATED, action=action, values=values)
    return (await make_templates(session, [await find_asset(session, store.TEMPLATES, None, row["id"])]))[0]


async def save(session: Session, actor: Actor, stored: Mapping[str, Any], row: Mapping[str, Any]) -> None:
    """Store a changed row and note what differs."""
    change = store.update_template(session, row, actor)
    await write_change(session, change, label=stored["label"], internal_name=row["internal_name"])
    changed = {**stored, **row}
    await refer(session, changed)
    # A masked value looks the same when it changes.
    besides = ["headers"] if stored["shape"]["headers"] != row["shape"]["headers"] else []
    values = differences(shown_values(stored), shown_values(changed), besides=besides)
    await record_change(session, actor, changed, kind=KIND, event=TEMPLATE_UPDATED, action="updated", values=values)


def shown_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's values for the audit log, the values of secret headers masked."""
    ids = {name: None if row[name] is None else str(row[name]) for name in ("query_id", "profile_id")}
    named = {name: row[name] for name in ("label", "internal_name", "state")}
    return {**named, **ids, **hide_headers(row["shape"])}


async def refer(session: Session, row: Mapping[str, Any]) -> None:
    """Record that the template refers to its query and its profile; the foreign keys hold both."""
    secret = any(header.get("secret") for header in row["shape"]["headers"])
    targets = {
        "query_id": Target("query", row["query_id"]),
        "profile_id": Target("connection_profile", row["profile_id"], carries_secrets=secret),
    }
    await record_references(session, KIND, row, [target for name, target in targets.items() if row[name]])
