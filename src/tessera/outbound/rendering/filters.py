"""The filters of templates. Null passes through all but `default`; what cannot be converted fails the row."""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import msgspec

from tessera.outbound.rendering.operators import bounded
from tessera.outbound.rendering.values import Unfit
from tessera.platform.json_values import decode, read_number, text_of

NUMBER = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)
DIRECTIVE = re.compile(r"%(.?)", re.DOTALL)
DIRECTIVES = frozenset("YmdHMSfyjbBaApIuwUWVGzZ%")  # letters only: a width such as %999999999d would fill the memory
TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
MOST_DIGITS = 1000


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter: its work on a value that is not null, and what it takes in brackets."""

    work: Callable[..., Any]
    arguments: int = 0
    check: Callable[[Any], str | None] | None = None
    takes_null: bool = False


def to_int(value: Any) -> int:
    """Return a whole number; a fraction is cut off, other text fails."""
    if isinstance(value, str):
        text = value.strip()
        if not NUMBER.fullmatch(text) or len(text) > MOST_DIGITS:
            raise Unfit("not a whole number")
        return int(text.partition(".")[0])
    if isinstance(value, Decimal) and value.adjusted() > MOST_DIGITS:
        raise Unfit("the number is too large")
    if isinstance(value, int | Decimal):
        return int(value)
    raise Unfit("not a number")


def to_float(value: Any) -> Decimal:
    """Return a finite number, with the digits of a double-precision one."""
    if not isinstance(value, str | int | Decimal):
        raise Unfit("not a number")
    if isinstance(value, str) and "_" in value:
        raise Unfit("not a number")
    try:
        result = float(value)
    except ValueError:  # its own message would quote the member's data
        raise Unfit("not a number") from None
    if not math.isfinite(result):
        raise Unfit("the number is not finite")
    return read_number(repr(result))


def to_bool(value: Any) -> bool:
    """Return a boolean for what plainly spells one."""
    word = text_of(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Unfit("neither true nor false")


def to_json(value: Any) -> Any:
    """Return the value that JSON text spells; what is not a text is a JSON value already."""
    if not isinstance(value, str):
        return value
    try:
        return decode(value)
    except (msgspec.DecodeError, RecursionError):
        raise Unfit("not JSON") from None


def moment_of(value: Any) -> datetime:
    """Return the moment that ISO text spells; without a zone it is UTC."""
    if not isinstance(value, str):
        raise Unfit("not a date or time")
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # its own message would quote the member's data
        raise Unfit("not a date or time") from None


def to_iso(value: Any) -> str:
    """Return a moment in RFC 3339, UTC; a plain date stays one."""
    moment = moment_of(value)
    if len(value) == len("2026-01-31"):
        return value  # type: ignore[no-any-return]
    return moment.isoformat().replace("+00:00", "Z")


def to_epoch_s(value: Any) -> int:
    """Return whole seconds since 1970."""
    return to_epoch_ms(value) // 1000


def to_epoch_ms(value: Any) -> int:
    """Return whole milliseconds since 1970."""
    since = moment_of(value) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


def to_date(value: Any, form: str) -> str:
    """Return the moment, in UTC, in the given form."""
    return moment_of(value).strftime(form)


def check_form(form: Any) -> str | None:
    """Say what is wrong with the argument of `date`."""
    if not isinstance(form, str) or len(form) > 100:
        return 'date needs a short form in quotes, such as date("%Y-%m-%d").'
    strange = [letter for letter in DIRECTIVE.findall(form) if letter not in DIRECTIVES or not letter]
    if strange:
        return f"date knows no %{strange[0]}; it knows {' '.join('%' + letter for letter in sorted(DIRECTIVES))}."
    return None


def to_sha256(value: Any) -> str:
    """Return the hash of the trimmed, lower-cased text, as audiences are matched by it."""
    return hashlib.sha256(text_of(value).strip().lower().encode()).hexdigest()


def to_md5(value: Any) -> str:
    """Return the hash of the trimmed, lower-cased text; receivers ask for it; no security depends on its strength."""
    return hashlib.md5(text_of(value).strip().lower().encode(), usedforsecurity=False).hexdigest()


def percent_encode(value: Any) -> str:
    """Return the text as one path segment or query value."""
    return quote(text_of(value), safe="")


def or_default(value: Any, fallback: Any) -> Any:
    """Return the fallback for null and empty text."""
    return fallback if value is None or value == "" else value


FILTERS: dict[str, Filter] = {
    "string": Filter(text_of),
    "int": Filter(lambda value: bounded(to_int(value))),
    "float": Filter(to_float),
    "bool": Filter(to_bool),
    "json": Filter(to_json),
    "default": Filter(or_default, arguments=1, takes_null=True),
    "upper": Filter(lambda value: text_of(value).upper()),
    "lower": Filter(lambda value: text_of(value).lower()),
    "trim": Filter(lambda value: text_of(value).strip()),
    "iso": Filter(to_iso),
    "epoch_s": Filter(to_epoch_s),
    "epoch_ms": Filter(to_epoch_ms),
    "date": Filter(to_date, arguments=1, check=check_form),
    "sha256": Filter(to_sha256),
    "md5": Filter(to_md5),
    "urlenc": Filter(percent_encode),
}
