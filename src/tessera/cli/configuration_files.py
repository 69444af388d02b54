"""Reading, trying out, applying and writing configuration files: the work behind the commands of `configuration`."""

import sys
from collections.abc import Iterable, Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from tessera import configuration
from tessera.access import chains as access_chains
from tessera.cli.arguments import read_file
from tessera.cli.context import CommandContext, find_chain, run_command
from tessera.cli.output import format_json, show_json
from tessera.configuration import Action, Change, ConfigurationError, Document, FieldChange, Outcome
from tessera.platform.db import Session

ENDINGS = (".yaml", ".yml")
MARKS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.DELETE: ("-", "red"),
    Action.KEEP: ("=", "dim"),
}
LONGEST_VALUE = 100
COLORS = {"+": "green", "-": "red", "@": "cyan"}


class PlannedError(Exception):
    """Ends a transaction that was only to show what would happen."""


async def try_out(context: CommandContext, document: Document, *, prune: bool, chain: str | None) -> Outcome:
    """Apply in a transaction that is rolled back, which shows what would happen and what would be refused."""
    outcome: Outcome | None = None
    try:
        async with context.session() as session:
            outcome = await run(context, session, document, prune=prune, chain=chain)
            raise PlannedError
    except PlannedError:
        assert outcome is not None
        return outcome


async def run(
    context: CommandContext, session: Session, document: Document, *, prune: bool, chain: str | None
) -> Outcome:
    """Apply the document to the chain that is named on the command line, or by itself."""
    chain_id = await find_chain(session, context.actor, chain or document.chain)
    scope = configuration.make_scope(session, context.actor, chain_id, context.resources, context.application.engine)
    return await configuration.apply_configuration(scope, document, prune=prune)


def read_files(paths: Iterable[Path]) -> Document:
    """Return what the files describe."""
    texts: dict[str, str] = {}
    for path in paths:
        if str(path) == "-":
            texts["standard input"] = read_file(path)
            continue
        found = sorted(each for each in path.rglob("*") if each.suffix in ENDINGS) if path.is_dir() else [path]
        if not found:
            raise ConfigurationError("the folder holds no .yaml file. Name another one.", file=str(path))
        for each in found:
            texts[str(each)] = read_file(each)
    return configuration.read_documents(texts)


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
    summary = ", ".join(
        f"{counts[action]} {word}"
        for action, word in zip((Action.CREATE, Action.UPDATE, Action.DELETE), words, strict=True)
    )
    typer.echo(f"{summary}; {counts[Action.KEEP]} as described already.")


def show_change(console: Console, change: Change) -> None:
    """Print one thing and the values that change."""
    mark, style = MARKS[change.action]
    console.print(Text(f"{mark} {change.kind.singular} {change.name}", style=style))
    for field in change.fields if change.action is Action.UPDATE else ():
        for line, color in show_field(field):
            console.print(Text(f"    {line}", style=color))


def show_field(field: FieldChange) -> Iterator[tuple[str, str]]:
    """Yield lines and their colors: short values on one line, anything longer as a unified diff."""
    before, after = lines_of(field.before), lines_of(field.after)
    if all(len(lines) == 1 and len(lines[0]) <= LONGEST_VALUE for lines in (before, after)):
        yield f"{field.path}: {before[0]} → {after[0]}", ""
        return
    yield f"{field.path}:", ""
    _, _, *lines = unified_diff(before, after, lineterm="")
    for line in lines:
        yield f"  {line}", COLORS.get(line[0], "")


def lines_of(value: Any) -> list[str]:
    """Return a text by its lines, and anything else as the lines of its JSON."""
    if value is None:
        return ["none"]
    text = value if isinstance(value, str) else format_json(value)
    # A line break at the end shows as an empty line, so that a diff can show that it came or went.
    return text.split("\n")


def plan(paths: Iterable[Path], *, prune: bool, chain: str | None) -> Outcome:
    """Return what applying the files would do; nothing is kept."""
    document = read_files(paths)

    async def work(context: CommandContext) -> Outcome:
        return await try_out(context, document, prune=prune, chain=chain)

    return run_command(work)


def apply(paths: Iterable[Path], *, prune: bool, ask: bool, chain: str | None) -> Outcome | None:
    """Apply the files, after showing what would happen and asking if wanted; None where the answer was no."""
    document = read_files(paths)

    async def work(context: CommandContext) -> Outcome | None:
        if ask:
            outcome = await try_out(context, document, prune=prune, chain=chain)
            if outcome.empty:
                return outcome
            show_outcome(outcome, as_json=False, done=False)
            if not sys.stdin.isatty():
                raise ConfigurationError("there is no terminal to confirm in. Add --yes.", file="apply")
            if not typer.confirm("Apply this?"):
                return None
        async with context.session() as session:
            return await run(context, session, document, prune=prune, chain=chain)

    return run_command(work)


def write_down(chain: str | None) -> str:
    """Return a chain's configuration as YAML."""

    async def work(context: CommandContext) -> str:
        async with context.session() as session:
            chain_id = await find_chain(session, context.actor, chain)
            chains = await access_chains.list_chains(session, context.actor)
            name = next(each.name for each in chains if each.id == chain_id)
            scope = configuration.make_scope(
                session, context.actor, chain_id, context.resources, context.application.engine
            )
            return await configuration.export_configuration(scope, name)

    return run_command(work)
