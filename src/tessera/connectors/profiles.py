"""Connection profiles: saved settings to reach one outside system, their secrets sealed and never shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import has_chain
from tessera.connectors.addresses import AddressPolicy
from tessera.connectors.contract import ConnectorType, Issuing, get_connector
from tessera.connectors.errors import NotCopyableError, ProfileDisabledError, VariantFrozenError
from tessera.connectors.events import PROFILE_CREATED, PROFILE_DELETED, PROFILE_UPDATED
from tessera.connectors.faults import gather_faults
from tessera.connectors.moved_secrets import find_moved, find_moved_secrets
from tessera.connectors.profile_checks import READY, check_input, check_variant, state_of
from tessera.connectors.properties import Checked
from tessera.connectors.references import check_references, find_keys
from tessera.connectors.sealed_secrets import change_secrets, open_secrets
from tessera.connectors.store import profiles as store
from tessera.connectors.tokens import forget_tokens
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
    list_assets,
    list_labels,
    list_names,
    list_referrers,
    list_versions,
    name_taken,
    record_change,
    record_references,
    rename,
    write_change,
)
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.ids import new_random_id
from tessera.platform.paging import Page
from tessera.platform.secrets import MASK, KeyRing

KIND = "connection_profile"


@dataclass(frozen=True, slots=True)
class Profile:
    """A connection profile as others see it: `secrets` says which are set, and since when.

    `token` is there once: when the profile was just created, and its type makes a token that others show us.
    """

    id: UUID
    chain_id: UUID
    type: str
    variant: str
    label: str
    internal_name: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, datetime]
    state: str
    enabled: bool
    version: int
    used_by: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None
    token: str | None = field(default=None, repr=False, compare=False)

    @property
    def ready(self) -> bool:
        """Whether nothing required is missing."""
        return self.state == READY


@dataclass(frozen=True, slots=True)
class ProfileFilter:
    """Which profiles to list: of one chain or all, of one type, with a text in label or internal name.

    `sort` is one of the orders of `store.PROFILES`, with a minus where it is turned round.
    """

    chain_id: UUID | None = None
    kind: str | None = None
    search: str = ""
    sort: str = "label"


@dataclass(frozen=True, slots=True)
class NewProfile:
    """What makes a profile. `settings` holds its properties, secrets among them; a draft may lack required ones."""

    type: str
    variant: str
    label: str
    internal_name: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    enabled: bool = True
    draft: bool = False


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What changes. None leaves a thing as it is, and so does a property that `settings` does not name.

    `version` is the one the caller saw; with it, a change made in the meantime is refused.
    """

    label: str | None = None
    internal_name: str | None = None
    variant: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    enabled: bool | None = None
    version: int | None = None


async def create_profile(
    session: Session, actor: Actor, *, chain_id: UUID, new: NewProfile, keys: KeyRing, policy: AddressPolicy
) -> Profile:
    """Store a profile; its address must be one that this deployment calls."""
    actor.require("connection-profiles:write")
    if not actor.sees(chain_id) or not await has_chain(session, chain_id):
        raise ChainNotFoundError(f"There is no chain {chain_id}. List your chains to find it.")
    connector = get_connector(new.type)
    check_variant(connector, new.variant)
    await check_room(session, chain_id, connector)
    _, taken = await list_names(session, store.PROFILES, chain_id)
    with gather_faults() as together:
        with together:
            label = clean_label(new.label)
        with together:
            internal_name = choose_name(new.internal_name, new.label, new.type, taken=taken)
        with together:
            checked = check_input(connector, new.variant, new.settings, stored={}, sealed={}, policy=policy)
            settings = await check_references(session, chain_id, connector, new.variant, checked.settings)
            state = state_of(checked, connector, allow_missing=new.draft)
    row = {
        "id": (profile_id := new_random_id()),
        "chain_id": chain_id,
        "type": new.type,
        "variant": new.variant,
        "label": label,
        "internal_name": internal_name,
        "settings": settings,
        "secrets": change_secrets({}, checked.secrets, profile_id=profile_id, keys=keys, now=now()),
        "state": state,
        "enabled": new.enabled,
    }
    made = await insert(session, actor, row, action="created")
    if connector.issue_token is None:
        return made
    issuing = Issuing(chain_id, profile_id, actor, now())
    return replace(made, token=await connector.issue_token(session, keys, issuing))


