"""The web process: Granian with our application, after a check of everything that could be wrong."""

import resource

import typer
from granian.constants import Interfaces
from granian.server import Server

from tessera.cli.ports import find_port, url_of
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings
from tessera.platform.signals import stop_with_parent
from tessera.wiring import ensure_schema, hold_database

KILL_SECONDS = 5
# A request holds its connection while its body arrives. Beyond this number a process takes no further connection, so
# it has to be out of reach for clients that send slowly; the body's time limit then frees them.
MOST_CONNECTIONS = 16_384
QUEUED_CONNECTIONS = 4_096
# Kept for the database, log files and calls to other servers.
SPARE_FILES = 256


def serve_web(settings: Settings, *, workers: int | None, port: int | None, supervised: bool) -> None:
    """Serve until a signal says stop."""
    configure_logging(settings)
    if supervised:
        stop_with_parent()
    address, port = find_port(settings.http_host, settings.http_port if port is None else port)
    with hold_database(settings):
        ensure_schema(settings)
        if not supervised:
            typer.echo(f"listening on {url_of(settings.http_host, port)}")
        Server(
            "tessera.asgi:create_app",
            factory=True,
            address=address,
            port=port,
            interface=Interfaces.ASGI,
            workers=workers or settings.web_processes,
            backlog=QUEUED_CONNECTIONS,
            backpressure=allow_connections(),
            websockets=False,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=KILL_SECONDS,
        ).serve()


def allow_connections() -> int:
    """Let this process and its children open as many files as the system allows; return how many may be connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return MOST_CONNECTIONS
    raised = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return max(raised - SPARE_FILES, raised // 2)
