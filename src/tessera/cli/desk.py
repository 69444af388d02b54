"""From where a command talks to the rooms: the database held, the parts made, the actor at the shell."""

import asyncio
import getpass
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from tessera import loyalty
from tessera.platform.auth import Actor, command_line_actor
from tessera.platform.db import Session
from tessera.platform.errors import InvalidError, NotFoundError
from tessera.platform.ground import Ground
from tessera.platform.ids import parse_id
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings, load_settings
from tessera.wiring import House, ensure_schema, hold_database, open_house

T = TypeVar("T")


class ChainChoiceError(InvalidError):
    """It is not clear which chain is meant."""

    code = "chain_unclear"


class ChainNotFoundError(NotFoundError):
    """No chain goes by that name or id."""

    code = "chain_not_found"


class IdInvalidError(InvalidError):
    """A text that should be an id is none."""

    code = "id_invalid"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with."""

    house: House
    actor: Actor

    @property
    def ground(self) -> Ground:
        """The ground of this process."""
        return self.house.ground

    def session(self) -> AbstractAsyncContextManager[Session]:
        """One transaction."""
        return self.ground.database.session()

    def now(self) -> datetime:
        """This moment."""
        return self.ground.clock()


def at_desk(work: Callable[[Desk], Awaitable[T]]) -> T:
    """Run a command's work; the embedded database is started for it where it does not run."""
    settings = load_settings()
    configure_logging(leave_progress_out(settings))
    with hold_database(settings):
        ensure_schema(settings)
        return asyncio.run(sit_down(settings, work))


def leave_progress_out(settings: Settings) -> Settings:
    """Let a command say its answer, not that it got it: lines of level info are for processes."""
    return settings.model_copy(update={"log_level": "warning"}) if settings.log_level == "info" else settings


async def sit_down(settings: Settings, work: Callable[[Desk], Awaitable[T]]) -> T:
    """Make the desk and run the work at it."""
    async with open_desk(settings) as desk:
        return await work(desk)


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Have a desk for this while; somebody holds the database already."""
    async with open_house(settings, application="tessera command", pool_size=2) as house:
        yield Desk(house, command_line_actor(getpass.getuser()))


async def find_chain(session: Session, actor: Actor, text: str | None) -> UUID:
    """Return the id of the chain with that name or id; without one, the only chain there is."""
    chains = await loyalty.list_chains(session, actor)
    if text is None:
        if len(chains) == 1:
            return chains[0].id
        if not chains:
            raise ChainNotFoundError("There is no chain yet. Make one: tessera chain create NAME")
        raise ChainChoiceError(
            f"There are several chains. Say which with --chain: {', '.join(c.name for c in chains)}."
        )
    wanted = parse_id(text)
    found = [chain for chain in chains if chain.id == wanted or chain.name.casefold() == text.casefold()]
    if len(found) > 1:
        raise ChainChoiceError(f"Several chains are called {text}. Give the id: {', '.join(str(c.id) for c in found)}.")
    if not found:
        raise ChainNotFoundError(f"There is no chain {text}. `tessera chain list` shows all.")
    return found[0].id


def require_id(text: str) -> UUID:
    """Return the id that was typed."""
    if not text.strip():
        raise IdInvalidError(
            "The id is empty. Copy one from a list, such as `tessera run list` or `tessera token list`."
        )
    found = parse_id(text.lower())
    if found is None:
        raise IdInvalidError(f"{text} is no id. An id looks like 0190b3c4-5d6e-7f80-9123-456789abcdef; lists show it.")
    return found
