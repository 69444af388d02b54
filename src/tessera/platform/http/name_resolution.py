"""Names to addresses, with a limit in time."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tessera.platform.http.addresses import Address, parse_address
from tessera.platform.http.errors import NotSentError

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]

# A name server that hangs holds a thread for long after we gave up waiting: these are ours, no one else starves.
THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="resolver")
LIMIT_SECONDS = 5


async def resolve_name(host: str, port: int) -> Sequence[Address]:
    """Return all addresses of a name, best first, as this machine resolves it."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            return await loop.run_in_executor(THREADS, look_up, host, port)
    except TimeoutError:
        raise NotSentError(
            f"The name {host} could not be resolved within {LIMIT_SECONDS} s. Check the name servers; nothing was sent."
        ) from None
    except OSError as error:
        raise NotSentError(
            f"The name {host} cannot be resolved: {error.strerror}. Check its spelling; nothing was sent."
        ) from None


def look_up(host: str, port: int) -> list[Address]:
    """Ask the operating system."""
    # As bytes, because Python's own codec refuses some names before the operating system sees them.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    addresses = (parse_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found)
    return list(dict.fromkeys(address for address in addresses if address is not None))
