"""*Test connection* of a Secure FTP profile, as far as it gets."""

from contextlib import AsyncExitStack
from functools import partial

from tessera.connectors.contract import Network, OpenedProfile, ProbeResult
from tessera.connectors.file_probes import FIND, Steps, probe_store, titles_of
from tessera.connectors.files import HostKeyChangedError
from tessera.connectors.kinds.sftp.connection import HostKey, connect, find_host, host_key_of, sign_in
from tessera.connectors.kinds.sftp.store import start

CONNECT, HOST_KEY, SIGN_IN = "Connect", "Check the host key", "Sign in"


async def probe_host(profile: OpenedProfile, network: Network, options: frozenset[str]) -> ProbeResult:
    """Find the host, connect, check its key, sign in, list the root path."""
    steps, host_key = Steps(titles_of(FIND, CONNECT, HOST_KEY, SIGN_IN, options=options)), host_key_of(profile)
    await take_steps(steps, profile, network, options=options, host_key=host_key)
    return ProbeResult(steps.all(), discovered=host_key.discovered)


async def take_steps(
    steps: Steps, profile: OpenedProfile, network: Network, *, options: frozenset[str], host_key: HostKey
) -> None:
    """Go on as long as nothing fails."""
    host, port = profile.settings["host"], profile.settings["port"]
    with steps.step(FIND) as step:
        addresses = await find_host(profile, network)
        step.message = f"{host} is {', '.join(map(str, addresses))}."
    if steps.ended:
        return
    with steps.step(CONNECT) as step:
        reconnect = partial(connect, addresses, host, port)
        sock = await reconnect()
        step.message = f"Port {port} answers."
    if steps.ended:
        return
    async with AsyncExitStack() as stack:
        failure: Exception | None = None
        try:
            store = await start(
                await stack.enter_async_context(sign_in(profile, sock, host_key, reconnect)),
                profile,
                host_key.discovered,
            )
        except Exception as error:
            failure = error
        if host_key.shown:
            with steps.step(HOST_KEY) as step:
                step.message = describe_key(host_key)
                if isinstance(failure, HostKeyChangedError):
                    raise failure
        if steps.ended:
            return
        with steps.step(SIGN_IN) as step:
            if failure is not None:
                raise failure
            step.message = f"Signed in as {profile.settings['username']}."
        if not steps.ended:
            await probe_store(steps, store, options)


def describe_key(host_key: HostKey) -> str:
    """Say what is known of the host's key."""
    return f"It is the pinned one, {host_key.shown[-1]}." if host_key.pinned else f"Discovered: {host_key.shown[-1]}."
