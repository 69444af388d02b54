"""`tessera plan`, `tessera apply` and `tessera export-config`: configuration as files.

The rooms are loaded when one of them runs, so that help is quick.
"""

from pathlib import Path
from typing import Annotated

import typer

from tessera.cli.arguments import write_file

Files = Annotated[list[Path], typer.Argument(help="YAML files, folders of them, or - for standard input.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete what the files leave out, in the sections that they have.")
]
Chain = Annotated[
    str | None, typer.Option("--chain", help="Name or id of the chain; not needed while there is only one.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


def plan(
    files: Files,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="End with exit code 1 where something would change.")] = False,
    chain: Chain = None,
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would change: everything is tried out, and nothing is kept."""
    from tessera.cli import configuration_files

    outcome = configuration_files.plan(files, prune=prune, chain=chain)
    configuration_files.show_outcome(outcome, as_json=as_json, done=False)
    if check and not outcome.empty:
        raise typer.Exit(1)


def apply(
    files: Files,
    prune: Prune = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    chain: Chain = None,
    as_json: AsJson = False,
) -> None:
    """Make what is there what the files describe, all of it or nothing; applying again changes nothing."""
    from tessera.cli import configuration_files

    outcome = configuration_files.apply(files, prune=prune, ask=not yes, chain=chain)
    if outcome is None:
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)
    configuration_files.show_outcome(outcome, as_json=as_json, done=True)


def export_config(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    chain: Chain = None,
) -> None:
    """Write a chain's configuration as YAML: profiles, queries, templates, exports and keys, without secrets."""
    from tessera.cli import configuration_files

    text = configuration_files.write_down(chain)
    if output is None:
        typer.echo(text, nl=False)
    else:
        write_file(output, text)
        typer.echo(f"Written to {output}.")
