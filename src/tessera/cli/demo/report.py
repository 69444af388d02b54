"""What the demo prints: what it is about to do, how far it is, and one table at the end."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from tessera.cli.demo.outcomes import Outcome
from tessera.cli.output import print_table, show_value
from tessera.platform.settings import Settings


def show_introduction(settings: Settings, *, rows: int) -> None:
    """Say where the demo works and what it allows itself."""
    typer.echo(f"Tessera demo with {rows:,} members. It takes about a minute, more on a busy machine.")
    if settings.database_url is None:
        typer.echo(f"Its data are in {settings.data_dir}; when nothing runs there, remove them with")
        typer.echo(f"  rm -r {shlex.quote(str(settings.data_dir))}")
    typer.echo(
        "For the demo only, the request limit is off and outbound calls may reach its own receiver on 127.0.0.1."
    )


def show_step(text: str) -> None:
    """Say what begins now."""
    typer.echo(f"· {text}")


@contextmanager
def steps(rows: int) -> Iterator[Callable[[int], None]]:
    """Show how far the load is; gives a function that counts on."""
    bar = Progress(
        TextColumn("loading"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("memberships"),
        TimeRemainingColumn(),
        console=(out := Console(stderr=True)),
        disable=not out.is_terminal,
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=rows)
        yield lambda count: bar.advance(task, count)


def show_report(outcome: Outcome) -> None:
    """Print the table."""
    loaded, run, seconds = outcome.loaded, outcome.run, outcome.seconds
    table = Table(box=SIMPLE, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for name, value in (
        ("Customers written", f"{loaded.accounts:,}"),
        ("Memberships loaded over the Connector API", f"{loaded.memberships:,}"),
        ("Load rate", f"{loaded.rate:,.0f} memberships/s"),
        ("Selected by the query", show_value(run.selected)),
        ("Sent", f"{run.sent:,}"),
        ("Failed", f"{run.failed:,}"),
        ("Requests", f"{run.requests:,}"),
        ("Received, different ones", f"{outcome.counts.distinct:,}"),
        ("Export took", f"{seconds:,.2f} s"),
        ("Export rate", f"{run.sent / seconds:,.0f} rows/s" if seconds else "–"),
        ("Peak memory of the worker", f"{outcome.peak_megabytes:,.0f} MB"),
    ):
        table.add_row(name, value)
    print_table(table)