async def get_profile(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Profile:
    """Return the profile with that id or internal name, of the chain or of any that the actor sees."""
    actor.require("connection-profiles:read")
    return make_profile(await find_row(session, actor, chain_id, id_or_name))


async def list_profiles(
    session: Session, actor: Actor, wanted: ProfileFilter | None = None, *, number: int = 1, size: int = 50
) -> Page[Profile]:
    """Return a page of the profiles that the actor sees."""
    actor.require("connection-profiles:read")
    wanted = wanted or ProfileFilter()
    parameters = {"chains": actor.reach(wanted.chain_id), "type": wanted.kind, "search": wanted.search}
    page = await list_assets(session, store.PROFILES, parameters, sort=wanted.sort, number=number, size=size)
    return Page([make_profile(row) for row in page.items], page.total, number, size)


async def count_profiles(
    session: Session, actor: Actor, *, chain_id: UUID | None = None
) -> dict[str, Mapping[str, int]]:
    """Return by type how many profiles there are (`total`), and how many of them are `incomplete` or `off`."""
    actor.require("connection-profiles:read")
    return {row.pop("type"): row for row in map(dict, await store.count_types(session, actor.reach(chain_id)))}


async def list_profile_users(session: Session, actor: Actor, profile: Profile) -> list[Referrer]:
    """Return the first assets that use the profile, by label; `used_by` of the profile counts them all."""
    actor.require("connection-profiles:read")
    stored = await find_row(session, actor, profile.chain_id, profile.id)
    return await list_referrers(session, KIND, stored["id"])


async def list_profile_versions(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the versions of profiles that the caller's own assets refer to."""
    return await list_versions(session, store.PROFILES, ids)


async def label_profiles(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the labels of profiles that the caller's own assets refer to."""
    return await list_labels(session, store.PROFILES, ids)


async def has_twin(session: Session, actor: Actor, profile: Profile) -> bool:
    """Say whether another profile of the type has the same label: it may, but people will mix them up."""
    actor.require("connection-profiles:read")
    return await store.has_twin(session, await find_row(session, actor, profile.chain_id, profile.id))


async def update_profile(
    session: Session,
    actor: Actor,
    profile: Profile,
    change: ProfileChange,
    *,
    keys: KeyRing,
    policy: AddressPolicy,
) -> Profile:
    """Change a profile: every property but its type and variant."""
    actor.require("connection-profiles:write")
    stored = await find_row(session, actor, profile.chain_id, profile.id)
    if change.variant is not None and change.variant != stored["variant"]:
        raise VariantFrozenError("The authentication type never changes. Create another profile for the other type.")
    check_version(stored["label"], stored["version"], change.version)
    with gather_faults() as together:
        with together:
            label = stored["label"] if change.label is None else clean_label(change.label)
        with together:
            _, taken = await list_names(session, store.PROFILES, stored["chain_id"])
            internal_name = rename(stored["internal_name"], change.internal_name, taken)
        with together:
            properties, secrets = await changed_properties(session, stored, change, keys=keys, policy=policy)
    row = {
        "id": stored["id"],
        "version": stored["version"],
        "label": label,
        "internal_name": internal_name,
        "enabled": stored["enabled"] if change.enabled is None else change.enabled,
        **properties,
    }
    await save(session, actor, stored, row, secrets=secrets)
    if change.settings:
        await forget_tokens(session, stored["id"])
    return await get_profile(session, actor, profile.chain_id, profile.id)


async def delete_profile(
    session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str, *, version: int | None = None
) -> None:
    """Delete a profile that nothing uses; with `version`, only while it is that one."""
    actor.require("connection-profiles:admin")
    stored = await find_row(session, actor, chain_id, id_or_name)
    stored = await delete_asset(session, store.PROFILES, stored, version)
    values = (shown_values(stored), None)
    await record_change(session, actor, stored, kind=KIND, event=PROFILE_DELETED, action="deleted", values=values)


async def copy_profile(
    session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str, *, keys: KeyRing
) -> Profile:
    """Copy a profile with everything, secrets included, under the next free label and internal name."""
    actor.require("connection-profiles:write")
    stored = await find_row(session, actor, chain_id, id_or_name)
    connector = get_connector(stored["type"])
    if not connector.capabilities.copyable:
        raise NotCopyableError(f"{connector.label} profiles cannot be copied. Create a new one.")
    await check_room(session, stored["chain_id"], connector)
    profile_id = new_random_id()
    opened = open_secrets(stored["secrets"], profile_id=stored["id"], keys=keys)
    row = {
        **{key: stored[key] for key in ("chain_id", "type", "variant", "settings", "state", "enabled")},
        "id": profile_id,
        **copy_names(stored, *await list_names(session, store.PROFILES, stored["chain_id"])),
        "secrets": change_secrets({}, opened, profile_id=profile_id, keys=keys, now=now()),
    }
    return await insert(session, actor, row, action="copied")


def check_usable(profile: Profile) -> None:
    """Refuse a profile that is disabled or not filled in yet."""
    if not profile.ready:
        raise ProfileDisabledError(f"The connection profile {profile.label} is incomplete. Fill it in first.")
    if not profile.enabled:
        raise ProfileDisabledError(f"The connection profile {profile.label} is disabled. Enable it first.")


async def find_row(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Mapping[str, Any]:
    """Return the stored profile, sealed secrets included; the caller keeps it inside this room."""
    return await find_asset(session, store.PROFILES, actor.reach(chain_id), id_or_name)


async def check_room(session: Session, chain_id: UUID, connector: ConnectorType) -> None:
    """Refuse a profile more than the type allows."""
    most = connector.capabilities.most_per_chain
    if most is not None and await store.count_of_type(session, chain_id, connector.key) >= most:
        profiles = "one profile" if most == 1 else f"{most} profiles"
        raise connector.capabilities.full(f"A chain has {profiles} of {connector.label}. Change what there is instead.")


async def changed_properties(
    session: Session, stored: Mapping[str, Any], change: ProfileChange, *, keys: KeyRing, policy: AddressPolicy
) -> tuple[dict[str, Any], Mapping[str, str | None]]:
    """Return the stored properties with the change made, and which secrets it sets or clears."""
    if not change.settings:
        # Nothing is checked again: a profile whose address is no longer allowed can still be disabled.
        return {key: stored[key] for key in ("settings", "secrets", "state")}, {}
    connector = get_connector(stored["type"])
    checked = check_input(
        connector,
        stored["variant"],
        change.settings,
        stored=stored["settings"],
        sealed=stored["secrets"],
        policy=policy,
    )
    await check_places(session, stored, connector, checked)
    settings = await check_references(session, stored["chain_id"], connector, stored["variant"], checked.settings)
    properties = {
        "settings": settings,
        "secrets": change_secrets(stored["secrets"], checked.secrets, profile_id=stored["id"], keys=keys, now=now()),
        "state": state_of(checked, connector, allow_missing=False),
    }
    return properties, checked.secrets


async def check_places(session: Session, stored: Mapping[str, Any], connector: ConnectorType, checked: Checked) -> None:
    """Refuse to send what is secret to another place than the one it was given for."""
    faults = find_moved_secrets(connector, stored["settings"], stored["secrets"], checked)
    moved = find_moved(connector.templates_sent_to, stored["settings"], checked.settings)
    templates = await list_referrers(session, KIND, stored["id"], secret=True) if moved else []
    if templates:
        named = ", ".join(each.label for each in templates)
        faults[moved[0]] = (
            f"Templates send secret headers there: {named}. Create another profile for the new address, choose it in"
            " these templates, and give their secret headers again."
        )
    if faults:
        raise SettingsInvalidError(" ".join(faults.values()), faults=faults)


async def insert(session: Session, actor: Actor, row: Mapping[str, Any], *, action: str) -> Profile:
    """Store a new row, note it, and return its profile."""
    if not await store.insert_profile(session, row, actor):
        await check_room(session, row["chain_id"], get_connector(row["type"]))  # the last one was taken just now
        raise name_taken(row["internal_name"])
    await refer_to_keys(session, row)
    values = (None, shown_values(row))
    await record_change(session, actor, row, kind=KIND, event=PROFILE_CREATED, action=action, values=values)
    return make_profile(await find_asset(session, store.PROFILES, None, row["id"]))


async def save(
    session: Session,
    actor: Actor,
    stored: Mapping[str, Any],
    row: Mapping[str, Any],
    *,
    secrets: Mapping[str, str | None],
) -> None:
    """Store a changed row and note what differs."""
    change = store.update_profile(session, row, actor)
    await write_change(session, change, label=stored["label"], internal_name=row["internal_name"])
    changed = {**stored, **row}
    await refer_to_keys(session, changed)
    # A secret that is set again looks as it did before; that it changed is what the audit log is for.
    values = differences(shown_values(stored), shown_values(changed), besides=secrets)
    await record_change(session, actor, changed, kind=KIND, event=PROFILE_UPDATED, action="updated", values=values)


def shown_values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a profile's values for the audit log, secrets masked."""
    names = ("label", "internal_name", "type", "variant", "enabled", "state")
    return {**{name: row[name] for name in names}, **row["settings"], **dict.fromkeys(row["secrets"], MASK)}


async def refer_to_keys(session: Session, row: Mapping[str, Any]) -> None:
    """Record which encryption keys the profile refers to; the check of its settings holds them."""
    targets = [Target("encryption_key", key_id) for key_id in find_keys(get_connector(row["type"]), row["settings"])]
    await record_references(session, KIND, row, targets)


def make_profile(row: Mapping[str, Any]) -> Profile:
    """Turn a stored row into the value that others see; sealed secrets stay behind."""
    set_at = {key: datetime.fromisoformat(value["set_at"]) for key, value in row["secrets"].items()}
    return Profile(**{**row, "secrets": set_at})
