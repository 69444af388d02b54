"""Periodic work of a worker: declared by rooms, done by one runner."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tessera.platform.failures import explain_failure

logger = logging.getLogger(__name__)

HOURLY = 3600.0
# What people wait for happens within a second; each check is one small query.
EVERY_SECOND = 0.9
# After a failure a chore waits this long, so that an unreachable database fills no log.
RETRY_DELAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Chore:
    """Work that every worker does again and again, `room.verb_noun`, with `every` seconds in between.

    Where `needed` is given, it is asked first, outside any transaction, and has to be far cheaper than the work.
    """

    name: str
    every: float
    function: Callable[[], Awaitable[object]]
    needed: Callable[[], Awaitable[bool]] | None = None


@asynccontextmanager
async def doing_chores(chores: Iterable[Chore]) -> AsyncIterator[None]:
    """Do these chores meanwhile, each beside the others but never twice at once."""
    tasks = [asyncio.create_task(repeat_chore(chore), name=chore.name) for chore in chores]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat_chore(chore: Chore) -> None:
    """Do the chore until cancelled; a failure, such as a database that is unreachable, does not end this."""
    while True:
        await asyncio.sleep(chore.every)
        try:
            if chore.needed is None or await chore.needed():
                await chore.function()
        except Exception as error:
            logger.warning("%s failed and will be tried again: %s", chore.name, explain_failure(error).message)
            await asyncio.sleep(max(0.0, RETRY_DELAY_SECONDS - chore.every))
