"""Children of `tessera up`: started, watched, started again when they die, stopped together."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tessera.platform.errors import TesseraError
from tessera.platform.failures import UNAVAILABLE

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
# A child that lived this long was well: its next death starts with the first delay again.
STEADY_SECONDS = 60.0
# With the database's own end this stays below the ten seconds that service managers and containers wait.
STOP_SECONDS = 6.5


class ChildEndedError(TesseraError):
    """A child ended before everything was ready; it has said why itself."""

    code = "child_ended"


@dataclass(frozen=True, slots=True)
class Command:
    """What a child runs, under the name that messages use."""

    name: str
    arguments: Sequence[str]

    @classmethod
    def module(cls, name: str, module: str, *arguments: str) -> "Command":
        """Return the command that runs one of our modules with this same Python."""
        return cls(name, (sys.executable, "-m", module, *arguments))


class Child:
    """One supervised process, the leader of a group of its own, so that nothing it started outlives it."""

    def __init__(self, command: Command, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.command = command
        self.environment = environment
        self.say = say
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = False

    @property
    def pid(self) -> int | None:
        """The process id, while there is one."""
        return self.process.pid if self.process else None

    async def start(self) -> None:
        """Start the process. Its standard input ends with us: that stops it even when we are killed."""
        self.process = await asyncio.create_subprocess_exec(
            *self.command.arguments, stdin=asyncio.subprocess.PIPE, env=dict(self.environment), start_new_session=True
        )

    async def keep(self) -> None:
        """Wait for the process, and start it again with growing delay, until stopped."""
        delay = FIRST_DELAY
        loop = asyncio.get_running_loop()
        while self.process is not None:
            begun = loop.time()
            status = await self.process.wait()
            self.end_group()
            if self.stopping:
                return
            delay = FIRST_DELAY if loop.time() - begun > STEADY_SECONDS else delay
            self.say(f"{self.command.name} ended ({describe_status(status)}); starting it again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            if not self.stopping:
                await self.start()

    async def stop(self) -> None:
        """Ask the process to end, and make it end when it takes too long."""
        self.stopping = True
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.say(f"{self.command.name} did not stop within {STOP_SECONDS:g} s and was ended")
        self.end_group()

    def end_group(self) -> None:
        """End whatever the process left behind, so that its port is free for the next one."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Supervisor:
    """The children of one `tessera up`."""

    def __init__(self, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.environment = environment
        self.say = say
        self.children: list[Child] = []
        self.keeping: list[asyncio.Task[None]] = []

    async def start(self, command: Command) -> Child:
        """Start a child; it is watched from `watch` on."""
        child = Child(command, self.environment, self.say)
        await child.start()
        self.children.append(child)
        return child

    async def check(self) -> None:
        """Before everything is ready, start a child again that found something unavailable; raise for another end."""
        for child in self.children:
            status = child.process.returncode if child.process else None
            if status == UNAVAILABLE:
                self.say(f"{child.command.name} ended ({describe_status(status)}); starting it again")
                await asyncio.sleep(FIRST_DELAY)
                await child.start()
            elif status is not None:
                raise ChildEndedError(f"{child.command.name} could not start; the line above says why.", status=status)

    def watch(self) -> None:
        """From now on start again whatever dies."""
        self.keeping += [asyncio.create_task(child.keep(), name=child.command.name) for child in self.children]

    def also(self, work: Coroutine[Any, Any, None]) -> None:
        """Do this beside, until the stop."""
        self.keeping.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Stop every child, all at once."""
        for child in self.children:
            child.stopping = True
        for task in self.keeping:
            task.cancel()
        await asyncio.gather(*self.keeping, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in self.children))


def describe_status(status: int) -> str:
    """Say how a process ended, in words."""
    if status >= 0:
        return f"exit code {status}"
    with suppress(ValueError):
        return f"signal {signal.Signals(-status).name}"
    return f"signal {-status}"
