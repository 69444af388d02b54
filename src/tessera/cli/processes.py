"""Commands that start Tessera: everything at once, one process of it, or only the schema."""

import os
import sys
from typing import Annotated

import typer

Supervised = Annotated[bool, typer.Option("--supervised", hidden=True, help="End with the parent process.")]


def up(
    demo: Annotated[
        bool, typer.Option("--demo", help="Show the sample data of `tessera demo`, in its own folder.")
    ] = False,
    port: Annotated[
        int | None, typer.Option(help="Port of the web process; 0 picks a free one.", min=0, max=65535)
    ] = None,
) -> None:
    """Start everything: database, migrations, web process and worker. Ctrl-C stops it."""
    if demo:
        from tessera.cli.demo.showcase import show_demo

        show_demo(port=port)
        return
    from tessera.cli.startup import start_everything
    from tessera.platform.settings import load_settings

    start_everything(load_settings(), port=port)


def serve(
    workers: Annotated[
        int | None, typer.Option(help="Web processes; default TESSERA_WEB_PROCESSES.", min=1, max=64)
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.", min=0, max=65535)] = None,
    supervised: Supervised = False,
) -> None:
    """Start the web process: API and pages."""
    from tessera.cli.web_server import serve_web
    from tessera.platform.settings import load_settings

    serve_web(load_settings(), workers=workers, port=port, supervised=supervised)


def worker() -> None:
    """Start a worker, which runs exports and other jobs. Any number may run, on any machine."""
    # A fresh process: what the command line loaded would stay in the worker's memory for good.
    os.execv(sys.executable, [sys.executable, "-m", "tessera.worker"])  # noqa: S606


def migrate(
    print_roles: Annotated[
        bool,
        typer.Option("--print-roles", help="Print the SQL that makes the roles, for an administrator, and do nothing."),
    ] = False,
    accept_key_ring: Annotated[
        bool,
        typer.Option(
            "--accept-key-ring",
            help="Go on with the key ring at hand although the database belongs to another, which is lost.",
        ),
    ] = False,
) -> None:
    """Bring the database's schema up to date, under a lock. `tessera up` does it automatically."""
    from tessera.cli.migration import migrate_database, show_roles
    from tessera.platform.settings import load_settings

    settings = load_settings()
    if print_roles:
        show_roles(settings)
    else:
        migrate_database(settings, accept_keys=accept_key_ring)


def demo(
    rows: Annotated[int, typer.Option(help="Members to make.", min=100, max=10_000_000)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same members.")] = 7,
) -> None:
    """Load sample members over the real API, export some to a real receiver, and check that all arrived."""
    from tessera.cli.demo.walkthrough import perform_demo

    perform_demo(rows=rows, seed=seed)
