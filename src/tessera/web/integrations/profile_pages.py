"""One connection profile: its page, its copy, its switch, its end."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors, inbound
from tessera.connectors import Profile, ProfileChange
from tessera.connectors.calls import list_calls
from tessera.connectors.contract import ConnectorType, connector_types
from tessera.inbound import Inbound
from tessera.platform.errors import ConflictError, NotFoundError
from tessera.web.integrations.property_fields import Choices, references_of
from tessera.web.integrations.property_views import show_change, show_properties
from tessera.web.integrations.tiles import CONNECTORS, find_tile
from tessera.web.visits import PageVisit, Visit, own_address

PROFILES = "/admin/integrations/profiles"
ONE = f"{PROFILES}/{{chain_id:uuid}}/{{profile_id:uuid}}"


class ConnectorGoneError(NotFoundError):
    """The profile's connector is not installed here any more."""

    code = "connector_gone"


@get(PROFILES, permission="connection-profiles:read")
async def list_connection_profiles(visit: PageVisit) -> Response[Any]:
    """Lead to the connectors: profiles are listed by connector."""
    return visit.go(CONNECTORS)


@get(ONE, permission="connection-profiles:read")
async def show_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Show one profile, without its secrets."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    return visit.page("integrations/templates/profile.html", **await read_details(visit, profile))


@post(f"{ONE}/copy", permission="connection-profiles:write")
async def copy_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Copy the profile and go to the copy."""
    made = await connectors.copy_profile(visit.session, visit.actor, chain_id, profile_id, keys=visit.resources.keys)
    return visit.go(path_of(made), notice="profile_copied")


@post(f"{ONE}/switch", permission="connection-profiles:write")
async def switch_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Switch the profile on or off."""
    enabled = (await visit.form()).get("enabled") == "true"
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    await connectors.update_profile(
        visit.session,
        visit.actor,
        profile,
        ProfileChange(enabled=enabled),
        keys=visit.resources.keys,
        policy=connectors.address_policy(visit.resources.settings),
    )
    return visit.go(path_of(profile), notice="profile_enabled" if enabled else "profile_disabled")


@post(f"{ONE}/delete", permission="connection-profiles:admin")
async def delete_profile(visit: PageVisit, chain_id: FromPath[UUID], profile_id: FromPath[UUID]) -> Response[Any]:
    """Ask, then delete the profile and go to those that are left; while something uses it, say what does."""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    if (await visit.form()).get("confirmed") != "yes":
        return visit.page("integrations/templates/profile_delete.html", **await read_details(visit, profile))
    try:
        await connectors.delete_profile(visit.session, visit.actor, chain_id, profile_id)
    except ConflictError as error:
        return visit.page(
            "integrations/templates/profile.html",
            status=409,
            **{**await read_details(visit, profile), "refused": error.message},
        )
    return visit.go(list_path(profile), notice="profile_deleted")


def path_of(profile: Profile) -> str:
    """Return the address of a profile's page."""
    return f"{PROFILES}/{profile.chain_id}/{profile.id}"


def list_path(profile: Profile) -> str:
    """Return the address of the list that a profile stands in."""
    connector = connector_types().get(profile.type)
    tile = find_tile(connector.tile) if connector else None
    return tile.path_of(connector) if tile and connector else CONNECTORS


def find_connector(profile: Profile) -> ConnectorType:
    """Return the profile's type, or say that it is gone."""
    connector = connector_types().get(profile.type)
    if connector is None:
        raise ConnectorGoneError(
            f"The connector {profile.type} is not installed here. Install it again to change its profiles."
        )
    return connector


async def read_reference_choices(visit: Visit, connector: ConnectorType, profile: Profile) -> Choices:
    """Return what the references of a profile may lead to, by property."""
    return {
        each.key: [
            (str(key), label)
            for key, label in await connectors.list_choices(visit.session, visit.actor, profile.chain_id, each)
        ]
        for each in references_of(connector, profile.variant)
    }


async def read_details(visit: Visit, profile: Profile) -> dict[str, Any]:
    """Return everything that a profile's page shows."""
    session, actor = visit.session, visit.actor
    connector = connector_types().get(profile.type)
    choices = {} if connector is None else await read_reference_choices(visit, connector, profile)
    changes = await connectors.list_profile_changes(session, actor, profile) if actor.may("audit:read") else None
    return {
        "profile": profile,
        "connector": connector,
        "variant": variant_label(connector, profile),
        "properties": [] if connector is None else show_properties(connector, profile, choices),
        "users": await connectors.list_profile_users(session, actor, profile),
        "calls": await list_calls(session, actor, profile.chain_id, profile.id),
        "changes": None if changes is None else [(change, show_change(connector, change)) for change in changes],
        "list_path": list_path(profile),
        "tested": None,
        "refused": None,
        "inbound": await read_inbound(visit, connector, profile),
        "new_token": None,
        "public_url": own_address(visit),
    }


async def read_inbound(visit: Visit, connector: ConnectorType | None, profile: Profile) -> Inbound | None:
    """Return the facts of a profile that messages come in through; None of any other."""
    if connector is None or not connector.capabilities.receives:
        return None
    return await inbound.describe_inbound(visit.session, visit.actor, profile.id, now=visit.now)


def variant_label(connector: ConnectorType | None, profile: Profile) -> str | None:
    """Return how the profile authenticates, where its type leaves a choice."""
    if connector is None or len(connector.variants) < 2:
        return None
    return next((each.label for each in connector.variants if each.key == profile.variant), profile.variant)
