"""Bodies to typed requests; what does not fit is named by its path, as the contract's errors do.

Where a body gives one member twice, the last one counts, for credentials and operations alike.
"""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from tessera.api.connector.v1.changes import Change
from tessera.api.connector.v1.details import BYTE_ORDER_MARK, steps_of
from tessera.api.connector.v1.refusals import InvalidJsonError, InvalidPropertyError, Step, invalid

T = TypeVar("T")

GZIP = b"\x1f\x8b"
BYTE = re.compile(r" \(byte (\d+)\)")
PLACE = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
MISSING = re.compile(r"missing required field `(?P<name>[^`]+)`")
DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}
SHAPES: dict[type[Any], tuple[inspect.Type, bool]] = {}
FIELDS: dict[Any, dict[str, inspect.Type]] = {}
CONTAINERS = (inspect.StructType, inspect.ListType, inspect.DictType)
LOOKED_INTO = (dict, list, Decimal)
# Members of every request that no operation looks at.
EVERYWHERE = frozenset({"ClientToken", "AccessToken", "Client", "LanguageCode", "CultureCode"})


def check_text(body: bytes) -> bytes:
    """Return the body without a byte order mark; raise unless it is UTF-8."""
    body = body.removeprefix(BYTE_ORDER_MARK)
    try:
        if not body.isascii():
            body.decode()
    except UnicodeDecodeError as error:
        raise unreadable(error, body) from None
    return body


def unreadable(error: Exception, body: bytes) -> InvalidJsonError:
    """Return the refusal of a body that is not JSON, with the cause and the place that the reader gives."""
    if body.startswith(GZIP):
        return InvalidJsonError("Invalid JSON.", reason="The body is compressed with gzip. Send it uncompressed.")
    if isinstance(error, RecursionError):
        return InvalidJsonError("Invalid JSON.", reason="Lists and objects are nested too deep. Send a flatter body.")
    if isinstance(error, UnicodeDecodeError):
        return InvalidJsonError("Invalid JSON.", reason="The body is not UTF-8 from here on.", offset=error.start)
    found = BYTE.search(str(error))
    reason = BYTE.sub("", str(error)).removeprefix("JSON is malformed: ")
    if found is None:
        return InvalidJsonError("Invalid JSON.", reason=f"{reason}.", offset=len(body))
    return InvalidJsonError("Invalid JSON.", reason=f"{reason}.", offset=int(found[1]))


def decode(body: bytes, kind: type[T]) -> T:
    """Return the body as a request of this kind."""
    try:
        return decoder_of(kind).decode(body)
    except msgspec.ValidationError as error:
        check_syntax(body)
        raise explain(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error, body) from None


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Return the one decoder of a kind; making one takes longer than reading most bodies."""
    if kind not in DECODERS:
        DECODERS[kind] = msgspec.json.Decoder(kind)
    return DECODERS[kind]


def check_syntax(body: bytes) -> None:
    """Raise where the body is not JSON at all: reading stops at the first fault, maybe before the end was seen."""
    try:
        msgspec.json.decode(body)
    except msgspec.ValidationError:
        return
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise unreadable(error, body) from None


def explain(error: msgspec.ValidationError) -> InvalidPropertyError:
    """Return the refusal that names the property at fault."""
    text = str(error)
    place, missing = PLACE.search(text), MISSING.search(text)
    steps = [part for part in (place and place["path"], missing and missing["name"]) if part]
    reason = f"{PLACE.sub('', text)}."
    return InvalidPropertyError(f"Invalid {'.'.join(steps) or 'body'}.", way=steps_of(".".join(steps)), reason=reason)


def check_members(body: bytes, kind: type[Any], *, strict: bool) -> None:
    """Raise for what the typed decoder lets pass.

    That is a text that no database can hold, a wrapper with members but no value, a number that would be another one as
    a float and, where the door is strict, a member that the contract lacks.
    """
    inexact: list[str] = []
    try:
        value = read_untyped(body, inexact)
        if b"\\u0000" in body:
            check_characters(value, ())
    except (msgspec.DecodeError, RecursionError) as error:
        raise unreadable(error, body) from None
    shape, has_wrappers = shape_of(kind)
    if strict or inexact or has_wrappers:
        given = {key: inner for key, inner in value.items() if key not in EVERYWHERE}
        check_shape(given, shape, (), strict=strict)


def read_untyped(body: bytes, inexact: list[str]) -> Any:
    """Return the body's values; a number that a float would turn into another, whole one stays a decimal."""

    def read_number(text: str) -> float | Decimal:
        number = float(text)
        if not number.is_integer():
            return number
        try:
            exact = Decimal(text)
        except InvalidOperation:
            exact = Decimal("NaN")
        if exact == number:
            return number
        inexact.append(text)
        return exact

    return msgspec.json.Decoder(float_hook=read_number).decode(body)


