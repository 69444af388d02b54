"""`tessera export`: definitions, and starting their runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import exports, outbound, queries
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list
from tessera.cli.progress import conclude, watch_run

if TYPE_CHECKING:
    from tessera.exports import Definition, Run

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Internal name of the export, as `tessera export list` shows it.")]
Rows = Annotated[int | None, typer.Option(help="Rows a request; default the template's.", min=1, max=1000)]
Concurrency = Annotated[int | None, typer.Option(help="Requests in flight; default the profile's.", min=1, max=256)]

DEFINITION = {
    "Name": lambda d: d.internal_name,
    "Label": lambda d: d.label,
    "Query": lambda d: d.query_label,
    "Template": lambda d: d.template_label,
    "Rows a request": lambda d: d.rows_per_request,
    "In flight": lambda d: d.concurrency,
    "Enabled": lambda d: d.enabled,
}


@app.command("list")
def list_definitions(as_json: AsJson = False) -> None:
    """List export definitions."""

    async def work(context: CommandContext) -> Sequence[Definition]:
        async with context.session() as session:
            return (await exports.list_definitions(session, context.actor, size=1000)).items

    empty = "No export yet. Make one: tessera export create LABEL --query NAME --template NAME"
    show_list(run_command(work), DEFINITION, as_json=as_json, empty=empty)


@app.command("show")
def show_definition(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one export definition."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await exports.get_definition_by_name(session, context.actor, chain_id=owner, name=name)

    show_item(run_command(work), {"Id": lambda d: d.id} | DEFINITION, as_json=as_json)


@app.command("create")
def create_definition(
    label: str,
    query: Annotated[str, typer.Option(help="Internal name of the query that selects the rows.")],
    template: Annotated[str, typer.Option(help="Internal name of the template that shapes the requests.")],
    name: Annotated[str | None, typer.Option(help="Internal name; made from the label without it.")] = None,
    rows: Rows = None,
    concurrency: Concurrency = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Create an export: a query, a template, and how fast to go."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            chosen_query = await queries.get_query(session, context.actor, owner, query)
            chosen_template = await outbound.get_template(session, context.actor, owner, template)
            new = exports.NewDefinition(
                label=label,
                query_id=chosen_query.id,
                template_id=chosen_template.id,
                internal_name=name,
                rows_per_request=rows,
                concurrency=concurrency,
            )
            return await exports.create_definition(
                session, context.actor, chain_id=owner, new=new, keys=context.resources.keys
            )

    show_item(run_command(work), DEFINITION, as_json=as_json)


@app.command("update")
def update_definition(
    name: Name,
    label: Annotated[str | None, typer.Option(help="New label.")] = None,
    query: Annotated[str | None, typer.Option(help="Internal name of another query.")] = None,
    template: Annotated[str | None, typer.Option(help="Internal name of another template.")] = None,
    rows: Rows = None,
    concurrency: Concurrency = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="Whether runs may start.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change an export; what is not given stays."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=owner, name=name)
            given: dict[str, Any] = {
                "label": label,
                "query_id": (await queries.get_query(session, context.actor, owner, query)).id if query else None,
                "template_id": (await outbound.get_template(session, context.actor, owner, template)).id
                if template
                else None,
                "rows_per_request": rows,
                "concurrency": concurrency,
                "enabled": enabled,
            }
            change = exports.DefinitionChange(**{key: value for key, value in given.items() if value is not None})
            return await exports.update_definition(session, context.actor, found, change, keys=context.resources.keys)

    show_item(run_command(work), DEFINITION, as_json=as_json)


@app.command("delete")
def delete_definition(name: Name, chain: ChainOption = None) -> None:
    """Delete an export of which no run is on record."""

    async def work(context: CommandContext) -> Definition:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=owner, name=name)
            await exports.delete_definition(session, context.actor, definition_id=found.id)
            return found

    typer.echo(f"Deleted {run_command(work).label}.")


@app.command("run")
def run_definition(
    name: Name,
    chain: ChainOption = None,
    detach: Annotated[bool, typer.Option("--detach", help="Start the run and do not wait for its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start a run and follow it until it ends; exit code 0 only if every row arrived."""

    async def start(context: CommandContext) -> Run:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            found = await exports.get_definition_by_name(session, context.actor, chain_id=owner, name=name)
            return await exports.start_run(
                session,
                context.actor,
                context.resources.jobs,
                definition_id=found.id,
                keys=context.resources.keys,
            )

    async def work(context: CommandContext) -> Run:
        run = await start(context)
        if detach:
            return run
        if not as_json:
            typer.echo(f"Run {run.id}. Ctrl-C leaves it running; `tessera run cancel` ends it.", err=True)
        return await watch_run(context, run.id, quiet=as_json)

    run = run_command(work)
    if detach:
        show_item(run, {"Run": lambda r: r.id, "State": lambda r: r.state}, as_json=as_json)
    else:
        conclude(run, as_json=as_json)
