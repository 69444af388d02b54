"""Connection profiles as files describe them: settings in the open, secrets by where they come from."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tessera import connectors
from tessera.configuration.changes import CHANGED_SECRET
from tessera.configuration.errors import DescriptionError
from tessera.configuration.kinds.handlers import PAGE, Handler, Known, Plain, read_all
from tessera.configuration.kinds.sources import header_source
from tessera.configuration.scope import Scope
from tessera.configuration.shapes import KEPT, ProfileSpec, Secret
from tessera.connectors import NewProfile, Profile, ProfileChange, ProfileFilter
from tessera.connectors import keys as connector_keys
from tessera.connectors.contract import Property, connector_types
from tessera.platform.ids import parse_id


async def list_known(scope: Scope) -> Sequence[Known]:
    """Return the chain's profiles."""
    wanted = ProfileFilter(chain_id=scope.chain_id)
    found = await read_all(
        lambda number: connectors.list_profiles(scope.session, scope.actor, wanted, number=number, size=PAGE)
    )
    return [Known(each.internal_name, await describe(scope, each), each) for each in found]


async def describe(scope: Scope, profile: Profile) -> Plain:
    """Return the profile as a file describes it; every secret is kept."""
    settings = await name_references(scope, properties_of(profile.type), profile.settings)
    secrets = [key for key in profile.secrets if ":" not in key]
    return {
        "label": profile.label,
        "type": profile.type,
        "variant": profile.variant,
        "enabled": profile.enabled,
        "settings": {key: mark_headers(value) for key, value in settings.items()},
        "secrets": dict.fromkeys(secrets, KEPT),
    }


def properties_of(connector: str) -> Sequence[Property]:
    """Return the properties of a connector; one that is gone has none."""
    known = connector_types().get(connector)
    return known.properties if known else ()


async def name_references(scope: Scope, properties: Sequence[Property], settings: Mapping[str, Any]) -> Plain:
    """Return the settings with encryption keys by their internal names, which files use."""
    named = dict(settings)
    for each in properties:
        key_id = parse_id(str(settings.get(each.key) or "")) if each.refers_to else None
        if key_id is not None:
            named[each.key] = await name_key(scope, key_id)
    return named


async def name_key(scope: Scope, key_id: UUID) -> str:
    """Return the internal name of an encryption key."""
    key = await connector_keys.get_encryption_key(scope.session, scope.actor, scope.chain_id, key_id)
    return key.internal_name


def mark_headers(value: Any) -> Any:
    """Return a setting as files spell it: a secret header's value is kept."""
    if not isinstance(value, list | tuple):
        return value
    return [{**item, "value": KEPT} if isinstance(item, Mapping) and item.get("secret") else item for item in value]


def variant_of(spec: ProfileSpec) -> str:
    """Return the variant; a type with only one need not name it."""
    connector = connector_types().get(spec.type)
    if spec.variant is None and connector is not None and len(connector.variants) == 1:
        return connector.variants[0].key
    return spec.variant or ""


async def normalise(scope: Scope, _name: str, spec: ProfileSpec, known: Known | None) -> Plain:
    """Return the spec in the form that is compared; a secret that would change is masked."""
    variant = variant_of(spec)
    settings = await read_settings(scope, spec, variant)
    given = read_secrets(scope, spec)
    changed = frozenset(given)
    kept: Plain = {}
    if known is not None:
        changed = await connectors.differing_secrets(
            scope.session, scope.actor, scope.chain_id, known.thing.id, given, keys=scope.keys
        )
        kept = dict(known.plain["secrets"])
    return {
        "label": spec.label.strip(),
        "type": spec.type,
        "variant": variant,
        "enabled": spec.enabled,
        "settings": {key: mark_changed(key, value, changed) for key, value in settings.items()},
        "secrets": {**kept, **{key: CHANGED_SECRET for key in changed if ":" not in key}},
    }


async def read_settings(scope: Scope, spec: ProfileSpec, variant: str) -> Plain:
    """Return the spec's settings as they would be stored, references by name."""
    plain = {key: without_values(value) for key, value in spec.settings.items()}
    cleaned = connectors.clean_settings(spec.type, variant, plain, scope.policy)
    return await name_references(scope, properties_of(spec.type), cleaned)


def without_values(value: Any) -> Any:
    """Return headers without the values of the secret ones."""
    if not isinstance(value, list):
        return value
    return [{**item, "value": None} if isinstance(item, Mapping) and item.get("secret") else item for item in value]


def mark_changed(key: str, value: Any, changed: frozenset[str]) -> Any:
    """Return a setting as files spell it; the value of a secret header that would change is a mask."""
    if not isinstance(value, list | tuple):
        return value
    return [
        {**item, "value": CHANGED_SECRET if f"{key}:{str(item['name']).lower()}" in changed else KEPT}
        if isinstance(item, Mapping) and item.get("secret")
        else item
        for item in value
    ]


def read_secrets(scope: Scope, spec: ProfileSpec) -> dict[str, str]:
    """Return the secrets that the spec brings, those of headers under `<property>:<header>`."""
    sources: dict[str, Secret] = dict(spec.secrets)
    for key, value in spec.settings.items():
        for item in value if isinstance(value, list) else ():
            if isinstance(item, Mapping) and item.get("secret"):
                sources[f"{key}:{str(item.get('name')).lower()}"] = header_source(item.get("value"))
    read = {key: scope.read_secret(source) for key, source in sources.items()}
    return {key: text for key, text in read.items() if text is not None}


async def put(scope: Scope, name: str, spec: ProfileSpec, known: Known | None) -> None:
    """Store the profile; a new one whose secrets are kept elsewhere is incomplete until it gets them."""
    given = read_secrets(scope, spec)
    variant = variant_of(spec)
    settings = dict(await read_settings(scope, spec, variant))
    settings = {key: with_secrets(key, value, given) for key, value in settings.items()}
    settings |= {key: text for key, text in given.items() if ":" not in key}
    session, actor, chain_id = scope.session, scope.actor, scope.chain_id
    if known is None:
        new = NewProfile(spec.type, variant, spec.label, name, settings, enabled=spec.enabled, draft=True)
        await connectors.create_profile(
            session, actor, chain_id=chain_id, new=new, keys=scope.keys, policy=scope.policy
        )
        return
    if known.thing.type != spec.type:
        raise DescriptionError(
            f"It is of the type {known.thing.type}, which never changes. Give the new profile another name."
        )
    change = ProfileChange(
        label=spec.label,
        internal_name=name,
        variant=variant,
        settings=settings,
        enabled=spec.enabled,
    )
    await connectors.update_profile(session, actor, known.thing, change, keys=scope.keys, policy=scope.policy)


def with_secrets(key: str, value: Any, given: Mapping[str, str]) -> Any:
    """Return headers with the values of the secret ones that are given; None keeps the stored one."""
    if not isinstance(value, list | tuple):
        return value
    return [
        {**item, "value": given.get(f"{key}:{str(item['name']).lower()}")}
        if isinstance(item, Mapping) and item.get("secret")
        else item
        for item in value
    ]


async def remove(scope: Scope, known: Known) -> None:
    """Delete the profile."""
    await connectors.delete_profile(scope.session, scope.actor, scope.chain_id, known.thing.id)


HANDLER = Handler(list_known, normalise, put, remove)
