"""The data map as rows of a grid: sources are columns, or constants after an equals sign. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tessera.connectors.contract import MappingLayout, MappingRow, MappingShape
from tessera.outbound.kinds.mparticle.batches import EmptyValue, EventField, MappingLine, TargetKind, propose_lines
from tessera.outbound.kinds.mparticle.batches.limits import IDENTITIES

CONSTANT = "="
# Words that the reader of JSON takes for numbers, and no JSON has.
UNREAL = ("NaN", "Infinity", "-Infinity")


def to_rows(lines: Any) -> list[dict[str, str]]:
    """Return the rows of the lines that are stored; what is no line is none."""
    return [to_row(line) for line in lines if isinstance(line, Mapping)] if isinstance(lines, list | tuple) else []


def to_row(line: Mapping[str, Any]) -> dict[str, str]:
    """Return the cells of a line."""
    constant = line.get("constant")
    source = line.get("column") if constant is None else f"{CONSTANT}{spell_constant(constant)}"
    empty = line.get("empty") or EmptyValue.OMIT.value
    cells = {
        "source": source,
        "target_kind": line.get("target"),
        "target": line.get("name"),
        "transform": line.get("transform"),
        "empty": "" if empty == EmptyValue.OMIT else empty,
    }
    return {column: str(value or "") for column, value in cells.items()}


def from_rows(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return the lines that rows stand for; what is empty is left out."""
    return [from_row(row) for row in rows]


def from_row(row: Mapping[str, str]) -> dict[str, Any]:
    """Return the line of a row."""
    source = row["source"]
    is_constant = source.startswith(CONSTANT)
    line = {
        "target": row["target_kind"],
        "name": row["target"],
        "column": None if is_constant else source or None,
        "constant": read_constant(source.removeprefix(CONSTANT)) if is_constant else None,
        "transform": row.get("transform"),
        "empty": row.get("empty"),
    }
    return {member: value for member, value in line.items() if value is not None and (value != "" or is_kept(member))}


def is_kept(member: str) -> bool:
    """Say whether a member stays although it is an empty text."""
    return member in ("target", "constant")


def spell_constant(constant: Any) -> str:
    """Return a constant as it is typed: a text that reads as something else is quoted."""
    if isinstance(constant, str) and read_constant(constant) == constant:
        return constant
    return json.dumps(constant, ensure_ascii=False)


def read_constant(text: str) -> str | int | float | bool:
    """Return the number, truth value or quoted text that was typed; anything else is the text itself."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, str | int | float | bool) and text.strip() not in UNREAL else text


def propose_rows(sources: Sequence[str]) -> list[MappingRow]:
    """Return rows for the columns whose names say what they hold."""
    return [propose_row(line) for line in propose_lines(sources)]


def propose_row(line: MappingLine) -> MappingRow:
    """Return the row of a proposed line."""
    return MappingRow(line.column or "", line.target.value, line.name)


LAYOUT = MappingLayout(
    (
        (TargetKind.USER_IDENTITY, "User identity"),
        (TargetKind.USER_ATTRIBUTE, "User attribute"),
        (TargetKind.EVENT_ATTRIBUTE, "Event attribute"),
        (TargetKind.EVENT_FIELD, "Event field"),
        (TargetKind.SKIP, "Skip"),
    ),
    targets={TargetKind.USER_IDENTITY: IDENTITIES, TargetKind.EVENT_FIELD: tuple(EventField)},
    empty_values=((EmptyValue.DELETE, "Delete attribute"), (EmptyValue.SEND, "Send empty")),
    propose=propose_rows,
    target_kind_label="Target kind",
    target_label="Target name",
    typed=frozenset({"source", "transform"}),
    shape=MappingShape(
        to_rows,
        from_rows,
        {
            "column": "source",
            "constant": "source",
            "target": "target_kind",
            "name": "target",
            "transform": "transform",
            "empty": "empty",
        },
    ),
)
