"""The text of a query: its tokens, and places in it that a message can name."""

import re
from collections.abc import Sequence
from typing import NoReturn

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import SqlglotError
from sqlglot.parsers.postgres import PostgresParser
from sqlglot.tokenizer_core import Token

from tessera.platform.characters import is_encodable
from tessera.queries.errors import QueryInvalidError

LONGEST = 64 * 1024
QUOTE = re.compile("[‘’‚‛“”„‟]")
MOST_TOKENS = 8_000
# Everyday SQL takes hardly more than one step a token; only going back again and again takes more.
MOST_STEPS = 20_000


class TooManyStepsError(Exception):
    """Reading the text would take more work than any text is worth."""


class Dialect(Postgres):
    """PostgreSQL's SQL as it is checked here; it is never written back."""

    # Shifting subscripts to another base would type the whole expression again at each of them.
    INDEX_OFFSET = 0

    class Parser(PostgresParser):
        """Reads tokens, and counts how often it moves among them: nested forms can make it go back at each level."""

        steps = 0

        def _advance(self, times: int = 1) -> None:
            self.steps += 1
            if self.steps > MOST_STEPS:
                raise TooManyStepsError
            super()._advance(times)


POSTGRES = Dialect()


def tokenize(text: str) -> list[Token]:
    """Return the words and signs of the text; one that is too long or cannot be read is refused."""
    if len(text.encode("utf-8", "replace")) > LONGEST:
        raise QueryInvalidError("The query is longer than 64 KiB. Shorten it.")
    if "\0" in text:
        raise QueryInvalidError("The query holds the character zero. Delete it.")
    if not is_encodable(text):
        raise QueryInvalidError("The query holds half of a surrogate pair, which is not a character. Delete it.")
    try:
        tokens = list(POSTGRES.tokenize(text))
    except SqlglotError:
        curly = QUOTE.search(text)
        if curly is not None:
            refuse(
                text,
                curly.start(),
                f"a text, a quoted name or a comment is never closed, and {curly[0]} is not a quote",
            )
        raise QueryInvalidError(
            "The query cannot be read: a text, a quoted name or a comment is never closed. Close it."
        ) from None
    if len(tokens) > MOST_TOKENS:
        refuse(text, tokens[MOST_TOKENS].start, f"the query has more than {MOST_TOKENS:,} words and signs. Shorten it")
    return tokens


def read_tree(text: str, tokens: Sequence[Token]) -> exp.Expr | None:
    """Return the syntax tree of one statement; raise what the parser raises, or `TooManyStepsError`."""
    # With the whole text as context an error names its exact place.
    (tree,) = POSTGRES.parser(error_message_context=len(text)).parse(list(tokens), text)
    return tree


def position_of(text: str, offset: int) -> tuple[int, int]:
    """Return line and column of an offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def refuse(text: str, offset: int, fault: str) -> NoReturn:
    """Raise with the place and the fault."""
    line, column = position_of(text, offset)
    raise QueryInvalidError(f"Line {line}, column {column}: {fault}.", line=line, column=column)
