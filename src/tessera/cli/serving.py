"""The web process: Granian with our application, after a look at everything that could be wrong."""

import typer
from granian.constants import Interfaces
from granian.server import Server

from tessera.cli.listening import find_port, url_of
from tessera.platform.logging import configure_logging
from tessera.platform.settings import Settings
from tessera.platform.signals import stop_with_parent
from tessera.wiring import ensure_schema, hold_database

KILL_SECONDS = 5


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
            websockets=False,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=KILL_SECONDS,
        ).serve()
