"""`tessera template`: shapes of HTTP requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import outbound
from tessera.cli.arguments import read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import AsJson, ChainOption, show_item, show_list

if TYPE_CHECKING:
    from tessera.outbound import Template

app = typer.Typer(no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Internal name of the template, as `tessera template list` shows it.")]
Shape = Annotated[Path | None, typer.Option("--shape", help="File with the whole shape as JSON; options below win.")]
Method = Annotated[str | None, typer.Option(help="POST, PUT, PATCH, DELETE or GET.")]
UrlPath = Annotated[str | None, typer.Option("--path", help="Path below the profile's base URL.")]
Body = Annotated[Path | None, typer.Option("--body", help="File with the body: JSON with {{ column }} in its leaves.")]
Envelope = Annotated[
    Path | None, typer.Option("--envelope", help='File with the JSON around the records: "{{ records }}" once.')
]
Batch = Annotated[int | None, typer.Option("--rows", help="Rows a request.", min=1, max=1000)]

TEMPLATE = {
    "Name": lambda t: t.internal_name,
    "Label": lambda t: t.label,
    "Query": lambda t: t.query_label,
    "Profile": lambda t: t.profile_label,
    "Method": lambda t: t.shape.method,
    "Path": lambda t: t.shape.url_path,
    "Rows a request": lambda t: t.shape.batch_size,
}
DETAIL = TEMPLATE | {"Body": lambda t: t.shape.body, "Envelope": lambda t: t.shape.envelope}


@app.command("list")
def list_templates(as_json: AsJson = False) -> None:
    """List the templates."""

    async def work(context: CommandContext) -> Sequence[Template]:
        async with context.session() as session:
            return (await outbound.list_templates(session, context.actor, size=1000)).items

    empty = "No template yet. Make one: tessera template create LABEL --query NAME --profile NAME --body FILE"
    show_list(run_command(work), TEMPLATE, as_json=as_json, empty=empty)


@app.command("show")
def show_template(name: Name, chain: ChainOption = None, as_json: AsJson = False) -> None:
    """Show one template with its body."""

    async def work(context: CommandContext) -> Template:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            return await outbound.get_template(session, context.actor, owner, name)

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("create")
def create_template(
    label: str,
    query: Annotated[str, typer.Option(help="Internal name of the query whose columns it uses.")],
    profile: Annotated[str, typer.Option(help="Internal name of the profile it sends through.")],
    shape: Shape = None,
    method: Method = None,
    path: UrlPath = None,
    body: Body = None,
    envelope: Envelope = None,
    rows: Batch = None,
    name: Annotated[str | None, typer.Option(help="Internal name; made from the label without it.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Save the shape of a request; it is compiled against the query's columns first."""
    given = read_shape(shape, method=method, path=path, body=body, envelope=envelope, rows=rows)
    made = outbound.read_shape({"method": "POST", **given})

    async def work(context: CommandContext) -> Template:
        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            new = outbound.NewTemplate(label, query, profile, made, internal_name=name)
            return await outbound.create_template(
                session, context.actor, chain_id=owner, new=new, keys=context.resources.keys
            )

    show_item(run_command(work), DETAIL, as_json=as_json)


@app.command("update")
def update_template(
    name: Name,
    shape: Shape = None,
    method: Method = None,
    path: UrlPath = None,
    body: Body = None,
    envelope: Envelope = None,
    rows: Batch = None,
    label: Annotated[str | None, typer.Option(help="New label.")] = None,
    query: Annotated[str | None, typer.Option(help="Another query, by internal name.")] = None,
    profile: Annotated[str | None, typer.Option(help="Another profile, by internal name.")] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Change a template; what is not given stays."""
    given = read_shape(shape, method=method, path=path, body=body, envelope=envelope, rows=rows)

    async def work(context: CommandContext) -> Template:
        import msgspec

        async with context.session() as session:
            owner = await find_chain(session, context.actor, chain)
            template = await outbound.get_template(session, context.actor, owner, name)
            made = outbound.read_shape({**msgspec.to_builtins(template.shape), **given}) if given else None
            change = outbound.TemplateChange(label=label, query=query, profile=profile, shape=made)
            return await outbound.update_template(session, context.actor, template, change, keys=context.resources.keys)

    show_item(run_command(work), DETAIL, as_json=as_json)


def read_shape(
    shape: Path | None,
    *,
    method: str | None,
    path: str | None,
    body: Path | None,
    envelope: Path | None,
    rows: int | None,
) -> dict[str, Any]:
    """Return the properties that were given, by file and by option."""
    options = {
        "method": method.upper() if method else None,
        "url_path": path,
        "body": read_file(body) if body else None,
        "envelope": read_file(envelope) if envelope else None,
        "batch_size": rows,
    }
    return (read_json(shape) if shape else {}) | {key: value for key, value in options.items() if value is not None}


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in the file."""
    try:
        value = json.loads(read_file(path))
    except ValueError as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise typer.BadParameter(f"{path} holds no JSON object.")
    return value
