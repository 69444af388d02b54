"""What the pages of the documentation say, and the outcome codes that the source uses."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import tessera
from tessera.connectors.tokens.requests import ADVICE
from tessera.exports import Gates

SOURCE = Path(tessera.__file__).parent
DOCS = Path(__file__).parents[2] / "docs"
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
ROW = re.compile(r"^\| `([^`]+)`", re.MULTILINE)

# Where codes of outcomes are made: the callable, and at which place the code stands.
CODE_PLACES = {"RowFault": 0, "RunResult": 1, "Outcome": 1}
CODE_NAMES = ("LOST", "UNSENT", "UNKNOWN")
ROOMS = (
    "outbound/rendering",
    "outbound/calls",
    "connectors/tokens",
    "outbound/kinds/mparticle/batches",
    "exports",
)
# Written by a statement, or given on to one.
STATEMENT_CODES = {"dropped", "nothing_arrived"}
CODE_KEYWORDS = ("code", "reason")


def read_page(name: str) -> str:
    """Return the text of a page."""
    return (DOCS / name).read_text(encoding="utf-8")


def read_section(name: str, title: str) -> str:
    """Return what stands below a headline, until the next one of its level or above."""
    head = next(line for line in read_page(name).splitlines() if line.lstrip("#").strip() == title and line[0] == "#")
    level = len(head) - len(head.lstrip("#"))
    after = read_page(name).split(f"{head}\n", 1)[1]
    return re.split(rf"^#{{1,{level}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def first_cells(text: str) -> set[str]:
    """Return the code words that begin the rows of its tables."""
    return set(ROW.findall(text))


def broken_links() -> list[str]:
    """Return links between pages that lead nowhere."""
    return [
        f"{page.relative_to(DOCS)}: {target}"
        for page in sorted(DOCS.rglob("*.md"))
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]


def outcome_codes() -> set[str]:
    """Return the codes that runs, requests, attempts and rows can carry, beside those of errors and statuses."""
    found = {code for room in ROOMS for path in (SOURCE / room).rglob("*.py") for code in codes_in(path)}
    gates = {f"gate_{field.name}" for field in fields(Gates) if not field.name.endswith("_percent")}
    return found | gates | STATEMENT_CODES | {f"oauth_{code}" for code in ADVICE}


def codes_in(path: Path) -> Iterator[str]:
    """Yield the codes that stand in a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) in CODE_NAMES:
            yield from [str(statement.value.value)] if isinstance(statement.value, ast.Constant) else []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            place = CODE_PLACES.get(node.func.id, len(node.args))
            given = [
                *node.args[place : place + 1],
                *(each.value for each in node.keywords if each.arg in CODE_KEYWORDS),
            ]
            yield from (str(each.value) for each in given if isinstance(each, ast.Constant))
        # A class of outcome beside its code, and the error of a row: ordinal, phase, code, message.
        if isinstance(node, ast.Tuple) and len(node.elts) > 1 and ast.unparse(node.elts[0]).startswith("OutcomeKind."):
            yield from (str(each.value) for each in node.elts[1:] if isinstance(each, ast.Constant))
        if isinstance(node, ast.Tuple) and node.elts and ast.unparse(node.elts[-1]) == "message":
            yield from (str(each.value) for each in node.elts if isinstance(each, ast.Constant))
