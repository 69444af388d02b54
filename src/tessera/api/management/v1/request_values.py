"""Requests to typed values. What does not fit is refused with the place of the first fault."""

import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec
from msgspec import Struct, inspect

from tessera.api.management.v1.problems import Fault, RefusedError
from tessera.platform.ids import parse_id

T = TypeVar("T")

AT = re.compile(r"(?P<message>.*?) - at `\$(?P<path>[^`]*)`$", re.DOTALL)
STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
MEMBER = re.compile(r"(?:missing required|contains unknown) field `(?P<name>[^`]+)`")
INTEGER = re.compile(r"-?(0|[1-9]\d{0,18})")
BOOLEANS = {"true": True, "false": False}
# What the database and every client can distinguish; days at the edges have no neighbours in other time zones.
YEARS = range(1900, 9999)
FARTHEST_ZONE = timedelta(hours=14)
# As the answers give it: a strong tag around a version.
TAG = re.compile(r'"(\d{1,18})"', re.ASCII)
# The ledger keeps five more, which number the items of one membership.
KEY_LENGTH = 250
KEY = re.compile(rf"[!-~]{{1,{KEY_LENGTH}}}")

NAME_OR_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
NameOrId = Annotated[
    str, msgspec.Meta(pattern=f"^{NAME_OR_ID.pattern}$", description="Id, or internal name.", examples=["crm"])
]

DECODERS: dict[Any, msgspec.json.Decoder[Any]] = {}


class Asked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request may hold, and nothing else."""


class NoQuery(Asked, frozen=True):
    """The query string of an operation that reads none."""


def read_body(body: bytes, kind: type[T]) -> T:
    """Return the body as this kind: 400 where it is not JSON, 422 where it is something else."""
    if kind not in DECODERS:
        DECODERS[kind] = msgspec.json.Decoder(kind)
    # Some clients put a byte-order mark before the JSON; it says nothing.
    body = body.removeprefix(BOM_UTF8)
    check_json(body)
    try:
        value: T = DECODERS[kind].decode(body)
    except msgspec.ValidationError as error:
        message, pointer = explain(str(error))
        raise invalid(Fault(message, pointer=pointer)) from None
    for pointer, inner in walk(value):
        fault = fault_of(inner)
        if fault:
            raise invalid(Fault(fault, pointer=pointer))
    return value


def check_json(body: bytes) -> None:
    """Raise where the body is not a JSON text at all: the typed decoder stops at the first fault and may miss that."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        detail = "The body is empty. Send JSON." if not body.strip() else f"The body is not JSON: {error}."
        raise RefusedError(400, "unreadable_json", detail) from None


def explain(text: str) -> tuple[str, str]:
    """Return message and JSON pointer of a decoder's complaint."""
    found = AT.match(text)
    message, path = (found["message"], found["path"]) if found else (text, "")
    steps = [name or place for name, place in STEP.findall(path)]
    member = MEMBER.search(text)
    if member:
        steps.append(member["name"])
    return f"{message}.", "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def read_query(raw: bytes, kind: type[T]) -> T:
    """Return the query string as this kind; a parameter that the kind does not have is refused."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000)
    except (UnicodeDecodeError, ValueError):
        raise RefusedError(400, "unreadable_query", "The query string is not URL-encoded UTF-8.") from None
    fields = {field.encode_name: field.type for field in type_of(kind).fields}
    values: dict[str, Any] = {}
    for name, text in pairs:
        if is_list(fields.get(name)):
            values.setdefault(name, []).append(text)
        elif name in values:
            raise invalid(Fault("Given more than once.", parameter=name))
        else:
            values[name] = read_scalar(text, fields.get(name))
    try:
        value = msgspec.convert(values, kind, strict=True)
    except msgspec.ValidationError as error:
        message, pointer = explain(str(error))
        raise invalid(Fault(message, parameter=pointer.split("/")[1] if pointer else None)) from None
    for pointer, inner in walk(value):
        fault = fault_of(inner)
        if fault:
            raise invalid(Fault(fault, parameter=pointer.split("/")[1]))
    return value


def type_of(kind: Any) -> inspect.StructType:
    """Return what is known of a Struct's members."""
    found = inspect.type_info(kind)
    if not isinstance(found, inspect.StructType):
        raise TypeError(f"{kind} is no Struct")
    return found


