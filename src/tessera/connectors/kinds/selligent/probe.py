"""*Test connection* of a Selligent profile: the domain answers. Its credentials are sent nowhere."""

from tessera.connectors.contract import Network, OpenedProfile, ProbeResult, ProbeStep, Target, try_target
from tessera.platform.http import CallLimits

LIMITS = CallLimits(connect_seconds=10, read_seconds=20, total_seconds=30)
UNTRIED = ProbeStep(
    "Credentials",
    None,
    "Not tried: what a service account may call is chosen in Selligent, and no call is known that harms none of them.",
)


async def probe(profile: OpenedProfile, network: Network, _options: frozenset[str]) -> ProbeResult:
    """Ask the domain for its head, without credentials."""
    target = Target(profile.settings["domain"], (), LIMITS, concurrency=1, per_second=None, secrets=())
    result = await try_target(network.client, target)
    return ProbeResult([*result.steps, UNTRIED], result.status)
