"""Export definitions: what is selected, where it goes to, and under which conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.exc import IntegrityError

from tessera import connectors, outbound, queries
from tessera.exports.contract import Destination
from tessera.exports.definition_changes import merge_change
from tessera.exports.errors import DefinitionInvalidError, NotRunnableError
from tessera.exports.events import DEFINITION_CREATED, DEFINITION_DELETED, DEFINITION_UPDATED
from tessera.exports.gates import Gates
from tessera.exports.owners import check_owner, owner_of
from tessera.exports.selections import check_selection_rules
from tessera.exports.snapshots import check_destination, check_enabled, find_query, is_personal, keep_snapshot
from tessera.exports.states import RunQueue
from tessera.exports.store import definitions as store
from tessera.exports.values import Definition, DefinitionChange, DefinitionFilter, NewDefinition, Selection, Thresholds
from tessera.notifications import NoticeRules, copy_rules, delete_notice_states
from tessera.platform import schedules
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
from tessera.platform.schedules import OwnedSchedule
from tessera.platform.secrets import KeyRing
from tessera.queries import Query

KIND = "export_definition"
LONGEST_DESCRIPTION = 10_000
MOST_SHARDS = 32
MOST_PERCENT = 1000
ALL = DefinitionFilter()


async def create_definition(
    session: Session, actor: Actor, *, chain_id: UUID, new: NewDefinition, keys: KeyRing, now: datetime
) -> Definition:
    """Store a definition after its kind has checked where it leads, and that its owner may send what it selects."""
    actor.require("exports:write")
    checked = await check_definition(session, actor, chain_id, new, keys=keys, now=now)
    definition_id = new_random_id()
    _, taken = await list_names(session, store.DEFINITIONS, chain_id)
    name = choose_name(new.internal_name, new.label, "export", taken=taken)
    if not await store.insert_definition(session, definition_id, chain_id, name, checked.new, actor):
        raise name_taken(name)
    after = {"label": new.label, "kind": new.kind, "query": checked.query.internal_name}
    made = await get_definition(session, actor, definition_id=definition_id)
    await prepare_run(session, actor, made, checked)
    await note(session, actor, made, "created", DEFINITION_CREATED, values=(None, after), targets=checked.targets)
    return made


async def update_definition(
    session: Session, actor: Actor, definition: Definition, change: DefinitionChange, *, keys: KeyRing, now: datetime
) -> Definition:
    """Change a definition; everything about it is checked again."""
    actor.require("exports:write")
    stored = await get_definition(session, actor, definition_id=definition.id)
    check_version(stored.label, stored.version, change.version)
    new = await merge_change(session, actor, stored, change)
    checked = await check_definition(session, actor, stored.chain_id, new, keys=keys, now=now)
    _, taken = await list_names(session, store.DEFINITIONS, stored.chain_id)
    name = rename(stored.internal_name, new.internal_name or stored.internal_name, taken)
    write = store.update_definition(session, stored, checked.new, actor)
    await write_change(session, write, label=stored.label, internal_name=name)
    values = differences(plain_values(stored), plain_values(checked.new))
    saved = await get_definition(session, actor, definition_id=stored.id)
    await prepare_run(session, actor, saved, checked)
    await note(session, actor, saved, "updated", DEFINITION_UPDATED, values=values, targets=checked.targets)
    return saved


@dataclass(frozen=True, slots=True)
class Checked:
    """A definition that can be saved: its settings complete, its owner known, its query, and where it leads."""

    new: NewDefinition
    query: Query
    destination: Destination
    personal: bool

    @property
    def targets(self) -> Sequence[Target]:
        """All that the definition refers to."""
        query = [Target("query", self.new.query_id)] if self.new.query_id else []
        return [*self.destination.targets, *query]


async def check_definition(
    session: Session, actor: Actor, chain_id: UUID, new: NewDefinition, *, keys: KeyRing, now: datetime
) -> Checked:
    """Return the definition as it is stored; refuse one that could not run."""
    check_limits(new)
    query = await find_query(session, actor, chain_id, new)
    check_selection_rules(query, new.selection)
    destination = await check_destination(session, actor, chain_id, new, query, keys)
    owner = new.owner or owner_of(actor)
    personal = await is_personal(query)
    if personal:
        actor.require("members:read")
        await check_owner(session, chain_id, owner, now=now)
    return Checked(replace(new, settings=destination.settings, owner=owner), query, destination, personal)


async def prepare_run(session: Session, actor: Actor, definition: Definition, checked: Checked) -> None:
    """Keep what the next run works from: thousands that are due at once need not be checked at that moment."""
    try:
        await check_enabled(session, actor, definition, checked.destination)
    except NotRunnableError:
        return
    await keep_snapshot(session, definition, checked.query, checked.destination, personal=checked.personal)


async def copy_definition(
    session: Session, actor: Actor, *, definition_id: UUID, keys: KeyRing, now: datetime
) -> Definition:
    """Copy a definition under the next free label and internal name, disabled so that nothing leaves twice.

    Its schedule is copied switched off. Who is notified is copied too, heartbeats switched off: a monitor waits for one
    export.
    """
    stored = await get_definition(session, actor, definition_id=definition_id)
    values = {name: getattr(stored, name) for name in NewDefinition.__slots__}
    names = copy_names(asdict(stored), *await list_names(session, store.DEFINITIONS, stored.chain_id))
    new = NewDefinition(**{**values, **names, "enabled": False, "owner": owner_of(actor) or stored.owner})
    made = await create_definition(session, actor, chain_id=stored.chain_id, new=new, keys=keys, now=now)
    await copy_schedule(session, stored, made, now=now)
    return await copy_notices(session, actor, stored, made, keys=keys)


async def copy_schedule(session: Session, stored: Definition, made: Definition, *, now: datetime) -> None:
    """Give the copy the schedule, switched off: as it was stored, it needs no leave to run often."""
    found = await schedules.find_schedule(session, KIND, stored.id)
    if found is None:
        return
    own = OwnedSchedule(made.id, made.chain_id, replace(found.schedule, enabled=False), found.policies)
    await schedules.save_schedules(session, KIND, [own], now=now, shortest_minutes=1)


async def copy_notices(
    session: Session, actor: Actor, stored: Definition, made: Definition, *, keys: KeyRing
) -> Definition:
    """Let the same be notified about the copy."""
    document = copy_rules(stored.notices, keys).dump()
    if not document:
        return made
    await write_change(
        session, store.set_notices(session, made, document, actor), label=made.label, internal_name=made.internal_name
    )
    return await get_definition(session, actor, definition_id=made.id)


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
    await schedules.delete_schedules(session, KIND, [stored.id])
    await delete_notice_states(session, KIND, [stored.id])
    before = {"label": stored.label, "kind": stored.kind, "query": stored.query_label}
    await note(session, actor, stored, "deleted", DEFINITION_DELETED, values=(before, None))


async def note(
    session: Session,
    actor: Actor,
    definition: Definition,
    action: str,
    event: str,
    *,
    values: tuple[Mapping[str, Any] | None, Mapping[str, Any] | None],
    targets: Sequence[Target] = (),
) -> None:
    """Record a change, and what the definition refers to now; foreign keys hold the targets."""
    row = asdict(definition)
    if values[1] is not None:
        await record_references(session, KIND, row, targets)
    await record_change(session, actor, row, kind=KIND, event=event, action=action, values=values)


def plain_values(definition: Definition | NewDefinition) -> dict[str, Any]:
    """Return what a caller gives of a definition as plain JSON, for the audit log."""
    return {name: msgspec.to_builtins(getattr(definition, name)) for name in NewDefinition.__slots__}


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
    session: Session,
    actor: Actor,
    *,
    chain_id: UUID | None = None,
    search: str = "",
    only: DefinitionFilter = ALL,
    number: int = 1,
    size: int = 50,
) -> Page[Definition]:
    """Return a page of definitions, of one chain or of all that the actor sees."""
    actor.require("exports:read")
    wanted = {"chains": actor.reach(chain_id), "search": search, **asdict(only)}
    page = await list_assets(session, store.DEFINITIONS, wanted, sort=wanted.pop("sort"), number=number, size=size)
    return Page(await make_definitions(session, page.items), page.total, number, size)


async def list_definitions_by_id(session: Session, ids: Sequence[UUID]) -> list[Definition]:
    """Return the definitions of those ids in any chain: for work without a person behind it."""
    return await make_definitions(session, await store.find_definitions(session, ids))


async def make_definitions(session: Session, rows: Sequence[Mapping[str, Any]]) -> list[Definition]:
    """Turn stored rows into the values that others see, with the labels of what they refer to."""
    labels = {
        "query": await queries.label_queries(session, ids_of(rows, "query_id")),
        "template": await outbound.label_templates(session, ids_of(rows, "template_id")),
        "profile": await connectors.label_profiles(session, ids_of(rows, "profile_id")),
    }
    return [make_definition(row, labels) for row in rows]


def ids_of(rows: Sequence[Mapping[str, Any]], column: str) -> list[UUID]:
    """Return the ids in a column that may be empty."""
    return [row[column] for row in rows if row[column] is not None]


def make_definition(row: Mapping[str, Any], labels: Mapping[str, Mapping[UUID, str]]) -> Definition:
    """Turn a stored row into a definition."""
    values = {name: row[name] for name in Definition.__slots__ if name in row}
    for noun, found in labels.items():
        values[f"{noun}_label"] = found.get(row[f"{noun}_id"])
    values["selection"] = msgspec.convert(row["selection"], Selection)
    values["gates"] = msgspec.convert(row["gates"], Gates)
    values["thresholds"] = msgspec.convert(row["thresholds"], Thresholds)
    values["notices"] = NoticeRules.parse(row["notices"])
    values["queue"] = RunQueue(row["queue"])
    values["owner"] = store.make_owner(row)
    return Definition(**values)


def check_limits(new: NewDefinition) -> None:
    """Refuse a label, a description or a limit that cannot be used."""
    clean_label(new.label, refusal=DefinitionInvalidError)
    check_description(new.description, longest=LONGEST_DESCRIPTION, refusal=DefinitionInvalidError)
    if not 1 <= new.shards <= MOST_SHARDS:
        raise DefinitionInvalidError(f"Shards: give a number from 1 to {MOST_SHARDS}.", field="shards")
    for name in Thresholds.__slots__:
        if (value := getattr(new.thresholds, name)) is not None and value < 0:
            raise DefinitionInvalidError("Thresholds: give a number from 0 up.", field=f"thresholds.{name}")
    for name in ("rows_percent", "removals_percent"):
        if not 0 <= getattr(new.gates, name) <= MOST_PERCENT:
            raise DefinitionInvalidError(f"Gates: give a percentage from 0 to {MOST_PERCENT}.", field=f"gates.{name}")
