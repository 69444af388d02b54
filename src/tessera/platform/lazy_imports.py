"""Front doors that load a module when one of its names is first used, so that a command pays only for what it uses."""

import ast
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any


def import_on_first_use(package: str, file: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package whose `__init__` in `file` names its imports under `if TYPE_CHECKING`.

    The list is read from the source: type checkers, import contracts and readers see ordinary imports, and no second
    list has to be kept equal.
    """
    origins: dict[str, tuple[str, str]] = {}

    def load(name: str) -> Any:
        if not origins:
            origins.update(read_imports(file))
        if name not in origins:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, original = origins[name]
        value = getattr(import_module(module), original)
        setattr(import_module(package), name, value)
        return value

    return load


def read_imports(file: str) -> dict[str, tuple[str, str]]:
    """Return for each name that is imported under `if TYPE_CHECKING` its module and its name there."""
    tree = ast.parse(Path(file).read_text(encoding="utf-8"))
    blocks = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imports = [node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: (str(node.module), alias.name) for node in imports for alias in node.names}


def load_place(place: str) -> Any:
    """Import what is declared at a place, `module:NAME`."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def import_all(*packages: str) -> None:
    """Load every name of these packages: a server does so at its start, not within its first requests."""
    for package in map(import_module, packages):
        for name in package.__all__:
            getattr(package, name)
