"""Texts that hold placeholders: URL paths and header values."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from tessera.outbound.rendering.errors import TemplateError
from tessera.outbound.rendering.expressions import Expression, ExpressionCompiler
from tessera.outbound.rendering.placeholders import split_text
from tessera.outbound.rendering.shapes import Header
from tessera.outbound.rendering.values import RowFault, Scope
from tessera.platform.characters import is_encodable
from tessera.platform.json_values import text_of

PATH = "URL Path"
PATH_SIGNS = "/?&=:@!$'()*+,;%~-._"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
CONTENT_TYPE = re.compile(r"application/([a-z0-9.!#$&^_+-]+\+)?json(\s*;.*)?", re.IGNORECASE | re.ASCII)
BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
RESERVED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text ready to render. `render` returns None where the text falls away as a whole."""

    render: Callable[[Scope], str | None]
    expressions: tuple[Expression, ...]


def compile_path(path: str, compiler: ExpressionCompiler) -> Text:
    """Return the URL path, to be joined to the profile's base URL."""
    check_path(path)
    parts: list[str | tuple[Expression, bool]] = []
    in_query = False
    for part in split_text(path, PATH):
        if isinstance(part, str):
            in_query = in_query or "?" in part
            parts.append(quote(part, safe=PATH_SIGNS))
        else:
            parts.append((compiler.compile(part, PATH), in_query))
    expressions = tuple(part[0] for part in parts if not isinstance(part, str))
    if not expressions:
        fixed = "".join(part for part in parts if isinstance(part, str))
        return Text(lambda _scope: fixed, ())
    return Text(lambda scope: render_path(parts, scope), expressions)


def check_path(path: str) -> None:
    """Refuse a path that could lead away from the base URL."""
    literal = "".join(part if isinstance(part, str) else "x" for part in split_text(path, PATH))
    refusals = (
        ("#" in literal, 'a fragment ("#") is never sent. Take it out.'),
        ("\\" in literal, "a backslash does not belong in a URL. Write / instead."),
        (
            any(sign <= " " or sign == "\x7f" for sign in literal),
            "spaces and control characters must be percent-encoded.",
        ),
        (
            BROKEN_ESCAPE.search(literal),
            'a "%" must be followed by two hexadecimal digits. Write %25 for the sign itself.',
        ),
        (is_absolute(literal), "the path must not be a full URL. Begin it with a single /."),
        (has_dot_segment(literal), 'the path must not hold "." or ".." segments.'),
        (not is_encodable(literal), "the text holds half of a surrogate pair, which cannot be sent."),
    )
    for refused, message in refusals:
        if refused:
            raise TemplateError(message, place=PATH, character=0)


def is_absolute(path: str) -> bool:
    """Say whether the path parses as a full URL."""
    try:
        parts = urlsplit(path)
    except ValueError:
        return True
    return bool(parts.scheme or parts.netloc) or path.startswith("//")


def has_dot_segment(path: str) -> bool:
    """Say whether a segment would make the receiver climb or stay in place."""
    if "." not in path and "%2" not in path:
        return False
    way = path.partition("?")[0].lower().replace("%2e", ".").replace("%2f", "/")
    return any(segment in (".", "..") for segment in way.split("/"))


def render_path(parts: list[str | tuple[Expression, bool]], scope: Scope) -> str:
    """Return the path of one request; values stay inside their segment or query value."""
    pieces = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
            continue
        expression, in_query = part
        value = expression.evaluate(scope)
        if value is None:
            raise RowFault("value_null", f"{PATH}: a value is null, and the path cannot be made without it.")
        text = text_of(value)
        if not text and not in_query:
            raise RowFault(
                "value_empty", f"{PATH}: a value is empty, and the path would lead somewhere else without it."
            )
        pieces.append(text if expression.encodes_itself else quote(text, safe=""))
    path = "".join(pieces)
    if has_dot_segment(path):
        raise RowFault("value_refused", f'{PATH}: a value makes a "." or ".." segment.')
    return path


def compile_headers(headers: tuple[Header, ...], compiler: ExpressionCompiler) -> list[tuple[str, Text]]:
    """Return the headers with their values ready to render."""
    names: set[str] = set()
    compiled = []
    for header in headers:
        check_header_name(header.name, names)
        compiled.append((header.name, compile_header(header, compiler)))
    return compiled


def check_header_name(name: str, names: set[str], *, place: str = "") -> None:
    """Refuse a name that HTTP does not allow, the connection owns, or that occurs twice."""
    place = place or f"Header {name[:80]!r}"
    if not TOKEN.fullmatch(name):
        raise TemplateError("a header's name has letters, digits and hyphens only.", place=place)
    if name.lower() in RESERVED:
        raise TemplateError("this header belongs to the connection or the profile. Leave it out.", place=place)
    if name.lower() in names:
        raise TemplateError("the header occurs twice. Keep one.", place=place)
    names.add(name.lower())


def compile_header(header: Header, compiler: ExpressionCompiler) -> Text:
    """Return one header's value."""
    place = f"Header {header.name}"
    if CONTROL.search(header.value) or not is_encodable(header.value):
        raise TemplateError("line breaks and control characters are not allowed in a header.", place=place)
    if header.secret and not header.value.strip():
        raise TemplateError("a secret header needs its value. Enter it again.", place=place)
    parts = [
        part if isinstance(part, str) else compiler.compile(part, place) for part in split_text(header.value, place)
    ]
    expressions = tuple(part for part in parts if isinstance(part, Expression))
    if header.name.lower() == "content-type" and (expressions or not CONTENT_TYPE.fullmatch(header.value.strip())):
        raise TemplateError("the body is JSON: give application/json or a fixed application/…+json.", place=place)
    if not expressions:
        fixed = header.value.strip()
        return Text(lambda _scope: fixed, ())
    return Text(lambda scope: render_header(parts, place, scope), expressions)


def render_header(parts: list[Any], place: str, scope: Scope) -> str | None:
    """Return one header's value; a null drops the header."""
    pieces = []
    for part in parts:
        value = part if isinstance(part, str) else part.evaluate(scope)
        if value is None:
            return None
        pieces.append(text_of(value))
    text = "".join(pieces)
    if CONTROL.search(text):
        raise RowFault("value_refused", f"{place}: a value holds a line break or control character.")
    return text.strip()
