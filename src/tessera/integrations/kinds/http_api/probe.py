"""*Test connection* of an HTTP API profile: is the address allowed, does somebody answer, are we let in?"""

from dataclasses import replace

from tessera.integrations.connectors import OpenedProfile, Outside, ProbeResult, Target
from tessera.integrations.kinds.http_api.client import open_target
from tessera.integrations.probe_steps import (
    ADDRESS,
    ANSWER,
    CONNECTION,
    answer_step,
    connected_step,
    failed_steps,
    not_reached,
    try_address,
    try_token,
)
from tessera.platform.http import CallError, OutboundClient, OutcomeUnknownError, Reply

READ_SECONDS = 20
# Servers that know no HEAD, or guard it differently; a connection that breaks off is taken for one of them.
GET_INSTEAD = frozenset({403, 405, 501})


async def probe(profile: OpenedProfile, outside: Outside, _options: frozenset[str]) -> ProbeResult:
    """Ask the Base URL for its head, with the profile's credentials and headers."""
    target = open_target(profile.variant, profile.settings, profile.secrets)
    if target.grant is None:
        return await try_target(outside.client, target)
    step, token = await try_token(outside.client, target.grant)
    if token is None:
        return ProbeResult([step, not_reached(ADDRESS), not_reached(CONNECTION), not_reached(ANSWER)])
    signed = replace(target, headers=(("Authorization", f"Bearer {token.text}"), *target.headers))
    result = await try_target(outside.client, signed)
    return replace(result, steps=[step, *result.steps])


async def try_target(client: OutboundClient, target: Target) -> ProbeResult:
    """Take the steps to the Base URL."""
    url = target.base_url
    address = await try_address(client, url)
    if not address.passed:
        return ProbeResult([address, not_reached(CONNECTION), not_reached(ANSWER)])
    try:
        method, reply = await ask_head(client, target)
    except CallError as error:
        return ProbeResult([address, *failed_steps(url, error)])
    return ProbeResult([address, connected_step(url), answer_step(url, method, reply)], reply.status)


async def ask_head(client: OutboundClient, target: Target) -> tuple[str, Reply]:
    """Return the answer to HEAD, or to GET where HEAD tells nothing."""
    read = min(READ_SECONDS, target.limits.read_seconds)
    limits = replace(target.limits, read_seconds=read, total_seconds=target.limits.connect_seconds + read)

    async def ask(method: str) -> Reply:
        return await client.send(
            method, target.base_url, headers=target.headers, limits=limits, authorities=target.authorities
        )

    try:
        reply = await ask("HEAD")
        if reply.status not in GET_INSTEAD:
            return "HEAD", reply
    except OutcomeUnknownError:
        pass
    return "GET", await ask("GET")
