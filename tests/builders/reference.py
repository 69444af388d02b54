"""The parts of the reference that the source can tell: settings, commands, error codes, and names that are API."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

import tessera
from tessera.cli.root import GROUPS, app
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)
from tessera.platform.settings import PREFIX, Settings

SOURCE = Path(tessera.__file__).parent
PERMISSION = re.compile(r"[a-z]+(-[a-z]+)*:(read|write|admin)")
EVENT = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+ed")
KINDS = {
    InvalidError: "invalid",
    DeniedError: "denied",
    NotFoundError: "not found",
    ConflictError: "conflict",
    UnavailableError: "unavailable",
}


def render_settings() -> str:
    """Return every setting with its default and meaning."""
    lines = ["| Variable | Default | Meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `{PREFIX}{name.upper()}` | {show_default(name, field)} | {field.description} |")
    return "\n".join(lines) + "\n"


def show_default(name: str, field: Any) -> str:
    if name == "data_dir":
        return "the user's data folder; for root `/var/lib/tessera`"
    if field.default in (None, ()):
        return "none"
    if isinstance(field.default, tuple):
        return f"`{','.join(field.default)}`"
    shown = str(field.default).lower() if isinstance(field.default, bool) else f"{field.default}"
    return f"`{shown}`"


def render_commands() -> str:
    """Return every command with its arguments and options."""
    root = typer.main.get_group(app)
    lines = list(render_group(root, ""))
    for name, (module, help_text) in GROUPS.items():
        group = typer.main.get_group(importlib.import_module(f"tessera.cli.{module}").app)
        lines += [f"## tessera {name}", "", help_text, "", *render_group(group, f"{name} ")]
    return "\n".join(lines)


def render_group(group: TyperGroup, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        shown = " ".join(place_of(each) for each in command.params if each.param_type_name == "argument")
        yield from (f"### `{f'tessera {prefix}{name} {shown}'.strip()}`", "", (command.help or "").strip(), "")
        options = [each for each in command.params if not getattr(each, "hidden", False)]
        yield from (f"* {describe_parameter(each)}" for each in options if getattr(each, "help", None))
        yield ""


def describe_parameter(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{place_of(parameter)}`: {parameter.help}"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"{names}: {parameter.help}"


def place_of(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def render_errors() -> str:
    """Return every error code with its kind and meaning."""
    lines = ["| Code | Kind | Meaning |", "| --- | --- | --- |"]
    found = {code: (kind, meaning) for code, kind, meaning in sorted(error_codes())}
    lines += [f"| `{code}` | {kind} | {meaning} |" for code, (kind, meaning) in found.items()]
    return "\n".join(lines) + "\n"


def error_codes() -> Iterator[tuple[str, str, str]]:
    for module in pkgutil.walk_packages([str(SOURCE)], "tessera."):
        if not module.name.endswith("__main__") and ".migrations." not in module.name:
            importlib.import_module(module.name)
    for error in descendants(TesseraError):
        if error.__module__.startswith("tessera.") and "code" in vars(error):
            kind = next((word for parent, word in KINDS.items() if issubclass(error, parent)), "failed")
            yield error.code, kind, (error.__doc__ or "").strip().split("\n", 1)[0]


def descendants(error: type[TesseraError]) -> Iterator[type[TesseraError]]:
    for child in error.__subclasses__():
        yield child
        yield from descendants(child)


def api_names() -> dict[str, set[str]]:
    """Return the permissions, events and jobs that the source names."""
    found: dict[str, set[str]] = {"permission": set(), "event": set(), "job": set()}
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if PERMISSION.fullmatch(node.value):
                    found["permission"].add(node.value)
                elif path.name == "events.py" and EVENT.fullmatch(node.value):
                    found["event"].add(node.value)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Job":
                found["job"].add(ast.literal_eval(node.args[0]))
    return found
