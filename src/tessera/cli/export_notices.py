"""`tessera export notify`: who hears of an export's runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tessera import exports, notifications
from tessera.cli.arguments import read_file
from tessera.cli.context import CommandContext, run_command
from tessera.cli.export_options import Name
from tessera.cli.export_runs import find_definition
from tessera.cli.output import AsJson, ChainOption, show_item, show_json

if TYPE_CHECKING:
    from tessera.exports import Definition

NONE = "none"


def notify_about_definition(
    name: Name,
    error: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Who hears of runs that went wrong; several times; none for nobody."),
    ] = None,
    success: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="Who hears of runs that went well; several times; none for nobody."),
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="JSON with the further targets, as the API has them; - for the input."),
    ] = None,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Show who is notified about an export's runs, or change it; what is not given stays."""
    given = read_lists(error, success)
    if targets is not None:
        given["targets"] = read_targets(targets)

    async def work(context: CommandContext) -> tuple[Definition, Mapping[str, Mapping[str, str]]]:
        async with context.session() as session:
            found = await find_definition(session, context, chain, name)
            if not given:
                return found, {}
            drawn = await exports.set_notice_rules(
                session,
                context.actor,
                context.resources,
                definition_id=found.id,
                given={**notifications.show_rules(found.notices), **given},
            )
            found = await exports.get_definition(session, context.actor, definition_id=found.id)
            return found, {str(target): secrets for target, secrets in drawn.items()}

    show_notices(*run_command(work), as_json=as_json)


def read_lists(error: Sequence[str] | None, success: Sequence[str] | None) -> dict[str, Any]:
    """Return the lists of addresses that were given."""
    lists = {"error": error, "success": success}
    return {
        name: {"enabled": list(given) != [NONE], "addresses": [each for each in given if each != NONE]}
        for name, given in lists.items()
        if given is not None
    }


def read_targets(path: Path) -> Any:
    """Return what a file of further targets spells."""
    import msgspec

    try:
        return msgspec.json.decode(read_file(path))
    except msgspec.DecodeError as error:
        raise typer.BadParameter(f"{path} is not JSON: {error}.", param_hint="--targets") from None


def show_notices(definition: Definition, drawn: Mapping[str, Mapping[str, str]], *, as_json: bool) -> None:
    """Print who is notified, and secrets that were made just now: nothing shows them again."""
    rules = notifications.show_rules(definition.notices)
    if as_json:
        show_json({"notifications": rules, "secrets": drawn})
        return
    show_item(rules, {"Error": describe_error, "Success": describe_success, "Further": describe_targets}, as_json=False)
    for target, secrets in drawn.items():
        for key, secret in secrets.items():
            typer.echo(f"{key} of the target {target}, shown this once: {secret}")


def describe_error(rules: Mapping[str, Any]) -> str:
    """Return who hears of runs that went wrong."""
    return describe_list(rules["error"])


def describe_success(rules: Mapping[str, Any]) -> str:
    """Return who hears of runs that went well."""
    return describe_list(rules["success"])


def describe_list(toggle: Mapping[str, Any]) -> str:
    """Return the addresses of a list; an empty text stands for nobody."""
    addresses = ", ".join(toggle["addresses"])
    return addresses if toggle["enabled"] or not addresses else f"off ({addresses})"


def describe_targets(rules: Mapping[str, Any]) -> list[str]:
    """Return the further targets."""
    return [f"{each['label']} ({each['channel']}{'' if each['enabled'] else ', off'})" for each in rules["targets"]]
