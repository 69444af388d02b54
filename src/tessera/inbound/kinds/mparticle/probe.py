"""*Test connection* of an inbound profile: whether anything came in of late."""

from datetime import timedelta

from tessera.connectors.contract import Network, OpenedProfile, ProbeResult, ProbeStep
from tessera.inbound.store.messages import find_last_moment
from tessera.platform.clock import now

RECENT = timedelta(hours=24)


async def probe(profile: OpenedProfile, network: Network, _options: frozenset[str]) -> ProbeResult:
    """Pass when a message was received in the last 24 hours."""
    assert network.database is not None, "a test of a connection has the application's database"
    async with network.database.session() as session:
        last = await find_last_moment(session, profile.id)
    if last is None:
        update = "No message has come yet. Enter the endpoint and the token in mParticle, then send an event there."
    elif now() - last > RECENT:
        update = f"The last message came at {last:%Y-%m-%d %H:%M} UTC, more than a day ago. Check mParticle's output."
    else:
        update = f"The last message came at {last:%Y-%m-%d %H:%M} UTC."
    passed = last is not None and now() - last <= RECENT
    return ProbeResult([ProbeStep("A message in the last 24 hours", passed, update)])
