"""What a command loads before its first answer: libraries cost more than the answer itself."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from tests.builders.commands import clean_environment

from tessera.cli.root import GROUPS
from tessera.platform.lazy_imports import read_imports

SOURCE = Path(__file__).parents[2] / "src" / "tessera"

# The script runs a command as the shell does, and tells what it loaded when it leaves.
SCRIPT = """
import os
import sys
from tessera.cli import run_command_line

def tell(code):
    print("the command loaded:", code, *sys.modules, flush=True)
    leave(0)

leave, os._exit = os._exit, tell
sys.argv = ["tessera", *sys.argv[1:]]
run_command_line()
"""
HEAVY = {
    "alembic", "argon2", "asyncssh", "granian", "jinja2", "joserfc", "litestar", "obstore", "procrastinate",
    "pyotp", "pyreqwest", "pysequoia", "segno", "sqlalchemy", "sqlglot", "structlog", "yaml",
}  # fmt: skip
# Refusing an argument needs neither the settings nor the database.
DATABASE = {"psycopg", "pydantic_settings", "cryptography"}
SOME_ID = "0190b3c4-5d6e-7f80-9123-456789abcdef"
LAZY_DOORS = sorted(
    ".".join(path.relative_to(SOURCE.parent).parent.parts)
    for path in SOURCE.rglob("__init__.py")
    if "import_on_first_use(" in path.read_text(encoding="utf-8")
)


def run(*arguments: str, environment: dict[str, str] | None = None) -> tuple[int, set[str], str]:
    """Return a command's exit code, the modules it loaded, and what it said."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env=clean_environment(**environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told, _, loaded = done.stdout.rpartition("the command loaded: ")
    code, *modules = loaded.split()
    return int(code), set(modules), told + done.stderr


def libraries(modules: set[str]) -> set[str]:
    return {module.partition(".")[0] for module in modules}


def kinds(modules: set[str]) -> set[str]:
    """Return the kinds of connectors, channels and engines among the modules."""
    return {
        module
        for module in modules
        if module.startswith("tessera.") and {"kinds", "channels", "engines"} & set(module.split("."))
    }


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "show", "123"),
        ("run", "list", "--state", "walking"),
        ("run", "list", "--page", "9223372036854775807"),
        ("token", "revoke", "123"),
        ("token", "create-access", "Till", "--client", "123", "--enterprise", SOME_ID),
        ("token", "create-access", "Till", "--client", SOME_ID, "--enterprise", SOME_ID, "--expires", "9999999"),
        ("program", "create", "\udcff", "--code", "A"),
        ("api-key", "disable", "123"),
        ("webhook", "replay", SOME_ID, "--delivery", "123"),
        ("points", "balance", SOME_ID, "--at", "noon"),
        ("points", "burn", "123", "10"),
        ("query", "create", "Everyone"),
        ("query", "create", "Everyone", "--text", "SELECT 1", "--parameter", "a:b"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_loaded(arguments: tuple[str, ...]) -> None:
    code, modules, said = run(*arguments)

    assert code == 2, said
    assert not libraries(modules) & (HEAVY | DATABASE)
    assert not kinds(modules)


def test_the_chains_are_listed_without_what_the_list_does_not_need(deployment: dict[str, str]) -> None:
    code, modules, said = run("chain", "list", environment=deployment)

    assert code == 0, said
    assert "No chain yet" in said
    assert not libraries(modules) & HEAVY
    assert not kinds(modules)


@pytest.mark.parametrize("group", GROUPS)
def test_help_of_a_group_loads_no_database(group: str) -> None:
    code, modules, said = run(group, "--help")

    assert code == 0, said
    assert not libraries(modules) & (HEAVY | DATABASE)


@pytest.mark.parametrize("door", LAZY_DOORS)
def test_a_lazy_door_gives_every_name_it_promises_and_no_other(door: str) -> None:
    package = import_module(door)
    names = read_imports(str(package.__file__))

    assert sorted(names) == sorted(package.__all__)
    for name, (module, original) in names.items():
        assert getattr(package, name) is getattr(import_module(module), original)
    # A module of that name would take the place of the function as soon as it is loaded.
    assert not set(names) & {module.name for module in iter_modules(package.__path__)}
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # noqa: B018
