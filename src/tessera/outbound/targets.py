"""From a saved profile to a sender."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from tessera.connectors import (
    Profile,
    ProfileDisabledError,
    check_usable,
    find_row,
    make_profile,
    open_secrets,
    template_place,
)
from tessera.connectors.contract import ConnectorType, Property, get_connector
from tessera.connectors.tokens import TokenKeeper
from tessera.outbound.header_seals import HeaderSeals, open_headers, sealed_values
from tessera.outbound.senders import RequestRenderer, Requests, Sender
from tessera.platform.actors import Actor
from tessera.platform.db import Session
from tessera.platform.http import OutboundClient
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

# Kept with a run whose template has secret headers: they go where they were given for, whatever changes meanwhile.
SENT_TO = "sent_to"


async def open_sender(
    session: Session,
    actor: Actor,
    *,
    chain_id: UUID,
    profile_id: UUID,
    shape: Mapping[str, Any],
    resources: Resources,
    client: OutboundClient,
) -> Sender:
    """Return the sender of a stored shape through a profile as it is now; refuse a profile that is disabled.

    The sender outlives the session: the token that it may need is kept in transactions of its own.
    """
    actor.require("connection-profiles:read")
    row = await find_row(session, actor, chain_id, profile_id)
    check_usable(make_profile(row))
    connector = get_connector(row["type"])
    place = place_of_headers(connector, row["settings"])
    if shape.get(SENT_TO, place) != place:
        raise ProfileDisabledError(
            f"The connection profile {row['label']} leads to another place than when the run was created, and secret"
            " headers do not follow. Start the export again."
        )
    requests = find_requests(connector)
    if connector.open_target is None:
        raise sends_nothing(connector)
    secrets = open_secrets(row["secrets"], profile_id=row["id"], keys=resources.keys)
    target = connector.open_target(row["variant"], row["settings"], secrets)
    if target.grant is not None:
        tokens = TokenKeeper(target.grant, row["id"], database=resources.database, keys=resources.keys, client=client)
        target = replace(target, tokens=tokens)
    opened = open_headers(without_place(shape), HeaderSeals(chain_id, resources.keys))
    return requests.make_sender(target, opened, client)


def complete_shape(profile: Profile, shape: Mapping[str, Any], key_columns: Sequence[str]) -> Mapping[str, Any]:
    """Return the shape with what a run takes from the profile and the query's key columns, to be kept with the run."""
    connector = get_connector(profile.type)
    if sealed_values(shape):
        shape = {**shape, SENT_TO: place_of_headers(connector, profile.settings)}
    requests = connector.find(Requests)
    if requests is None or requests.complete_shape is None:
        return shape
    return requests.complete_shape(shape, profile.id, profile.settings, key_columns)


def make_renderer(
    key: str, shape: Mapping[str, Any], columns: Sequence[tuple[str, str]], *, chain_id: UUID, keys: KeyRing
) -> RequestRenderer:
    """Return what plans the requests of a stored shape for profiles of the connector type with that key."""
    return find_requests(get_connector(key)).make_renderer(
        open_headers(without_place(shape), HeaderSeals(chain_id, keys)), columns
    )


def list_export_properties(key: str) -> tuple[Property, ...]:
    """Return what an export through profiles of that type fills in; refuse a type whose requests a template shapes."""
    connector = get_connector(key)
    properties = find_requests(connector).properties
    if properties is None:
        raise ProfileDisabledError(
            f"{connector.label} profiles send what a template shapes. Choose a template instead of the profile."
        )
    return properties


def place_of_headers(connector: ConnectorType, settings: Mapping[str, Any]) -> str:
    """Return where the secret headers of templates go through such a profile, as a run keeps it."""
    return str(template_place(connector, settings))


def without_place(shape: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's shape as its connector reads it."""
    return {name: value for name, value in shape.items() if name != SENT_TO}


def find_requests(connector: ConnectorType) -> Requests:
    """Return the ability to send requests, or refuse a profile whose type lacks it."""
    requests = connector.find(Requests)
    if requests is None:
        raise sends_nothing(connector)
    return requests


def sends_nothing(connector: ConnectorType) -> ProfileDisabledError:
    """Return the refusal of a profile whose type sends nothing over HTTP."""
    return ProfileDisabledError(f"{connector.label} profiles send no requests. Choose another profile.")
