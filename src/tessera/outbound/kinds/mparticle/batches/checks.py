"""Whether a data map can work with a query's columns: everything that is wrong with it, each at its place."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tessera.outbound.errors import MappingInvalidError
from tessera.outbound.kinds.mparticle.batches.limits import (
    EVENT_TYPES,
    IDENTITIES,
    LONGEST_NAME,
    LONGEST_VALUE,
    MOST_ATTRIBUTES,
    RESERVED,
)
from tessera.outbound.kinds.mparticle.batches.mapping import (
    BatchShape,
    EmptyValue,
    EventField,
    MappingLine,
    RowMode,
    SendMode,
    TargetKind,
)
from tessera.outbound.rendering import compile_chain

Fault = tuple[str, str]

OF_EVENTS = frozenset({TargetKind.EVENT_ATTRIBUTE, TargetKind.EVENT_FIELD})
NEEDED = (EventField.EVENT_NAME, EventField.CUSTOM_EVENT_TYPE)
NAMES = {
    TargetKind.USER_IDENTITY: ("identity type", IDENTITIES),
    TargetKind.EVENT_FIELD: ("event field", tuple(EventField)),
}


def check_shape(shape: BatchShape, columns: Sequence[str]) -> None:
    """Refuse a shape that could not make batches of rows with these columns."""
    faults: dict[str, str] = {}
    for place, fault in find_faults(shape, columns):
        faults.setdefault(place, fault)
    if faults:
        raise MappingInvalidError.of(faults)


def find_faults(shape: BatchShape, columns: Sequence[str]) -> Iterator[Fault]:
    """Yield everything that is wrong, lines first."""
    for number, line in enumerate(shape.lines):
        if line.target is TargetKind.SKIP:
            continue
        place = f"lines.{number}"
        yield from source_faults(line, place, columns)
        yield from name_faults(line, place)
        yield from empty_faults(line, place)
        if line.target in OF_EVENTS and shape.row_mode is RowMode.PROFILE:
            yield f"{place}.target", "rows are profiles, which have no events. Choose Event rows, or another target."
    yield from twice_faults(shape.lines)
    yield from key_faults(shape, columns)
    yield from whole_faults(shape)


def source_faults(line: MappingLine, place: str, columns: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with where the value comes from, and what it goes through."""
    if (line.column is None) == (line.constant is None):
        yield f"{place}.column", "give a column or a constant, one of them."
    elif line.column is not None and line.column not in columns:
        yield f"{place}.column", f'there is no column "{line.column}". The query gives: {", ".join(columns)}.'
    elif isinstance(line.constant, str):
        yield from constant_faults(line, line.constant, place)
    try:
        compile_chain(line.transform, 0, place)
    except ValueError as error:
        yield f"{place}.transform", str(error)


def constant_faults(line: MappingLine, constant: str, place: str) -> Iterator[Fault]:
    """Yield what is wrong with a text that every row would send."""
    if not is_sendable(constant):
        yield f"{place}.constant", "the text holds a character that cannot be sent."
    if len(constant) > LONGEST_VALUE:
        yield f"{place}.constant", f"longer than {LONGEST_VALUE:,} characters. Shorten it."
    is_type = line.target is TargetKind.EVENT_FIELD and line.name == EventField.CUSTOM_EVENT_TYPE
    if is_type and not line.transform and constant not in EVENT_TYPES:
        yield f"{place}.constant", f"give one of {', '.join(EVENT_TYPES)}."


def name_faults(line: MappingLine, place: str) -> Iterator[Fault]:
    """Yield what is wrong with the name that the value goes by."""
    place = f"{place}.name"
    if line.target in NAMES:
        what, known = NAMES[line.target]
        if line.name not in known:
            yield place, f"{line.name[:80]!r} is not a known {what}. There are: {', '.join(known)}."
        return
    if not 1 <= len(line.name) <= LONGEST_NAME:
        yield place, f"a name has 1 to {LONGEST_NAME} characters."
    elif not is_sendable(line.name):
        yield place, "the name holds a character that cannot be sent."
    elif line.name.startswith("$") and line.target is TargetKind.USER_ATTRIBUTE and line.name not in RESERVED:
        yield place, f"names that begin with $ are mParticle's own. There are: {', '.join(RESERVED)}."


def empty_faults(line: MappingLine, place: str) -> Iterator[Fault]:
    """Yield what is wrong with what becomes of empty values."""
    if line.empty is EmptyValue.DELETE and line.target is not TargetKind.USER_ATTRIBUTE:
        yield f"{place}.empty", "only user attributes can be deleted. Choose omit."
    if line.empty is EmptyValue.SEND and line.target in NAMES:
        yield f"{place}.empty", "an empty identity or event field is never sent. Choose omit."


def twice_faults(lines: Sequence[MappingLine]) -> Iterator[Fault]:
    """Yield names that two lines would fill."""
    seen: set[tuple[TargetKind, str]] = set()
    for number, line in enumerate(lines):
        if line.target is TargetKind.SKIP:
            continue
        if (line.target, line.name) in seen:
            yield f"lines.{number}.name", f'another line fills "{line.name[:80]}" already. Keep one.'
        seen.add((line.target, line.name))


def key_faults(shape: BatchShape, columns: Sequence[str]) -> Iterator[Fault]:
    """Yield key columns that the rows lack: without them different events would go by one id."""
    for name in shape.key_columns:
        if name not in columns:
            yield "key_columns", f'there is no column "{name}". The query gives: {", ".join(columns)}.'


def whole_faults(shape: BatchShape) -> Iterator[Fault]:
    """Yield what is wrong with the lines together, and with how they are sent."""
    counts = Counter(line.target for line in shape.lines)
    if not counts[TargetKind.USER_IDENTITY]:
        yield "lines", "at least one line must fill a user identity, such as customer_id."
    for target in (TargetKind.USER_ATTRIBUTE, TargetKind.EVENT_ATTRIBUTE):
        if counts[target] > MOST_ATTRIBUTES:
            what = target.replace("_", " ")
            yield "lines", f"mParticle takes {MOST_ATTRIBUTES} {what}s, and here are {counts[target]}. Take some out."
    fields = {line.name for line in shape.lines if line.target is TargetKind.EVENT_FIELD}
    missing = [each for each in NEEDED if each not in fields]
    if shape.row_mode is RowMode.EVENT and missing:
        yield "lines", f"events need {' and '.join(missing)}. Add a line for each."
    if shape.historical:
        yield from historical_faults(shape, fields)


def historical_faults(shape: BatchShape, fields: set[str]) -> Iterator[Fault]:
    """Yield what the historical endpoint would not process."""
    if shape.send_mode is SendMode.SINGLE:
        yield "historical", "historical data goes in bulk only. Choose the send mode bulk."
    if shape.row_mode is RowMode.PROFILE or EventField.TIMESTAMP not in fields:
        yield "historical", "historical data is events with a timestamp. Choose Event rows and map a timestamp."


def is_sendable(text: str) -> bool:
    """Say whether the text can go into JSON and be stored."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text
