"""`tessera query`: saved queries over the datasets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tessera import queries
from tessera.cli.arguments import read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, Column, show_item, show_json, show_list
from tessera.platform.json_values import text_of

if TYPE_CHECKING:
    from tessera.queries import Parameter, Preview, Query

app = typer.Typer(no_args_is_help=True)
NUMBERS = ("int", "decimal", "float")

Name = Annotated[str, typer.Argument(help="Internal name of the query, as `tessera query list` shows it.")]
Text = Annotated[str | None, typer.Option("--text", help="The SELECT.")]
TextFile = Annotated[Path | None, typer.Option("--file", help="File with the SELECT, - for standard input.")]
Keys = Annotated[
    list[str] | None, typer.Option("--key", help="Column that identifies a row; several times for several.")
]
Parameters = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter",
        metavar="NAME:TYPE",
        help="A value that the text calls :NAME, as NAME:TYPE or NAME:TYPE=DEFAULT; several times.",
    ),
]

QUERY: Mapping[str, Column] = {
    "Name": lambda q: q.internal_name,
    "Label": lambda q: q.label,
    "Columns": lambda q: [column.name for column in q.columns],
    "Keys": lambda q: q.key_columns,
    "Version": lambda q: q.version,
    "Changed": lambda q: q.updated_at,
    "By": lambda q: q.updated_by,
}
DETAIL: Mapping[str, Column] = {
    **QUERY,
    "Parameters": lambda q: [write_parameter(each) for each in q.parameters],
    "Text": lambda q: dedent(q.text).strip(),
}


@app.command("list")
def list_queries(chain: ChainOption = None, as_json: AsJson = False) -> None:
    """List the saved queries."""

    async def work(context: CommandContext) -> Sequence[Query]:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return (await queries.list_queries(session, context.actor, owner, size=1000)).items

    empty = 'No query yet. Make one: tessera query create LABEL --text "SELECT … FROM members"'
    show_list(run_command(work), QUERY, as_json=as_json, empty=empty)


@app.command("show")
def show_query(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one query with its text."""

    async def work(context: CommandContext) -> Query:
        return (await find_query(context, chain, name))[1]

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("create")
def create_query(
    label: str,
    text: Text = None,
    file: TextFile = None,
    key: Keys = None,
    parameter: Parameters = None,
    name: Annotated[str | None, typer.Option(help="Internal name; made from the label without it.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Save a query: one read-only SELECT over the datasets. The database reads it before it is stored."""
    select, parameters = read_text(text, file), tuple(map(read_parameter, parameter or ()))

    async def work(context: CommandContext) -> Query:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = queries.NewQuery(
                label, select, internal_name=name, parameters=parameters, key_columns=tuple(key or ())
            )
            return await queries.create_query(
                session, context.actor, context.application.engine, chain_id=owner, new=new
            )

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("update")
def update_query(
    name: Name,
    text: Text = None,
    file: TextFile = None,
    key: Keys = None,
    parameter: Parameters = None,
    label: Annotated[str | None, typer.Option(help="New label.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change a query; what is not given stays."""
    select = None if text is None and file is None else read_text(text, file)
    parameters = None if parameter is None else tuple(map(read_parameter, parameter))

    async def work(context: CommandContext) -> Query:
        _, query = await find_query(context, chain, name)
        new = queries.NewQuery(
            label or query.label,
            query.text if select is None else select,
            internal_name=query.internal_name,
            description=query.description,
            parameters=query.parameters if parameters is None else parameters,
            key_columns=query.key_columns if key is None else tuple(key),
        )
        async with context.session() as session:
            return await queries.update_query(session, context.actor, context.application.engine, query=query, new=new)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("delete")
def delete_query(name: Name, chain: ChainOption = None) -> None:
    """Delete a query that no template and no export uses."""

    async def work(context: CommandContext) -> Query:
        _, query = await find_query(context, chain, name)
        async with context.session() as session:
            await queries.delete_query(session, context.actor, query=query)
        return query

    typer.echo(f"Deleted {run_command(work).label}.")


@app.command("preview")
def preview_query(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show the first 50 rows of a query."""

    async def work(context: CommandContext) -> Preview:
        owner, query = await find_query(context, chain, name)
        return await queries.preview_query(context.actor, context.application.engine, owner, query)

    preview = run_command(work)
    names = [column.name for column in preview.columns]
    if as_json:
        show_json([dict(zip(names, row, strict=True)) for row in preview.rows])
    else:
        columns = {name: pick(place) for place, name in enumerate(names)}
        right = [column.name for column in preview.columns if column.type in NUMBERS]
        show_list(preview.rows, columns, as_json=False, empty="The query gives no row.", right=right)


def pick(place: int) -> Column:
    """Return what shows the value at that place of a row: texts as they are, everything else as its JSON."""
    return lambda row: "null" if row[place] is None else text_of(row[place])


@app.command("count")
def count_query(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Count the rows of a query."""

    async def work(context: CommandContext) -> int:
        owner, query = await find_query(context, chain, name)
        return await queries.count_query(context.actor, context.application.engine, owner, query)

    count = run_command(work)
    if as_json:
        show_json({"count": count})
    else:
        typer.echo(f"{count:,}")


async def find_query(context: CommandContext, chain: str | None, name: str) -> tuple[UUID, Query]:
    """Return the chain's id and its query of that name."""
    async with context.session() as session:
        owner = await find_chain(session, context.actor, chain)
        return owner, await queries.get_query(session, context.actor, owner, name)


def read_text(text: str | None, file: Path | None) -> str:
    """Return the SELECT from the option, the file, or standard input."""
    if (text is None) == (file is None):
        raise typer.BadParameter("Give the SELECT with --text or with --file, one of the two.")
    return (text or "") if file is None else read_file(file)


def read_parameter(text: str) -> Parameter:
    """Return the parameter that was declared as `name:type` or `name:type=default`."""
    declared, sign, default = text.partition("=")
    name, _, kind = declared.partition(":")
    if kind not in list(queries.ParameterType):
        raise typer.BadParameter(
            f"{text!r} is not a NAME:TYPE or NAME:TYPE=DEFAULT. Types are {', '.join(queries.ParameterType)}."
        )
    return queries.Parameter(name, queries.ParameterType(kind), default if sign else None)


def write_parameter(parameter: Parameter) -> str:
    """Return the declaration of a parameter as it is typed."""
    declared = f"{parameter.name}:{parameter.type}"
    return declared if parameter.default is None else f"{declared}={parameter.default}"