def is_list(kind: inspect.Type | None) -> bool:
    """Say whether a parameter may come several times."""
    return any(isinstance(one, inspect.ListType) for one in kinds_of(kind))


def kinds_of(kind: inspect.Type | None) -> Iterator[inspect.Type | None]:
    """Yield the types that a type allows, without their descriptions."""
    if isinstance(kind, inspect.Metadata):
        yield from kinds_of(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from kinds_of(one)
    else:
        yield kind


def read_scalar(text: str, kind: inspect.Type | None) -> Any:
    """Return a parameter's text as the number or truth that its type asks for, else as it is."""
    for one in kinds_of(kind):
        if isinstance(one, inspect.IntType) and INTEGER.fullmatch(text):
            return int(text)
        if isinstance(one, inspect.BoolType) and text in BOOLEANS:
            return BOOLEANS[text]
    return text


def read_place(text: str, kind: Any, name: str) -> Any:
    """Return the id in a path; a text that can be no id names nothing that exists."""
    if kind is NameOrId:
        found: Any = text if NAME_OR_ID.fullmatch(text) else None
    else:
        found = int(text) if kind is int and INTEGER.fullmatch(text) else parse_id(text) if kind is UUID else None
    if found is None:
        detail = f"There is nothing at this address: {name} is not an id."
        raise RefusedError(404, "not_found", detail, [Fault("Not an id.", parameter=name)])
    return found


def read_key(headers: Mapping[str, str], *, required: bool) -> str | None:
    """Return the key under which a repeated call changes nothing; None where none was given and none is needed."""
    key = headers.get("idempotency-key")
    if key is None and not required:
        return None
    if key is None or not KEY.fullmatch(key):
        message = f"Send a key of 1 to {KEY_LENGTH} visible ASCII characters, the same on every attempt."
        raise invalid(Fault(message, parameter="Idempotency-Key"))
    return key


def read_version(headers: Mapping[str, str]) -> int | None:
    """Return the version that the thing must still have; None where any will do."""
    tag = headers.get("if-match", "*").strip()
    if tag == "*":
        return None
    found = TAG.fullmatch(tag)
    if found is None:
        detail = "If-Match holds no version of this thing. Give the ETag of its last answer, quotes included."
        raise RefusedError(412, "version_invalid", detail, [Fault("Not an ETag of ours.", parameter="If-Match")])
    return int(found[1])


def walk(value: Any, place: str = "") -> Any:
    """Yield every scalar in a value with its JSON pointer."""
    if isinstance(value, Struct):
        for name, key in zip(value.__struct_fields__, value.__struct_encode_fields__, strict=True):
            yield from walk(getattr(value, name), f"{place}/{key}")
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from walk(inner, f"{place}/{number}")
    else:
        yield place, value


def fault_of(value: Any) -> str | None:
    """Return what makes a scalar unfit to be stored, if anything does."""
    if isinstance(value, str) and "\0" in value:
        return "The character of code zero cannot be stored."
    if isinstance(value, datetime):
        return fault_of_moment(value)
    return None


def fault_of_moment(moment: datetime) -> str | None:
    """Return what makes a moment unfit to be stored, if anything does."""
    if moment.year not in YEARS:
        return f"The year must be from {YEARS.start} to {YEARS.stop - 1}."
    if abs(moment.utcoffset() or timedelta()) > FARTHEST_ZONE:
        return "The zone's offset must be at most 14 hours."
    return None


def invalid(*faults: Fault) -> RefusedError:
    """Return the refusal of a request that breaks the contract."""
    first = faults[0]
    place = first.parameter or first.pointer or "the body"
    return RefusedError(422, "request_invalid", f"The request does not fit at {place}: {first.message}", faults)
