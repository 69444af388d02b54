"""*Test connection* of a Sparkfly profile: a token from its token endpoint."""

from tessera.connectors.contract import (
    CONNECTION,
    TOKEN,
    Network,
    OpenedProfile,
    ProbeResult,
    ProbeStep,
    connected_step,
    failed_steps,
    host_of,
    name_of,
    not_reached,
    try_address,
)
from tessera.platform.http import CallError, CallLimits, Reply

LIMITS = CallLimits(connect_seconds=10, read_seconds=20, total_seconds=30)


async def probe(profile: OpenedProfile, network: Network, _options: frozenset[str]) -> ProbeResult:
    """Ask for a token with identity and key in the headers that Sparkfly reads them from."""
    url = profile.settings["endpoint"]
    address = await try_address(network.client, url)
    if not address.passed:
        return ProbeResult([address, not_reached(CONNECTION), not_reached(TOKEN)])
    headers = (
        ("Accept", "application/json"),
        ("X-Auth-Identity", profile.settings["client_id"]),
        ("X-Auth-Key", profile.secrets["client_secret"]),
    )
    try:
        reply = await network.client.send("GET", url, headers=headers, limits=LIMITS)
    except CallError as error:
        return ProbeResult([address, *failed_steps(url, error)])
    return ProbeResult([address, connected_step(url), token_step(url, reply)], reply.status)


def token_step(url: str, reply: Reply) -> ProbeStep:
    """Return what the answer means; only a token shows that the endpoint knows the client."""
    what = f"{host_of(url)} answered {name_of(reply.status)}."
    if reply.status in (401, 403):
        return ProbeStep(TOKEN, False, f"{what} It refuses the client. Correct Client ID and Client Secret.")
    if not 200 <= reply.status < 300 or not (reply.headers.get("x-auth-token") or reply.excerpt.strip()):
        return ProbeStep(TOKEN, False, f"{what} There is no token in that. Correct the Endpoint.")
    return ProbeStep(TOKEN, True, f"{what} It took the client and gave a token.")
