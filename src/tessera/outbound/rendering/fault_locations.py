"""From the place that a fault names to the character of the text that its author sees. Pure."""

import json
import re

from tessera.outbound.rendering.errors import TemplateError

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
BETWEEN = re.compile(r"[\s,:]*")
SCALAR = re.compile(r"[^\s,:\[\]{}]+")
LETTER = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
ENDS = ("}", "]", "")


def locate_fault(error: TemplateError, text: str) -> int | None:
    """Return the offset in the text of a body, an envelope or a path; None where the fault has no place in it."""
    place, character = str(error.details.get("place", "")), error.details.get("character")
    _, at, pointer = place.partition(" at ")
    if not at:
        return character if isinstance(character, int) else None
    try:
        start = find_value(text, split_pointer(pointer))
    except RecursionError:  # what is nested deeper than a body may be has no place to show
        return None
    if start is None or not isinstance(character, int) or text[start : start + 1] != '"':
        return start
    return start + 1 + written_length(text[start + 1 :], character)


def split_pointer(pointer: str) -> list[str]:
    """Return the steps of a JSON pointer; a lone slash is the whole."""
    steps = [] if pointer in ("", "/") else pointer.split("/")[1:]
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def find_value(text: str, steps: list[str]) -> int | None:
    """Return where the value begins to which the steps lead."""
    at = skip_between(text, 0)
    for step in steps:
        found = find_member(text, at, step) if text[at : at + 1] == "{" else find_item(text, at, step)
        if found is None:
            return None
        at = found
    return at


def find_member(text: str, at: int, name: str) -> int | None:
    """Return where the member's value begins in the object at this place."""
    at = skip_between(text, at + 1)
    while key := STRING.match(text, at):
        value = skip_between(text, key.end())
        if json.loads(key[0], strict=False) == name:
            return value
        at = skip_between(text, skip_value(text, value))
    return None


def find_item(text: str, at: int, index: str) -> int | None:
    """Return where the item begins in the list at this place."""
    at = skip_between(text, at + 1)
    for _ in range(int(index) if index.isdigit() else 0):
        if text[at : at + 1] in ENDS:
            return None
        at = skip_between(text, skip_value(text, at))
    return at


def skip_value(text: str, at: int) -> int:
    """Return where the value ends that begins here."""
    if string := STRING.match(text, at):
        return string.end()
    if text[at : at + 1] in ("{", "["):
        at = skip_between(text, at + 1)
        while text[at : at + 1] not in ENDS:
            at = skip_between(text, skip_value(text, at))
        return at + 1
    scalar = SCALAR.match(text, at)
    return scalar.end() if scalar else at + 1


def skip_between(text: str, at: int) -> int:
    """Return where the next value or end begins."""
    found = BETWEEN.match(text, at)
    return found.end() if found else at


def written_length(text: str, characters: int) -> int:
    """Return how long the first characters of a string are as they are written."""
    at = 0
    for _ in range(characters):
        letter = LETTER.match(text, at)
        if letter is None:
            break
        at = letter.end()
    return at
