"""*Test connection* of an object store, as far as it gets."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from urllib.parse import urlsplit

from tessera.connectors.contract import Network, ProbeResult
from tessera.connectors.file_probes import FIND, LIST, Steps, probe_store, titles_of
from tessera.connectors.files import FileError, FileStore


async def probe_objects(
    network: Network, opening: AbstractAsyncContextManager[FileStore], endpoint: str, options: frozenset[str]
) -> ProbeResult:
    """Find the host, list one object at most, and leave and take away a trace where that was asked for."""
    steps = Steps(titles_of(FIND, options=options))
    url = urlsplit(endpoint)
    host, port = url.hostname or "", url.port or (80 if url.scheme == "http" else 443)
    with steps.step(FIND) as step:
        addresses = await network.client.vet_host(host, port)
        step.message = f"{host} is {', '.join(map(str, addresses))}."
    if steps.ended:
        return ProbeResult(steps.all())
    async with AsyncExitStack() as stack:
        try:
            store = await stack.enter_async_context(opening)
        except FileError as error:
            steps.fail(LIST, error)
        else:
            await probe_store(steps, store, options)
    return ProbeResult(steps.all())
