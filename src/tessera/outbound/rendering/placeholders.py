"""Finding `{{ … }}` in a text. Statements and comments of Jinja are no part of a template."""

import re
from dataclasses import dataclass

from tessera.outbound.rendering.errors import TemplateError

OPENING = re.compile(r"\{[{%#]")
# A quote that nothing closes reaches to the end of the text, so that no quote is looked for twice.
TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*+(?:"|\\?\Z)|'(?:\\.|[^'\\])*+(?:'|\\?\Z))|(?P<end>\}\})|(?P<sign>[][(){}])""",
    re.DOTALL,
)
PAIRS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class Placeholder:
    """The expression between the braces, and the character at which the braces open."""

    source: str
    start: int


def split_text(text: str, place: str) -> list[str | Placeholder]:
    """Return the text's literal parts and placeholders, in order; empty parts are left out."""
    parts: list[str | Placeholder] = []
    at = 0
    while opening := OPENING.search(text, at):
        start = opening.start()
        if opening[0] != "{{":
            raise TemplateError(
                f'"{opening[0]}" opens a Jinja statement or comment, which templates do not have. '
                f'To send these signs write {{{{ "{opening[0]}" }}}}.',
                place=place,
                character=start,
            )
        end = find_end(text, start + 2)
        if end is None:
            raise TemplateError(
                '"{{" is never closed. Close it, and each quote in it, with "}}".', place=place, character=start
            )
        if start > at:
            parts.append(text[at:start])
        parts.append(Placeholder(text[start + 2 : end], start))
        at = end + 2
    if at < len(text):
        parts.append(text[at:])
    return parts


def find_end(text: str, at: int) -> int | None:
    """Return where the placeholder's closing braces are; braces in quotes or of an inner object do not close it."""
    depth = 0
    while token := TOKEN.search(text, at):
        at = token.end()
        if token["text"]:
            continue
        if token["end"] and not depth:
            return token.start()
        sign = token[0][0]
        if token["end"]:
            at = token.start() + 1
        depth += -1 if sign in PAIRS else 1
        depth = max(depth, 0)
    return None
