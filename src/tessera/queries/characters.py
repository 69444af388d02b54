"""Characters that look like SQL and are none: no-break spaces, curly quotes, what cannot be seen at all."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from sqlglot.tokenizer_core import Token

from tessera.platform.characters import name_character
from tessera.queries.texts import refuse

COMMENT = re.compile(r"--[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
CLOSING = "'\"$"  # the last character of every quoted text and name, whatever its prefix
BLANKS = " \t\n\r\f\v"
# Spaces, what has no width, controls, and punctuation: dashes and quotes of typesetting among them.
STRANGE = ("Z", "C", "P")
SIGNS = "−´ʼ＋＜＝＞｜～＄"
QUOTES = "‘’‚‛“”„‟′″´ʼ＇＂«»‹›"


def check_characters(text: str, tokens: Sequence[Token]) -> None:
    """Refuse the first character outside quotes and comments that only looks like one of SQL."""
    if text.isascii() and text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        return
    for start, end in unquoted(text, tokens):
        for offset in range(start, end):
            if is_strange(text[offset]):
                refuse(text, offset, explain_character(text[offset]))


def unquoted(text: str, tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Yield the parts of the text that are neither in quotes nor in comments."""
    end = 0
    for token in tokens:
        yield from between(text, end, token.start)
        if text[token.end] not in CLOSING:
            yield token.start, token.end + 1
        end = token.end + 1
    yield from between(text, end, len(text))


def between(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts between two tokens that are not comment."""
    for comment in COMMENT.finditer(text, start, end):
        yield start, comment.start()
        start = comment.end()
    yield start, end


def is_strange(character: str) -> bool:
    """Say whether the character has no place in SQL outside quotes."""
    if character in BLANKS or (character.isascii() and character.isprintable()):
        return False
    return unicodedata.category(character)[0] in STRANGE or character in SIGNS


def explain_character(character: str) -> str:
    """Name the character and say what to write instead."""
    named = f"the character {name_character(character)} is not part of SQL"
    if character in QUOTES:
        return f"{named}. Write ' around texts and \" around names"
    if unicodedata.category(character) == "Zs":
        return f"{named}. Replace it by a plain space"
    if unicodedata.category(character)[0] in "ZC":
        return f"{named}, and it cannot be seen. Delete it"
    return f"{named}. Write its plain ASCII form, or put the name in double quotes"
