"""*Test connection* of an HTTP API profile: address, server, and whether it accepts the credentials."""

from dataclasses import replace

from tessera.connectors.contract import (
    ADDRESS,
    ANSWER,
    CONNECTION,
    Network,
    OpenedProfile,
    ProbeResult,
    not_reached,
    try_target,
    try_token,
)
from tessera.outbound.kinds.http_api.client import open_target


async def probe(profile: OpenedProfile, network: Network, _options: frozenset[str]) -> ProbeResult:
    """Ask the Base URL for its head, with the profile's credentials and headers."""
    target = open_target(profile.variant, profile.settings, profile.secrets)
    if target.grant is None:
        return await try_target(network.client, target)
    step, token = await try_token(network.client, target.grant)
    if token is None:
        return ProbeResult([step, not_reached(ADDRESS), not_reached(CONNECTION), not_reached(ANSWER)])
    signed = replace(target, headers=(("Authorization", f"Bearer {token.text}"), *target.headers))
    result = await try_target(network.client, signed)
    return replace(result, steps=[step, *result.steps])
