"""The house's own syntax rules: who may commit, tell the time, write SQL, and how long things get."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "tessera"
RECORD = SOURCE.parents[1] / "docs" / "decisions" / "0035-the-cut-of-the-house.md"
REFERENCES = SOURCE.parents[1] / "docs" / "decisions" / "0037-one-table-of-references.md"
# Floors that are no rooms: what starts the house, its doors, and its ground.
NO_ROOMS = {"platform", "wiring", "api", "web", "cli", "migrations"}
LONGEST_FILE, LONGEST_FUNCTION, LARGEST_ROOM = 500, 60, 8_000

# One request or job step is one transaction, and these are the edges that end it.
EDGES = ("platform/db/", "migrations/")
# Who reads a request's form: the kit, what bounds it before, and what carries it past the question for a password.
FORM_KIT = ("web/forms.py", "web/visitors.py", "web/bodies.py", "web/confirmation.py")
CLOCK = "platform/clock.py"
# Words that end like a verb's form and are nouns all the same.
NOUNS = {
    "batching",
    "key_ring",
    "listing",
    "logging",
    "mapping",
    "paging",
    "rendering",
    "resealing",
    "timing",
    "wiring",
}
# A module of a room that holds SQL is its store; tables are described in models, and a query engine's trade is SQL.
SQL_FOLDERS = ("store", "models", "engines")
# Tables that only ever grow: what each line holds is said in one place, which every writing statement takes in.
JOURNALS = {
    "points_movements": "loyalty/store/movements.py",
    "events": "platform/events/records.py",
    "audit_entries": "platform/audit/entries.py",
}

Finding = tuple[int, str]
Rule = Callable[[str, ast.Module], Iterator[Finding]]


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def rooms() -> tuple[str, ...]:
    """Return the names of all rooms."""
    return tuple(sorted(path.name for path in SOURCE.iterdir() if is_package(path) and path.name not in NO_ROOMS))


def is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


@cache
def front_doors() -> tuple[str, ...]:
    """Return every package that others enter by its door: what the contracts protect."""
    contracts = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    faces = [each for each in contracts if each["id"].endswith("-face")]
    inside = {
        module.removesuffix(".*") for face in faces for module in face["protected_modules"] if module.endswith(".*")
    }
    return tuple(sorted(inside | {face["allowed_importers"][0] for face in faces}))


@cache
def widest_doors() -> dict[str, int]:
    """Return the ceilings of the decision record: names at most, by door."""
    rows = re.findall(r"^\| (.+?) \| (\d+) \|$", RECORD.read_text(encoding="utf-8"), re.MULTILINE)
    return {door.strip("`"): int(most) for door, most in rows}


def files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def dotted(node: ast.expr) -> str:
    """Return `a.b.c` for an expression of names and attributes; other parts read `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, dotted(node.func)


def imported_names(tree: ast.Module, module: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == module:
            yield from ((node.lineno, alias.name) for alias in node.names)


def commits_off_the_edge(name: str, tree: ast.Module) -> Iterator[Finding]:
    if name.startswith(EDGES):
        return
    for call, called in calls(tree):
        if called.endswith(".commit"):
            yield call.lineno, f"{called}() outside the edge: one request, one transaction"


def clocks_elsewhere(name: str, tree: ast.Module) -> Iterator[Finding]:
    if name == CLOCK:
        return
    forbidden = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
    for call, called in calls(tree):
        if called in forbidden or called.endswith(tuple(f".{clock}" for clock in forbidden)):
            yield call.lineno, f"{called}() outside {CLOCK}: the clock is passed in"


def sql_outside_the_store(name: str, tree: ast.Module) -> Iterator[Finding]:
    room, *inner = name.removesuffix(".py").split("/")
    if room not in rooms() or any(part in SQL_FOLDERS for part in inner):
        return
    builders = {"text", "select", "insert", "update", "delete"}
    for line, imported in imported_names(tree, "sqlalchemy"):
        if imported in builders:
            yield line, f"sqlalchemy.{imported} outside the store"
    for call, called in calls(tree):
        if called.endswith((".execute", ".executemany", ".scalars", ".copy")) and is_text(call):
            yield call.lineno, f"{called}() with SQL outside the store"


def is_text(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant | ast.JoinedStr)


@cache
def table_owners() -> dict[str, str]:
    """Return the room that describes each table in its models."""
    models = (path for path in files() if "models" in path.relative_to(SOURCE).with_suffix("").parts)
    return {
        str(node.value.value): path.relative_to(SOURCE).parts[0]
        for path in models
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and is_table_name(node)
    }


def is_table_name(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "__tablename__" for target in node.targets)


@cache
def foreign_tables() -> frozenset[tuple[str, str]]:
    """Return the module and the table of each exception that the decision record gives a reason for."""
    rows = re.findall(r"^\| `(\S+\.py)` \| `(\w+)` \| .+ \|$", REFERENCES.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(rows)


def named_tables(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield each table that a statement among the module's texts reads, locks or writes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
            statement = node.value.decode(errors="replace") if isinstance(node.value, bytes) else node.value
            for found in re.finditer(r"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+(?:tessera\.)?(\w+)", statement):
                yield node.lineno, found[1]
    for call, called in calls(tree):
        if called == "AssetTable" and isinstance(call.args[2], ast.Constant):
            yield call.lineno, str(call.args[2].value)


def tables_of_other_rooms(name: str, tree: ast.Module) -> Iterator[Finding]:
    room, *inner = name.removesuffix(".py").split("/")
    if room not in (*rooms(), "platform") or inner[-1] == "datasets":
        return
    for line, table in named_tables(tree):
        owner = table_owners().get(table, room)
        if owner != room and (name, table) not in foreign_tables():
            yield line, f"names {table}, a table of {owner}: ask its front door"


def sql_in_doors(name: str, tree: ast.Module) -> Iterator[Finding]:
    if not name.startswith(("api/", "web/", "cli/")):
        return
    for module in ("sqlalchemy", "psycopg"):
        for line, imported in imported_names(tree, module):
            yield line, f"{module}.{imported} in a door: doors know no SQL"


def forms_read_by_a_page(name: str, tree: ast.Module) -> Iterator[Finding]:
    if not name.startswith("web/") or name in FORM_KIT:
        return
    for call, called in calls(tree):
        if called.endswith("request.form"):
            yield call.lineno, f"{called}() outside the form kit: use visit.form()"
    for line, imported in imported_names(tree, "litestar"):
        if imported in ("FormMultiDict", "UploadFile"):
            yield line, f"litestar's {imported} outside the form kit: use visit.form()"


def long_functions(_name: str, tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.lineno, f"{node.name} has {length} lines, more than {LONGEST_FUNCTION}"


def vague_names(name: str, _tree: ast.Module) -> Iterator[Finding]:
    vague = {"utils", "helpers", "common", "misc", "base", "manager", "core"}
    if vague & set(name.removesuffix(".py").split("/")):
        yield 1, "a name that says nothing: ask what it is about"


def modules_that_are_verbs(name: str, _tree: ast.Module) -> Iterator[Finding]:
    for part in name.removesuffix(".py").split("/"):
        noun = part.lstrip("0123456789_")
        if noun.endswith("ing") and noun not in NOUNS:
            yield 1, f"{noun}: a module is a noun that says what it holds, not what it does"


RULES: tuple[Rule, ...] = (
    commits_off_the_edge,
    clocks_elsewhere,
    sql_outside_the_store,
    tables_of_other_rooms,
    sql_in_doors,
    forms_read_by_a_page,
    long_functions,
    vague_names,
    modules_that_are_verbs,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_source_keeps_the_rule(rule: Rule) -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {fault}"
        for path in files()
        for line, fault in rule(path.relative_to(SOURCE).as_posix(), parse(path))
    ]

    assert not found, "\n".join(found)


def test_files_stay_short() -> None:
    lengths = {path.relative_to(SOURCE): len(path.read_text(encoding="utf-8").splitlines()) for path in files()}

    assert len(lengths) > 50
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_every_room_has_a_door() -> None:
    """A new room, or a new small room of access or platform, is protected from its first day."""
    small = {
        f"{floor}.{path.name}"
        for floor in ("access", "platform")
        for path in (SOURCE / floor).iterdir()
        if is_package(path)
    }
    listed = {door.removeprefix("tessera.") for door in front_doors()}

    assert (small | set(rooms())) - listed - {"access", "activity", "partners"} == set()


def test_every_module_behind_a_door_is_protected() -> None:
    """Rooms with doors inside them list their modules one by one: none may be missing."""
    for room in ("connectors", "exports", "outbound"):
        inside = {f"tessera.{room}.{path.stem}" for path in (SOURCE / room).iterdir() if not path.name.startswith("__")}
        contracts = tomllib.loads((SOURCE.parents[1] / "pyproject.toml").read_text())["tool"]["importlinter"][
            "contracts"
        ]
        (face,) = [each for each in contracts if each["id"] == f"{room}-face"]
        assert inside - {module.removesuffix(".*") for module in face["protected_modules"]} == {f"tessera.{room}.kinds"}


@pytest.mark.parametrize(("table", "place"), JOURNALS.items())
def test_one_module_writes_each_journal(table: str, place: str) -> None:
    """A second INSERT would soon leave out a column that the first one fills."""
    writes = re.compile(rf"INSERT\s+INTO\s+(tessera\.)?{table}\b", re.IGNORECASE)
    names = {path.relative_to(SOURCE).as_posix() for path in files() if writes.search(path.read_text(encoding="utf-8"))}

    assert {name for name in names if not name.startswith("migrations/")} == {place}


@pytest.mark.parametrize("door", front_doors())
def test_front_doors_stay_narrow(door: str) -> None:
    names = import_module(door).__dict__.get("__all__", [])
    ceilings = widest_doors()

    assert len(names) <= ceilings.get(door.removeprefix("tessera."), ceilings["every other"])
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), name.islower(), name))


@pytest.mark.parametrize("room", rooms())
def test_rooms_stay_small(room: str) -> None:
    """Kinds do not count: each is a folder of its own, which nothing in the room imports."""
    modules = [path for path in (SOURCE / room).rglob("*.py") if "kinds" not in path.relative_to(SOURCE).parts]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules)

    assert lines <= LARGEST_ROOM


@pytest.mark.parametrize(
    ("rule", "name", "code"),
    [
        (commits_off_the_edge, "exports/runs.py", "await session.commit()"),
        (clocks_elsewhere, "exports/runs.py", "import datetime\nx = datetime.datetime.now()"),
        (clocks_elsewhere, "cli/up.py", "import time\nx = time.time()"),
        (sql_outside_the_store, "loyalty/tiers.py", "from sqlalchemy import select"),
        (sql_outside_the_store, "loyalty/tiers.py", "await connection.execute('SELECT 1')"),
        (tables_of_other_rooms, "exports/store/runs.py", "X = 'SELECT 1 FROM runs r JOIN queries q ON true'"),
        (tables_of_other_rooms, "exports/store/runs.py", "X = AssetTable('query', 'query', 'queries', Missing)"),
        (tables_of_other_rooms, "platform/events/reading.py", "X = b'UPDATE chains SET name = 1'"),
        (tables_of_other_rooms, "queries/store/saved.py", "X = f'INSERT INTO http_templates ({1})'"),
        (sql_in_doors, "web/runs.py", "from sqlalchemy import text"),
        (forms_read_by_a_page, "web/loyalty/tiers.py", "form = await visit.request.form()"),
        (forms_read_by_a_page, "web/loyalty/tiers.py", "from litestar.datastructures import UploadFile"),
        (long_functions, "exports/runs.py", "def f():\n" + "    x = 1\n" * 60),
        (vague_names, "exports/utils.py", ""),
        (modules_that_are_verbs, "exports/store/changing.py", ""),
        (modules_that_are_verbs, "migrations/versions/0099_page_sorting.py", ""),
    ],
)
def test_rule_catches_a_violation(rule: Rule, name: str, code: str) -> None:
    tree = parse_async(code) if "await" in code else ast.parse(code)

    assert list(rule(name, tree))


def parse_async(code: str) -> ast.Module:
    return ast.parse(f"async def f():\n    {code}")


def test_store_may_hold_sql() -> None:
    assert not list(sql_outside_the_store("loyalty/store/tiers.py", ast.parse("from sqlalchemy import select")))


def test_exceptions_to_own_tables_are_still_needed() -> None:
    """A statement that was mended leaves the decision record too."""
    needed = {(module, table) for module, table in foreign_tables() if names_table(SOURCE / module, table)}

    assert foreign_tables()
    assert foreign_tables() == needed


def names_table(module: Path, table: str) -> bool:
    return any(found == table for _, found in named_tables(parse(module)))
