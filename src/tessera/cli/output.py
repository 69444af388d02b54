"""What commands print: tables for people, JSON for machines."""

from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
ChainOption = Annotated[
    str | None, typer.Option("--chain", help="Name or id of the chain; not needed while there is only one.")
]

# What a column or line shows of a thing.
Column = Callable[[Any], object]

# In a pipe there is no width to fit: a cut id is of no use.
PIPE_WIDTH = 240


def print_table(table: Table) -> None:
    """Print a table: to a terminal in its width, into a pipe without the blanks that fill its lines."""
    out = Console(highlight=False)
    if out.is_terminal:
        out.print(table)
        return
    piped = Console(highlight=False, width=PIPE_WIDTH)
    with piped.capture() as captured:
        piped.print(table)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def show_list(
    items: Sequence[object],
    columns: Mapping[str, Column],
    *,
    as_json: bool,
    empty: str = "Nothing yet.",
    right: Container[str] = (),
) -> None:
    """Print items as a table, or whole as JSON; columns of numbers and those in `right` are set to the right."""
    if as_json:
        show_json(items)
    elif not items:
        typer.echo(empty)
    else:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
        numbers = [all(is_number(value(item)) for item in items) for value in columns.values()]
        for name, is_numeric in zip(columns, numbers, strict=True):
            table.add_column(
                name,
                justify="right" if is_numeric or name in right else "left",
                no_wrap=name.endswith("Id") or name == "Id",
            )
        for item in items:
            table.add_row(*(Text(show_value(value(item))) for value in columns.values()))
        print_table(table)


def show_item(item: object, fields: Mapping[str, Column], *, as_json: bool) -> None:
    """Print one thing, a line for each of its properties, or whole as JSON."""
    if as_json:
        show_json(item)
        return
    table = Table.grid(padding=(0, 2))
    for name, value in fields.items():
        table.add_row(Text(name, style="bold"), Text(show_value(value(item))))
    print_table(table)


def show_json(value: object) -> None:
    """Print a value as JSON, secrets masked."""
    typer.echo(format_json(value))


def format_json(value: object) -> str:
    """Return a value as indented JSON, secrets masked and every digit of numbers kept."""
    import msgspec

    from tessera.platform.json_values import Numeral, write_numeral

    encoder = msgspec.json.Encoder(
        decimal_format="number",
        enc_hook=lambda other: write_numeral(other) if isinstance(other, Numeral) else str(other),
    )
    return msgspec.json.format(encoder.encode(value), indent=2).decode()


def show_value(value: Any) -> str:
    """Return the value as people read it."""
    match value:
        case None | "":
            return "–"
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value).replace("_", " ")
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.1f}"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case list() | tuple() | frozenset() | set():
            return ", ".join(map(show_value, value)) or "–"
        case dict():
            return " ".join(format_json(value).split())
    return str(value)


def is_number(value: object) -> bool:
    """Say whether the value is shown as a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
