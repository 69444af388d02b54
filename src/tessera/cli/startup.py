"""`tessera up`: the database, the schema, then web process and worker, watched until they are stopped."""

import asyncio
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar

import typer

from tessera.access.users import list_users
from tessera.cli.context import open_desk
from tessera.cli.ports import find_port, url_of
from tessera.cli.supervision import Child, Command, Supervisor
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.errors import TesseraError, UnavailableError
from tessera.platform.failures import UNAVAILABLE, explain_failure
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings
from tessera.wiring import database_address, hold_server, prepare_schema

READY_SECONDS = 60.0
LOOK_SECONDS = 1.0
PREPARATIONS = 5

T = TypeVar("T")


class NotReadyError(UnavailableError):
    """The web process did not answer in time."""

    code = "not_ready"


@dataclass(slots=True)
class Running:
    """Everything `up` started, once it listens."""

    url: str
    settings: Settings
    supervisor: Supervisor
    web: Child
    worker: Child
    stop: asyncio.Event = field(default_factory=asyncio.Event)


def start_everything(settings: Settings, *, port: int | None = None) -> None:
    """Run everything until a signal says stop."""

    async def body(running: Running) -> None:
        await insist(lambda: welcome(settings))
        await until_stopped(running)

    run_everything(settings, body, port=port)


async def welcome(settings: Settings) -> None:
    """Print how to sign in to an empty deployment."""
    async with open_desk(settings) as context, context.session() as session:
        if not await list_users(session, context.actor):
            typer.echo("No user can sign in yet. Create the first user: tessera user create E-MAIL --role admin")


async def until_stopped(running: Running) -> None:
    """Say that everything listens, and wait for the end."""
    typer.echo(f"ready {running.url}")
    await running.stop.wait()


def run_everything(settings: Settings, body: Callable[[Running], Awaitable[None]], *, port: int | None = None) -> None:
    """Start database, schema, web process and worker, run `body` beside them, and stop all of it."""
    configure_logging(settings)
    # It is in the settings by now, and none of the processes to be started, the database among them, has a use for it.
    os.environ.pop("TESSERA_DEMO_PASSWORD", None)
    _, port = find_port(settings.http_host, settings.http_port if port is None else port)
    with hold_server(settings) as server:
        prepare(settings, server)
        asyncio.run(run_processes(settings, server, body, port=port))


def prepare(settings: Settings, server: EmbeddedServer | None) -> None:
    """Bring the schema up to date; an embedded server that ends meanwhile is started again."""
    for left in reversed(range(PREPARATIONS)):
        try:
            prepare_schema(settings, database_address(settings))
            return
        except UnavailableError as error:
            if server is None or not left:
                raise
            warn(f"{error.message} Trying again.")
            server.start()


async def insist(work: Callable[[], Awaitable[T]]) -> T:
    """Do the work, again while what it needs is unavailable; the last failure is raised when the time is over."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while True:
        try:
            return await work()
        except Exception as error:
            failure = explain_failure(error)
            if failure.exit_code != UNAVAILABLE or asyncio.get_running_loop().time() > deadline:
                raise
            warn(f"{failure.message} Trying again.")
            await asyncio.sleep(LOOK_SECONDS)


async def run_processes(
    settings: Settings, server: EmbeddedServer | None, body: Callable[[Running], Awaitable[None]], *, port: int
) -> None:
    """Keep database and child processes running while `body` runs, or until a signal ends it."""
    supervisor = Supervisor(environment_of(settings), warn)
    web = Command.module("web process", "tessera", "serve", "--port", str(port), "--supervised")
    worker = Command.module("worker", "tessera.worker", "--supervised")
    try:
        running = Running(
            url=url_of(settings.http_host, port),
            settings=settings,
            supervisor=supervisor,
            web=await supervisor.start(web),
            worker=await supervisor.start(worker),
        )
        listen_for_signals(running.stop)
        if server is not None:
            supervisor.also(keep_database(server))
        await wait_until_ready(running)
        supervisor.watch()
        await finish_or_stop(body(running), running.stop)
    finally:
        await supervisor.stop()


async def keep_database(server: EmbeddedServer) -> None:
    """Start the embedded server again whenever it is gone, whichever process started it."""
    try:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if server.pid is None:
                warn("database ended; starting it again")
                try:
                    await asyncio.to_thread(server.start)
                except TesseraError as error:
                    warn(error.message)
    finally:
        # The thread of a start goes on when its task is cancelled, and the process would wait for it.
        server.give_up()


def warn(text: str) -> None:
    """Warn the operator."""
    typer.echo(text, err=True)


def environment_of(settings: Settings) -> Mapping[str, str]:
    """Return what the children get: our environment, with the folder and host that we settled on."""
    return {**os.environ, "TESSERA_DATA_DIR": str(settings.data_dir), "TESSERA_HTTP_HOST": settings.http_host}


def listen_for_signals(stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT ask for a calm end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def finish_or_stop(body: Awaitable[None], stop: asyncio.Event) -> None:
    """Run `body` to its end, or cancel it when asked to stop."""
    working = asyncio.ensure_future(body)
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
    await asyncio.gather(working, return_exceptions=stop.is_set())


async def wait_until_ready(running: Running) -> None:
    """Return when the web process answers; raise when a child ended first or it takes too long."""
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    while not await asyncio.to_thread(answers, f"{running.url}/healthz"):
        await running.supervisor.check()
        if running.stop.is_set():
            raise KeyboardInterrupt
        if asyncio.get_running_loop().time() > deadline:
            raise NotReadyError(
                f"The web process does not answer after {READY_SECONDS:g} s. Read the lines above, then start again."
            )
        await asyncio.sleep(0.05)


def answers(url: str) -> bool:
    """Say whether a GET of the address succeeds."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=2) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
