"""The data map: which columns go to mParticle, as what, and under which name. It travels through JSON unchanged."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tessera.outbound.errors import MappingInvalidError

NO_PROFILE = UUID(int=0)
INDEX = re.compile(r"\[(\d+)\]")

Fault = tuple[str, str]


class TargetKind(StrEnum):
    """What a line of the map becomes."""

    USER_IDENTITY = "user_identity"
    USER_ATTRIBUTE = "user_attribute"
    EVENT_ATTRIBUTE = "event_attribute"
    EVENT_FIELD = "event_field"
    SKIP = "skip"


class EmptyValue(StrEnum):
    """What becomes of null, of an empty text and of an empty list."""

    OMIT = "omit"
    DELETE = "delete"
    SEND = "send"


class RowMode(StrEnum):
    """What a row is: a user's profile without events, or one custom event."""

    PROFILE = "profile"
    EVENT = "event"


class SendMode(StrEnum):
    """Whether many batches share a request."""

    BULK = "bulk"
    SINGLE = "single"


class EventField(StrEnum):
    """The members of a custom event that a line may fill, beside its attributes."""

    EVENT_NAME = "event_name"
    CUSTOM_EVENT_TYPE = "custom_event_type"
    TIMESTAMP = "timestamp"
    SOURCE_MESSAGE_ID = "source_message_id"


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One line of the map: a column or a constant, the filters it goes through, and where it ends."""

    target: TargetKind
    name: str = ""
    column: str | None = None
    constant: str | int | float | bool | None = None
    transform: str = ""
    empty: EmptyValue = EmptyValue.OMIT


@dataclass(frozen=True, slots=True)
class BatchShape:
    """Everything that decides on a batch's bytes.

    Lines, row mode, send mode and `historical` are what a definition saves. The rest comes from the profile and the
    query when a run begins, so that a profile changed meanwhile does not change a run under way.
    """

    lines: tuple[MappingLine, ...]
    row_mode: RowMode = RowMode.PROFILE
    send_mode: SendMode = SendMode.BULK
    historical: bool = False
    environment: str = "production"
    data_plan_id: str | None = None
    data_plan_version: int | None = None
    profile_id: UUID = NO_PROFILE
    key_columns: tuple[str, ...] = ()


def read_shape(plain: Mapping[str, Any]) -> BatchShape:
    """Return the shape that plain JSON values spell; refuse what is none, with its place."""
    unknown = dict(find_unknown(plain))
    if unknown:
        raise MappingInvalidError.of(unknown)
    try:
        return msgspec.convert(plain, BatchShape)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$")
        place = INDEX.sub(r".\1", place).strip("`.")
        raise MappingInvalidError.of({place or "lines": f"{reason}. Correct it."}) from None


def find_unknown(plain: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield members that neither a shape nor a line has, each with its place."""
    yield from unknown_members(plain, BatchShape, "")
    lines = plain.get("lines")
    for number, line in enumerate(lines if isinstance(lines, list | tuple) else ()):
        if isinstance(line, Mapping):
            yield from unknown_members(line, MappingLine, f"lines.{number}.")


def unknown_members(plain: Mapping[str, Any], kind: type[BatchShape | MappingLine], place: str) -> Iterator[Fault]:
    """Yield the members that the kind does not have."""
    known = [each.name for each in fields(kind)]
    for name in plain:
        if name not in known:
            yield f"{place}{name}", f"there is no such member. There are: {', '.join(known)}."


def plain_shape(shape: BatchShape) -> dict[str, Any]:
    """Return the shape as plain JSON values."""
    plain: dict[str, Any] = msgspec.to_builtins(shape)
    return plain