def shape_of(kind: type[Any]) -> tuple[inspect.Type, bool]:
    """Return what a request of this kind is made of, and whether it holds wrappers of changes.

    Finding out takes longer than reading most bodies, so it is done once.
    """
    if kind not in SHAPES:
        shape = inspect.type_info(kind)
        SHAPES[kind] = shape, any(is_wrapper(found) for found in structs_in(shape))
    return SHAPES[kind]


def structs_in(kind: inspect.Type) -> Iterator[inspect.StructType]:
    """Yield every type with members that a type is made of. None of the contract's types holds itself."""
    if isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from structs_in(one)
    elif isinstance(kind, inspect.ListType):
        yield from structs_in(kind.item_type)
    elif isinstance(kind, inspect.DictType):
        yield from structs_in(kind.value_type)
    elif isinstance(kind, inspect.StructType):
        yield kind
        for field in kind.fields:
            yield from structs_in(field.type)


def is_wrapper(kind: inspect.StructType) -> bool:
    """Say whether the type is a wrapper of a change."""
    return getattr(kind.cls, "__origin__", kind.cls) is Change


def check_characters(value: Any, steps: tuple[Step, ...]) -> None:
    """Raise for the character of code zero."""
    if isinstance(value, str) and "\0" in value:
        raise invalid(*steps, reason="It holds the character of code zero.")
    if isinstance(value, dict):
        for key, inner in value.items():
            check_characters(inner, (*steps, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_characters(inner, (*steps, place))


def check_shape(value: Any, kind: inspect.Type, steps: tuple[Step, ...], *, strict: bool) -> None:
    """Raise for a member that the kind does not have, a wrapper without its value, or a number that is not exact."""
    if isinstance(value, Decimal):
        raise invalid(*steps, reason="This is not a whole number.")
    if isinstance(kind, inspect.ListType) and isinstance(value, list):
        for place, inner in enumerate(value):
            check_shape(inner, open_union(kind.item_type), (*steps, place), strict=strict)
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        for key, inner in value.items():
            check_shape(inner, open_union(kind.value_type), (*steps, key), strict=strict)
    elif isinstance(kind, inspect.StructType) and isinstance(value, dict):
        check_struct(value, kind, steps, strict=strict)


def check_struct(value: dict[str, Any], kind: inspect.StructType, steps: tuple[Step, ...], *, strict: bool) -> None:
    """Raise for what is wrong with the members of one object."""
    fields = fields_of(kind)
    for key, inner in value.items():
        if key in fields:
            if isinstance(inner, LOOKED_INTO):
                # A wrapper is named as its property is: the value in it has no name of its own.
                way = steps if isinstance(inner, Decimal) and is_wrapper(kind) else (*steps, key)
                check_shape(inner, fields[key], way, strict=strict)
        elif strict:
            raise invalid(*steps, key, reason="The contract has no such property.")
    if value and "Value" not in value and is_wrapper(kind):
        raise invalid(*steps, reason="The wrapper has members, but none that is called Value.")


def fields_of(kind: inspect.StructType) -> dict[str, inspect.Type]:
    """Return the types of the members by their names on the wire."""
    if kind.cls not in FIELDS:
        FIELDS[kind.cls] = {field.encode_name: open_union(field.type) for field in kind.fields}
    return FIELDS[kind.cls]


def open_union(kind: inspect.Type) -> inspect.Type:
    """Return the one of several types that has members or items, if there is one."""
    if isinstance(kind, inspect.UnionType):
        return next((one for one in kind.types if isinstance(one, CONTAINERS)), kind)
    return kind
