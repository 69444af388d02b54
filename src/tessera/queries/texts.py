"""The text of a query: its tokens, and places in it that a message can name."""

import re
from typing import NoReturn

from sqlglot import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token

from tessera.queries.errors import QueryInvalidError

LONGEST = 64 * 1024
QUOTE = re.compile("[‘’‚‛“”„‟]")
POSTGRES = Dialect.get_or_raise("postgres")


def tokenize(text: str) -> list[Token]:
    """Return the words and signs of the text; one that is too long or cannot be read is refused."""
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise QueryInvalidError("The query is longer than 64 KiB. Shorten it.")
    if "\0" in text:
        raise QueryInvalidError("The query holds the character zero. Delete it.")
    try:
        return list(POSTGRES.tokenize(text))
    except SqlglotError:
        curly = QUOTE.search(text)
        if curly is not None:
            refuse(
                text, curly.start(), f"a text, a quoted name or a comment is never closed, and {curly[0]} is no quote"
            )
        raise QueryInvalidError(
            "The query cannot be read: a text, a quoted name or a comment is never closed. Close it."
        ) from None


def position_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def refuse(text: str, offset: int, fault: str) -> NoReturn:
    """Raise with the place and the fault."""
    line, column = position_of(text, offset)
    raise QueryInvalidError(f"Line {line}, column {column}: {fault}.", line=line, column=column)
