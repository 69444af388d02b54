"""Bodies to typed requests; what does not fit is named by its path, as the contract's errors do.

Where a body gives one member twice, the last one counts, for credentials and operations alike.
"""

import re
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from tessera.api.connector.v1.refusals import InvalidJsonError, InvalidPropertyError, Step, invalid

T = TypeVar("T")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}
# Members of every request that no operation looks at.
EVERYWHERE = frozenset({"ClientToken", "AccessToken", "Client", "LanguageCode", "CultureCode"})


def check_text(body: bytes) -> bytes:
    """Return the body without a byte order mark; raise unless it is UTF-8."""
    body = body.removeprefix(BYTE_ORDER_MARK)
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError:
        raise InvalidJsonError("Invalid JSON.") from None
    return body


def decode(body: bytes, kind: type[T]) -> T:
    """Return the body as a request of this kind."""
    try:
        return decoder_of(kind).decode(body)
    except msgspec.ValidationError as error:
        check_syntax(body)
        raise explain(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidJsonError("Invalid JSON.") from None


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of a kind; making one takes longer than reading most bodies."""
    if kind not in DECODERS:
        DECODERS[kind] = msgspec.json.Decoder(kind)
    return DECODERS[kind]


def check_syntax(body: bytes) -> None:
    """Raise where the body is no JSON at all: reading stops at the first fault, maybe before the end was seen."""
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidJsonError("Invalid JSON.") from None


def explain(error: msgspec.ValidationError) -> InvalidPropertyError:
    """Return the refusal that names the property at fault."""
    text = str(error)
    place, missing = PLACE.search(text), MISSING.search(text)
    steps = [part for part in (place and place["path"], missing and missing["name"]) if part]
    return InvalidPropertyError(f"Invalid {'.'.join(steps) or 'body'}.")


def check_members(body: bytes, kind: type[Any], *, strict: bool) -> None:
    """Raise for texts that no database can hold and, where the door is strict, for members the contract lacks."""
    if not strict and b"\\u0000" not in body:
        return
    value = msgspec.json.decode(body)
    check_characters(value, ())
    if strict:
        check_known({key: inner for key, inner in value.items() if key not in EVERYWHERE}, inspect.type_info(kind), ())


def check_characters(value: Any, steps: tuple[Step, ...]) -> None:
    """Raise for the character of code zero."""
    if isinstance(value, str) and "\0" in value:
        raise invalid(*steps)
    if isinstance(value, dict):
        for key, inner in value.items():
            check_characters(inner, (*steps, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_characters(inner, (*steps, place))


def check_known(value: Any, kind: inspect.Type, steps: tuple[Step, ...]) -> None:
    """Raise for a member that the kind does not have."""
    if isinstance(kind, inspect.UnionType):
        kind = next((one for one in kind.types if isinstance(one, inspect.StructType | inspect.ListType)), kind)
    if isinstance(kind, inspect.ListType) and isinstance(value, list):
        for place, inner in enumerate(value):
            check_known(inner, kind.item_type, (*steps, place))
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        fields = {field.encode_name: field.type for field in kind.fields}
        for key, inner in value.items():
            if key not in fields:
                raise invalid(*steps, key)
            check_known(inner, fields[key], (*steps, key))
