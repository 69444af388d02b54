"""`tessera plan`, `tessera apply` and `tessera export-config`: configuration as files."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tessera import configuration, loyalty
from tessera.cli.desk import Desk, at_desk, find_chain
from tessera.cli.printing import AsJson, ChainOption, show_json
from tessera.configuration import Action, Change, ConfigurationError, Document, Outcome
from tessera.platform.db import Session

ENDINGS = (".yaml", ".yml")
MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.DELETE: ("-", "red"),
    Action.KEEP: ("=", "dim"),
}
LONGEST_VALUE = 100

Files = Annotated[list[Path], typer.Argument(help="YAML files, folders of them, or - for standard input.")]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete what the files leave out, in the sections that they have.")
]


class PlannedError(Exception):
    """Ends a transaction that was only to show what would happen."""


def plan(
    files: Files,
    prune: Prune = False,
    check: Annotated[bool, typer.Option("--check", help="End with exit code 1 where something would change.")] = False,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Show what `apply` would change: everything is tried out, and nothing is kept."""
    document = read_files(files)

    async def work(desk: Desk) -> Outcome:
        return await try_out(desk, document, prune=prune, chain=chain)

    outcome = at_desk(work)
    show_outcome(outcome, as_json=as_json, done=False)
    if check and not outcome.empty:
        raise typer.Exit(1)


def apply(
    files: Files,
    prune: Prune = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    chain: ChainOption = None,
    as_json: AsJson = False,
) -> None:
    """Make what is there what the files describe, all of it or nothing; once more changes nothing."""
    document = read_files(files)

    async def work(desk: Desk) -> Outcome | None:
        if not yes:
            outcome = await try_out(desk, document, prune=prune, chain=chain)
            if outcome.empty:
                return outcome
            show_outcome(outcome, as_json=False, done=False)
            if not sys.stdin.isatty():
                raise ConfigurationError("nobody is there to say yes. Add --yes.", file="apply")
            if not typer.confirm("Apply this?"):
                return None
        async with desk.session() as session:
            return await run(desk, session, document, prune=prune, chain=chain)

    outcome = at_desk(work)
    if outcome is None:
        typer.echo("Nothing was changed.")
        raise typer.Exit(1)
    show_outcome(outcome, as_json=as_json, done=True)


def export_config(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write; else standard output.")] = None,
    chain: ChainOption = None,
) -> None:
    """Write a chain's configuration as YAML: profiles, queries, templates, exports and keys, without secrets."""

    async def work(desk: Desk) -> str:
        async with desk.session() as session:
            chain_id = await find_chain(session, desk.actor, chain)
            chains = await loyalty.list_chains(session, desk.actor)
            name = next(each.name for each in chains if each.id == chain_id)
            scope = configuration.make_scope(session, desk.actor, chain_id, desk.ground, desk.house.engine)
            return await configuration.export_configuration(scope, name)

    text = at_desk(work)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        typer.echo(f"Written to {output}.")


async def try_out(desk: Desk, document: Document, *, prune: bool, chain: str | None) -> Outcome:
    """Apply in a transaction that is not kept, which tells what would happen and what would be refused."""
    outcome: Outcome | None = None
    try:
        async with desk.session() as session:
            outcome = await run(desk, session, document, prune=prune, chain=chain)
            raise PlannedError
    except PlannedError:
        assert outcome is not None
        return outcome


async def run(desk: Desk, session: Session, document: Document, *, prune: bool, chain: str | None) -> Outcome:
    """Apply the document to the chain that is named on the command line, or by itself."""
    chain_id = await find_chain(session, desk.actor, chain or document.chain)
    scope = configuration.make_scope(session, desk.actor, chain_id, desk.ground, desk.house.engine)
    return await configuration.apply_configuration(scope, document, prune=prune)


def read_files(paths: Iterable[Path]) -> Document:
    """Return what the files describe."""
    texts: dict[str, str] = {}
    for path in paths:
        if str(path) == "-":
            texts["standard input"] = sys.stdin.read()
            continue
        found = sorted(each for each in path.rglob("*") if each.suffix in ENDINGS) if path.is_dir() else [path]
        if not found:
            raise ConfigurationError("the folder holds no .yaml file. Name another one.", file=str(path))
        for each in found:
            texts[str(each)] = read_file(each)
    return configuration.read_documents(texts)


def read_file(path: Path) -> str:
    """Return the text of a file."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise ConfigurationError(f"it cannot be read: {reason}.", file=str(path)) from None


def show_outcome(outcome: Outcome, *, as_json: bool, done: bool) -> None:
    """Print what changes, things that stay only as a count."""
    if as_json:
        show_json({"changes": outcome.changes, "empty": outcome.empty})
        return
    console = Console(highlight=False, soft_wrap=True)
    for change in outcome.changes:
        if change.action is not Action.KEEP:
            show_change(console, change)
    counts = {action: outcome.count(action) for action in Action}
    words = ("created", "changed", "deleted") if done else ("to create", "to change", "to delete")
    told = ", ".join(
        f"{counts[action]} {word}"
        for action, word in zip((Action.CREATE, Action.UPDATE, Action.DELETE), words, strict=True)
    )
    typer.echo(f"{told}; {counts[Action.KEEP]} as described already.")


def show_change(console: Console, change: Change) -> None:
    """Print one thing and the values that change."""
    mark, style = MARKS[change.action]
    console.print(Text(f"{mark} {change.kind.singular} {change.name}", style=style))
    for field in change.fields if change.action is Action.UPDATE else ():
        console.print(Text(f"    {field.path}: {show_value(field.before)} → {show_value(field.after)}"))


def show_value(value: Any) -> str:
    """Return a value in one line, as people read it."""
    text = "none" if value is None else " ".join(str(value).split())
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
