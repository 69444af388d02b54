"""From a row to what it adds to a batch. Compiled once for a run; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uuid_utils

from tessera.outbound.errors import MappingInvalidError
from tessera.outbound.kinds.mparticle.batches.limits import (
    EVENT_TYPES,
    LONGEST_NAME,
    LONGEST_VALUE,
    OLDEST_MS,
    YOUNGEST_HISTORICAL_MS,
)
from tessera.outbound.kinds.mparticle.batches.mapping import (
    BatchShape,
    EmptyValue,
    EventField,
    MappingLine,
    RowMode,
    TargetKind,
)
from tessera.outbound.kinds.mparticle.batches.values import (
    is_empty,
    limited,
    read_attribute,
    read_message_id,
    read_scalar,
    read_timestamp,
    write,
)
from tessera.outbound.rendering import Evaluate, RowFault, RunFacts, compile_chain


@dataclass(frozen=True, slots=True)
class Piece:
    """What a row adds: who it is about, the batch but for its id and events, and its event."""

    user: bytes
    head: bytes
    event: bytes | None


@dataclass(frozen=True, slots=True)
class Source:
    """A line ready to evaluate."""

    name: str
    place: str
    evaluate: Evaluate
    casts: bool
    empty: EmptyValue


class RunStamp:
    """What the rows of one run share: its start, and the names that its ids are made of."""

    def __init__(self, run: RunFacts) -> None:
        self.started_ms = int(run.started_at.timestamp() * 1000)
        self.run_id = str(run.id)
        self.messages = uuid_utils.UUID(str(run.definition_id))


class RowReader:
    """Reads rows by a checked shape."""

    def __init__(self, shape: BatchShape, columns: Sequence[str]) -> None:
        places = {name: at for at, name in enumerate(columns)}
        sources: dict[TargetKind, list[Source]] = {target: [] for target in TargetKind}
        for number, line in enumerate(shape.lines):
            if line.target is not TargetKind.SKIP:
                sources[line.target].append(compile_line(line, number, places))
        self._identities = sources[TargetKind.USER_IDENTITY]
        self._attributes = sources[TargetKind.USER_ATTRIBUTE]
        self._event_attributes = sources[TargetKind.EVENT_ATTRIBUTE]
        self._fields = {source.name: source for source in sources[TargetKind.EVENT_FIELD]}
        self._events = shape.row_mode is RowMode.EVENT
        self._historical = shape.historical
        self._keys = [places[name] for name in shape.key_columns]
        self._before = b'"environment":' + write(shape.environment) + b',"user_identities":'
        self._after = b"" if shape.data_plan_id is None else b',"context":' + write({"data_plan": data_plan(shape)})

    def read(self, ordinal: int, values: Sequence[Any], stamp: RunStamp) -> Piece:
        """Return what the row adds to a batch; raise `RowFault` with why it adds nothing."""
        user = write(self._read_identities(values))
        head = self._before + user + self._read_profile(values) + self._after
        return Piece(user, head, write(self._read_event(ordinal, values, stamp)) if self._events else None)

    def _read_identities(self, values: Sequence[Any]) -> dict[str, Any]:
        identities = {}
        for source in self._identities:
            value = source.evaluate(values)
            if not is_empty(value):
                identities[source.name] = read_scalar(value, source.place, casts=False)
        if not identities:
            raise RowFault("no_identity", "The row has no user identity: every column mapped to one is empty.")
        return identities

    def _read_profile(self, values: Sequence[Any]) -> bytes:
        attributes, deleted = {}, []
        for source in self._attributes:
            value = source.evaluate(values)
            if type(value) is str and value and len(value) <= LONGEST_VALUE:
                attributes[source.name] = value  # nearly every value, so it goes first
            elif not is_empty(value) or source.empty is EmptyValue.SEND:
                attributes[source.name] = read_attribute(value, source.place, casts=source.casts)
            elif source.empty is EmptyValue.DELETE:
                deleted.append(source.name)
        kept = b',"user_attributes":' + write(attributes) if attributes else b""
        return kept + b',"deleted_user_attributes":' + write(deleted) if deleted else kept

    def _read_event(self, ordinal: int, values: Sequence[Any], stamp: RunStamp) -> dict[str, Any]:
        name = self._needed(EventField.EVENT_NAME, values)
        data = {
            "event_name": limited(name, LONGEST_NAME, self._fields[EventField.EVENT_NAME].place),
            "custom_event_type": self._read_type(values),
            "source_message_id": self._read_message_id(ordinal, values, stamp),
        }
        timestamp = self._read_timestamp(values, stamp)
        if timestamp is not None:
            data["timestamp_unixtime_ms"] = timestamp
        attributes = self._read_event_attributes(values)
        if attributes:
            data["custom_attributes"] = attributes
        return {"event_type": "custom_event", "data": data}

    def _read_event_attributes(self, values: Sequence[Any]) -> dict[str, Any]:
        attributes = {}
        for source in self._event_attributes:
            value = source.evaluate(values)
            if not is_empty(value) or source.empty is EmptyValue.SEND:
                attributes[source.name] = read_scalar(
                    None if is_empty(value) else value, source.place, casts=source.casts
                )
        return attributes

    def _read_type(self, values: Sequence[Any]) -> str:
        kind = self._needed(EventField.CUSTOM_EVENT_TYPE, values)
        if kind not in EVENT_TYPES:
            place = self._fields[EventField.CUSTOM_EVENT_TYPE].place
            raise RowFault("value_invalid", f"{place}: none of {', '.join(EVENT_TYPES)}.")
        return kind

    def _read_timestamp(self, values: Sequence[Any], stamp: RunStamp) -> int | None:
        source = self._fields.get(EventField.TIMESTAMP)
        value = None if source is None else source.evaluate(values)
        if source is None or is_empty(value):
            if self._historical:
                raise RowFault("value_empty", "The event has no timestamp, which historical data needs.")
            return None
        timestamp = read_timestamp(value, source.place)
        age = stamp.started_ms - timestamp
        if self._historical and age < YOUNGEST_HISTORICAL_MS:
            raise RowFault("event_too_recent", f"{source.place}: less than 72 hours old, so not historical yet.")
        if not self._historical and age > OLDEST_MS:
            raise RowFault("event_too_old", f"{source.place}: more than 30 days old. Send it as historical data.")
        return timestamp

    def _read_message_id(self, ordinal: int, values: Sequence[Any], stamp: RunStamp) -> str:
        source = self._fields.get(EventField.SOURCE_MESSAGE_ID)
        value = None if source is None else source.evaluate(values)
        if not is_empty(value):
            return read_message_id(value, stamp.messages)
        name = write([values[at] for at in self._keys]).decode() if self._keys else f"{stamp.run_id}/{ordinal}"
        return str(uuid_utils.uuid5(stamp.messages, name))

    def _needed(self, field: EventField, values: Sequence[Any]) -> str:
        source = self._fields[field]
        value = source.evaluate(values)
        if is_empty(value):
            raise RowFault("value_empty", f"{source.place}: empty, and mParticle takes no event without it.")
        return str(read_scalar(value, source.place, casts=False))


def compile_line(line: MappingLine, number: int, places: dict[str, int]) -> Source:
    """Return the line ready to evaluate; a constant is worked out once."""
    place = f'{line.target.replace("_", " ").capitalize()} "{line.name}"'
    chain = compile_chain(line.transform, 0 if line.column is None else places[line.column], place)
    evaluate = chain.evaluate
    if line.column is None:
        try:
            value = evaluate((line.constant,))
        except RowFault as fault:
            raise MappingInvalidError.of({f"lines.{number}.transform": fault.message}) from None
        evaluate = fixed(value)
    return Source(line.name, place, evaluate, chain.casts, line.empty)


def fixed(value: Any) -> Evaluate:
    """Return a function that gives the value for every row."""
    return lambda _values: value


def data_plan(shape: BatchShape) -> dict[str, Any]:
    """Return the data plan that batches are checked against."""
    plan: dict[str, Any] = {"plan_id": shape.data_plan_id}
    if shape.data_plan_version is not None:
        plan["plan_version"] = shape.data_plan_version
    return plan
