"""Export definitions as files describe them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec

from tessera import connectors, exports, outbound, queries
from tessera.access import users as access_users
from tessera.configuration.kinds.export_schedules import (
    describe_notices,
    describe_schedule,
    put_into_words,
    put_notices,
    put_schedule,
)
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.kinds.profiles import name_references
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import ExportSpec, as_plain
from tessera.connectors.contract import Property
from tessera.exports import Definition, DefinitionChange, NewDefinition, Owner
from tessera.platform.actors import ActorKind
from tessera.platform.schedules import StoredSchedule

SELECTION = ("parameters", "period", "changes", "filter")
AS_THEY_ARE = ("kind", "description", "gates", "thresholds", "queue", "shards", "enabled")


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's export definitions."""
    found = await read_all(
        lambda number: exports.list_definitions(
            scope.session, scope.actor, chain_id=scope.chain_id, number=number, size=PAGE
        )
    )
    schedules = await exports.list_schedules(scope.session, scope.actor, [each.id for each in found])
    return [Known(each.internal_name, await describe(scope, each, schedules.get(each.id)), each) for each in found]


async def describe(scope: Scope, definition: Definition, schedule: StoredSchedule | None) -> Plain:
    """Return the definition as a file describes it, what it refers to by names."""
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    query, template, profile = definition.query_id, definition.template_id, definition.profile_id
    plain = msgspec.to_builtins(definition)
    named = {
        "label": definition.label,
        "query": query and (await queries.get_query(session, actor, chain_id, query)).internal_name,
        "template": template and (await outbound.get_template(session, actor, chain_id, template)).internal_name,
        "profile": profile and (await connectors.get_profile(session, actor, chain_id, profile)).internal_name,
        "owner": definition.owner and await spell_owner(scope, definition.owner),
        "settings": await name_settings(scope, definition.kind, profile, definition.settings),
    }
    times = {"schedule": describe_schedule(schedule), "notices": describe_notices(definition)}
    chosen = {name: plain["selection"][name] for name in SELECTION}
    values = {**named, **chosen, **msgspec.to_builtins(times), **{name: plain[name] for name in AS_THEY_ARE}}
    return as_plain(msgspec.convert(values, ExportSpec))


async def spell_owner(scope: Scope, owner: Owner) -> str:
    """Return the address of a user, which is the same in every deployment; the id of an API key."""
    found = await access_users.find_users(scope.session, [owner.id]) if owner.kind is ActorKind.USER else []
    return access_users.make_user(found[0]).email if found else str(owner.id)


async def name_settings(
    scope: Scope, kind: str, profile_id: UUID | None, settings: Mapping[str, Any], *, cleaned: bool = True
) -> Plain:
    """Return the settings that are not at their default, references by name; `cleaned` they are complete and right."""
    properties = await list_properties(scope, kind, profile_id)
    complete = settings if cleaned else connectors.clean_plain_settings(properties, settings)
    defaults = {each.key: each.default for each in properties}
    chosen = {key: value for key, value in complete.items() if value != defaults.get(key)}
    return await name_references(scope, properties, chosen)


async def list_properties(scope: Scope, kind: str, profile_id: UUID | None) -> Sequence[Property]:
    """Return the settings that the kind declares for the destination."""
    connector = None
    if profile_id is not None:
        connector = (await connectors.get_profile(scope.session, scope.actor, scope.chain_id, profile_id)).type
    return exports.get_kind(kind).list_properties(connector)


async def normalise(scope: Scope, _name: str, spec: ExportSpec, known: Known | None) -> Plain:
    """Return the spec in the form that is compared; without an owner, the one there is stays."""
    profile_id = None if spec.profile is None else await find_profile(scope, spec.profile)
    plain = as_plain(spec)
    return {
        **plain,
        "label": spec.label.strip(),
        "settings": await name_settings(scope, spec.kind, profile_id, spec.settings, cleaned=False),
        "owner": known.plain["owner"] if known is not None and spec.owner is None else spec.owner,
    }


async def find_profile(scope: Scope, name: str) -> UUID:
    """Return the id of the profile with that internal name."""
    return (await connectors.get_profile(scope.session, scope.actor, scope.chain_id, name)).id


async def put(scope: Scope, name: str, spec: ExportSpec, known: Known | None) -> None:
    """Store the definition."""
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    values = await read_values(scope, name, spec)
    if known is None:
        new = msgspec.convert(values, NewDefinition)
        made = await exports.create_definition(
            session, actor, chain_id=chain_id, new=new, keys=scope.keys, now=scope.now
        )
        await put_schedule(scope, made, spec, known)
        await put_notices(scope, made, spec)
        return
    # A change keeps the settings that it does not name, and null takes the default.
    values["settings"] = {**dict.fromkeys(known.thing.settings), **spec.settings}
    change = msgspec.convert(values, DefinitionChange)
    saved = await exports.update_definition(session, actor, known.thing, change, keys=scope.keys, now=scope.now)
    await put_schedule(scope, saved, spec, known)
    await put_notices(scope, saved, spec)


async def read_values(scope: Scope, name: str, spec: ExportSpec) -> dict[str, Any]:
    """Return what the spec says as the room names it; an owner only where it names one."""
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    plain = as_plain(spec)
    template = spec.template and (await outbound.get_template(session, actor, chain_id, spec.template)).id
    values: dict[str, Any] = {
        "label": spec.label,
        "internal_name": name,
        "query_id": spec.query and (await queries.get_query(session, actor, chain_id, spec.query)).id,
        "template_id": template,
        "profile_id": None if spec.profile is None else await find_profile(scope, spec.profile),
        "selection": {each: plain[each] for each in SELECTION if plain[each] is not None},
        "settings": spec.settings,
        **{each: plain[each] for each in AS_THEY_ARE},
    }
    if spec.owner is not None:
        values["owner"] = msgspec.to_builtins(await exports.find_owner(session, actor, spec.owner))
    return values


async def remove(scope: Scope, known: Known) -> None:
    """Delete the definition."""
    await exports.delete_definition(scope.session, scope.actor, definition_id=known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove, {"schedule": put_into_words})
