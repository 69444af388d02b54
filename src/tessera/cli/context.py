"""From where a command talks to the rooms: the database held, the parts made, the actor at the shell."""

from __future__ import annotations

import getpass
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from tessera.platform.errors import InvalidError, NotFoundError
from tessera.platform.ids import parse_id
from tessera.platform.signals import run_until_interrupted

if TYPE_CHECKING:
    from tessera.platform.actors import Actor
    from tessera.platform.db import Session
    from tessera.platform.resources import Resources
    from tessera.platform.settings import Settings
    from tessera.wiring import Application

T = TypeVar("T")


class ChainChoiceError(InvalidError):
    """It is not clear which chain is meant."""

    code = "chain_unclear"


class ChainNotFoundError(NotFoundError):
    """No chain goes by that name or id."""

    code = "chain_not_found"


@dataclass(frozen=True, slots=True)
class CommandContext:
    """What a command works with."""

    application: Application
    actor: Actor

    @property
    def resources(self) -> Resources:
        """The resources of this process."""
        return self.application.resources

    def session(self) -> AbstractAsyncContextManager[Session]:
        """One transaction."""
        return self.resources.database.session()

    def now(self) -> datetime:
        """This moment."""
        return self.resources.clock()


def run_command(work: Callable[[CommandContext], Awaitable[T]]) -> T:
    """Run a command's work; the embedded database is started for it where it does not run."""
    # Loaded now, when every argument was found good: a mistyped one is answered at once.
    from tessera.platform.settings import load_settings
    from tessera.wiring import ensure_schema, hold_database

    settings = load_settings()
    log_when_needed(leave_progress_out(settings))
    with hold_database(settings):
        ensure_schema(settings)
        return run_until_interrupted(run_in_context(settings, work))


class DeferredHandler(logging.Handler):
    """Sets logging up with the first line there is: most commands write none, and loading it takes a while."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.log_level.upper())
        self.settings = settings

    def emit(self, record: logging.LogRecord) -> None:
        """Replace this handler with the real one, and pass the line on."""
        from tessera.platform.logging import configure_logging

        configure_logging(self.settings)
        logging.getLogger(record.name).handle(record)


def log_when_needed(settings: Settings) -> None:
    """Let a command write log lines as every process does."""
    root = logging.getLogger()
    root.handlers = [DeferredHandler(settings)]
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)


def leave_progress_out(settings: Settings) -> Settings:
    """Let a command say its answer, not that it got it: lines of level info are for processes."""
    return settings.model_copy(update={"log_level": "warning"}) if settings.log_level == "info" else settings


async def run_in_context(settings: Settings, work: Callable[[CommandContext], Awaitable[T]]) -> T:
    """Open a context and run the work in it."""
    async with open_context(settings) as context:
        return await work(context)


@asynccontextmanager
async def open_context(settings: Settings) -> AsyncIterator[CommandContext]:
    """Open a context for this while; another process holds the database already."""
    from tessera.platform.actors import command_line_actor
    from tessera.wiring import open_application

    async with open_application(settings, application="tessera command", pool_size=2) as application:
        yield CommandContext(application, command_line_actor(getpass.getuser()))


async def find_chain(session: Session, actor: Actor, text: str | None) -> UUID:
    """Return the id of the chain with that name or id; without one, the only chain there is."""
    from tessera.access.chains import list_chains

    chains = await list_chains(session, actor)
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
