"""Plain English in source, pages and documents: the worst of an old dialect does not come back."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What is read by people: source with its texts and comments, templates of pages and mails, and documents.
READ = (
    ("src/tessera", ("*.py", "*.html", "*.txt")),
    ("docs", ("*.md",)),
    (".", ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
)
# The glossary names the words that are not used, to say so.
QUOTES = {ROOT / "docs" / "glossary.md"}

DIALECT = {
    r"\banew\b": "say again, or what is new",
    r"\bfor ever\b": "say permanently, or never",
    r"\b[Tt]old ": "programs do not tell: an event is recorded, a user is notified, a fault is reported",
    r"\b[Aa]udit trail\b": "who changed what is in the audit log",
    r"\b[Ss]omebody\b": "name them: a user, a worker, a receiver, another process",
    r"\b[Ww]hoever\b": "name them: a user, a worker, a receiver, another process",
    r"\bstands? in\b": "a value is in a field; it does not stand there",
    r"\b[Cc]annot stand\b": "it is not allowed there",
    r"\b[Kk]nock(s|ing)?\b|\bKnock": "a request is sent; a caller is a visitor",
    r"\bLookout\b": "it is a listener",
    r"\basks? to come (again|back)\b": "asks us to try again later",
    r"\b[Tt]he ground(?! up| floor)\b": "it is the platform, or the resources of a process",
    r"\blets? us (not )?in\b": "accepts or refuses the credentials",
    r"\bnone that (we|this deployment) calls?\b": "it cannot be called",
}


def texts() -> Iterator[tuple[Path, str]]:
    for folder, patterns in READ:
        for pattern in patterns:
            found = (ROOT / folder).glob(pattern) if folder == "." else (ROOT / folder).rglob(pattern)
            yield from ((path, path.read_text(encoding="utf-8")) for path in sorted(found) if path not in QUOTES)


def find(pattern: str, text: str) -> list[int]:
    """Return the lines in which the pattern occurs, also where it is broken over two of them."""
    spaced = re.compile(pattern.replace(" ", r"(?: |\n\s*(?:# |\* )?)"))
    return [text.count("\n", 0, match.start()) + 1 for match in spaced.finditer(text)]


@pytest.mark.parametrize("pattern", DIALECT)
def test_text_is_plain_english(pattern: str) -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path, text in texts() for line in find(pattern, text)]

    assert not found, f"{DIALECT[pattern]}:\n" + "\n".join(found)


def test_pages_mails_and_documents_are_read() -> None:
    kinds = {(path.relative_to(ROOT).parts[0], path.suffix) for path, _ in texts()}

    assert kinds >= {("src", ".py"), ("src", ".html"), ("src", ".txt"), ("docs", ".md"), ("README.md", ".md")}


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\banew\b", "Type the value anew."),
        (r"\bfor ever\b", "It is revoked for\n    # ever."),
        (r"\b[Aa]udit trail\b", "written to the audit\ntrail"),
        (r"\bstands? in\b", "It stands in the body."),
    ],
)
def test_dialect_is_found(pattern: str, text: str) -> None:
    assert find(pattern, text) == [1]
