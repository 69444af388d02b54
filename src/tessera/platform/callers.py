"""Work that is useless once its caller has hung up."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from tessera.platform.errors import UnavailableError

T = TypeVar("T")


class CallerLeftError(UnavailableError):
    """The caller hung up before there was an answer, and the work was stopped."""

    code = "caller_left"


async def while_connected(receive: Callable[[], Awaitable[Any]], work: Coroutine[Any, Any, T]) -> T:
    """Return what the work gives; cancel it when the caller, whose request has been read whole, hangs up first."""
    working, watching = asyncio.ensure_future(work), asyncio.ensure_future(hang_up(receive))
    try:
        await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise CallerLeftError("The caller hung up before there was an answer. Send the request again.")
    finally:
        working.cancel()
        watching.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


async def hang_up(receive: Callable[[], Awaitable[Any]]) -> None:
    """Return when the caller hangs up."""
    while (await receive())["type"] != "http.disconnect":
        continue
