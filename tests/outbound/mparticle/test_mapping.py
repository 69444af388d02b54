"""The data map: what is wrong with one, and where."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders.mparticle_receiver import COLUMNS, EVENT_COLUMNS, EVENTS, PROFILES, faults_in

from tessera.outbound.errors import MappingInvalidError
from tessera.outbound.kinds.mparticle.batches import (
    BatchShape,
    CompiledShape,
    EmptyValue,
    MappingLine,
    SendMode,
    TargetKind,
    plain_shape,
    propose_lines,
    read_shape,
)
from tessera.outbound.kinds.mparticle.batches.limits import IDENTITIES, RESERVED

IDENTITY, ATTRIBUTE = TargetKind.USER_IDENTITY, TargetKind.USER_ATTRIBUTE
EVENT_ATTRIBUTE, FIELD = TargetKind.EVENT_ATTRIBUTE, TargetKind.EVENT_FIELD
CUSTOMER = MappingLine(IDENTITY, "customer_id", "id")


def faults_of(shape: BatchShape, columns: tuple[str, ...] = COLUMNS) -> dict[str, str]:
    """Return what is wrong with the shape, by place."""
    try:
        CompiledShape(shape, columns)
    except MappingInvalidError as error:
        return faults_in(error)
    return {}


def with_line(line: MappingLine, shape: BatchShape = PROFILES) -> BatchShape:
    """Return the shape with another line at its end."""
    return replace(shape, lines=(*shape.lines, line))


def test_shape_survives_json() -> None:
    shape = with_line(MappingLine(EVENT_ATTRIBUTE, "n", constant=1.5, empty=EmptyValue.SEND), EVENTS)
    assert read_shape(plain_shape(shape)) == shape
    assert faults_of(shape, EVENT_COLUMNS) == {}


def test_there_are_22_identity_types_and_10_reserved_names() -> None:
    assert len(IDENTITIES) == len(set(IDENTITIES)) == 22
    assert len(RESERVED) == len(set(RESERVED)) == 10
    assert all(not faults_of(replace(PROFILES, lines=(MappingLine(IDENTITY, name, "id"),))) for name in IDENTITIES)


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        (MappingLine(ATTRIBUTE, "x"), "column", "a column or a constant"),
        (MappingLine(ATTRIBUTE, "x", "id", constant="y"), "column", "a column or a constant"),
        (MappingLine(ATTRIBUTE, "x", "nope"), "column", 'no column "nope". The query gives: id, email'),
        (MappingLine(ATTRIBUTE, "x", constant="y" * 4097), "constant", "4,096"),
        (MappingLine(ATTRIBUTE, "x", constant="\ud800"), "constant", "cannot be sent"),
        (MappingLine(ATTRIBUTE, "x", constant="a\x00b"), "constant", "cannot be sent"),
        (MappingLine(IDENTITY, "customer", "id"), "name", "There are: other, customer_id"),
        (MappingLine(IDENTITY, "<script>", "id"), "name", "not a known identity type"),
        (MappingLine(ATTRIBUTE, "", "id"), "name", "1 to 256"),
        (MappingLine(ATTRIBUTE, "x" * 257, "id"), "name", "1 to 256"),
        (MappingLine(ATTRIBUTE, "a\x00", "id"), "name", "cannot be sent"),
        (MappingLine(ATTRIBUTE, "$shoe", "id"), "name", r"begin with \$"),
        (MappingLine(ATTRIBUTE, "$firstname", "id"), "name", "already"),
        (MappingLine(IDENTITY, "email", "id"), "name", "already"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="nope"), "transform", "There are: string, int"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="upper ~ email"), "transform", "filters with |"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="upper |"), "transform", "Correct it"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="default(email)"), "transform", "filters with |"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="default"), "transform", "one value in brackets"),
        (MappingLine(ATTRIBUTE, "x", "id", transform='date("%Q")'), "transform", "no %Q"),
        (MappingLine(ATTRIBUTE, "x", "id", transform="omit_null"), "transform", "filters with |"),
        (MappingLine(ATTRIBUTE, "x", constant="abc", transform="int"), "transform", "not a whole number"),
        (MappingLine(IDENTITY, "other", "id", empty=EmptyValue.SEND), "empty", "never sent"),
        (MappingLine(IDENTITY, "other", "id", empty=EmptyValue.DELETE), "empty", "only user attributes"),
        (MappingLine(EVENT_ATTRIBUTE, "x", "id"), "target", "rows are profiles"),
        (MappingLine(FIELD, "timestamp", "id"), "target", "rows are profiles"),
    ],
)
def test_fault_stands_at_its_place(line: MappingLine, place: str, message: str) -> None:
    with pytest.raises(MappingInvalidError, match=message) as raised:
        CompiledShape(with_line(line), COLUMNS)
    assert list(faults_in(raised.value)) == [f"lines.{len(PROFILES.lines)}.{place}"]


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        (MappingLine(FIELD, "event", "id"), "name", "There are: event_name"),
        (MappingLine(FIELD, "event_name", "id"), "name", "already"),
        (MappingLine(FIELD, "source_message_id", "id", empty=EmptyValue.SEND), "empty", "never sent"),
        (MappingLine(EVENT_ATTRIBUTE, "x", "id", empty=EmptyValue.DELETE), "empty", "only user attributes"),
    ],
)
def test_fault_of_an_event_line_stands_at_its_place(line: MappingLine, place: str, message: str) -> None:
    with pytest.raises(MappingInvalidError, match=message) as raised:
        CompiledShape(with_line(line, EVENTS), EVENT_COLUMNS)
    assert list(faults_in(raised.value)) == [f"lines.{len(EVENTS.lines)}.{place}"]


def test_all_faults_are_told_at_once() -> None:
    lines = (MappingLine(ATTRIBUTE, "", "nope"), MappingLine(ATTRIBUTE, "x", "id", transform="?"))
    assert list(faults_of(replace(PROFILES, lines=lines))) == [
        "lines.0.column",
        "lines.0.name",
        "lines.1.transform",
        "lines",
    ]


def test_event_type_is_one_of_the_list() -> None:
    kinds = [MappingLine(FIELD, "custom_event_type", constant=kind) for kind in ("other", "attribution")]
    others = tuple(line for line in EVENTS.lines if line.name != "custom_event_type")
    fine, wrong = [replace(EVENTS, lines=(*others, kind)) for kind in kinds]
    assert faults_of(fine, EVENT_COLUMNS) == {}
    assert list(faults_of(wrong, EVENT_COLUMNS)) == ["lines.4.constant"]


def test_events_need_name_and_type() -> None:
    shape = replace(EVENTS, lines=(CUSTOMER,))
    assert "event_name and custom_event_type" in faults_of(shape, EVENT_COLUMNS)["lines"]


@pytest.mark.parametrize("target", [ATTRIBUTE, EVENT_ATTRIBUTE])
@pytest.mark.parametrize(("count", "fits"), [(99, True), (100, True), (101, False)])
def test_attributes_are_counted(target: TargetKind, count: int, fits: bool) -> None:
    others = tuple(line for line in EVENTS.lines if line.target is not EVENT_ATTRIBUTE)
    lines = (*others, *(MappingLine(target, f"a{n}", "id") for n in range(count)))
    assert (faults_of(replace(EVENTS, lines=lines), EVENT_COLUMNS) == {}) is fits


def test_historical_data_is_events_with_a_moment_in_bulk() -> None:
    untimed = tuple(line for line in EVENTS.lines if line.name != "timestamp")
    assert faults_of(replace(EVENTS, historical=True), EVENT_COLUMNS) == {}
    for shape in (
        replace(EVENTS, historical=True, lines=untimed),
        replace(EVENTS, historical=True, send_mode=SendMode.SINGLE),
    ):
        assert list(faults_of(shape, EVENT_COLUMNS)) == ["historical"]
    assert list(faults_of(replace(PROFILES, historical=True))) == ["historical"]


def test_skipped_line_is_not_looked_at() -> None:
    assert faults_of(with_line(MappingLine(TargetKind.SKIP, "", "nope"))) == {}


def test_key_column_must_be_there() -> None:
    assert list(faults_of(replace(PROFILES, key_columns=("id", "nope")))) == ["key_columns"]


@pytest.mark.parametrize(
    ("plain", "place"),
    [
        ({}, "lines"),
        ({"lines": None}, "lines"),
        ({"lines": "x"}, "lines"),
        ({"lines": [{"target": "nothing"}]}, "lines.0.target"),
        ({"lines": [{"target": "skip", "column": 7}]}, "lines.0.column"),
        ({"lines": [{"target": "skip", "constant": [1]}]}, "lines.0.constant"),
        ({"lines": [{"target": "skip", "colour": 1}]}, "lines.0.colour"),
        ({"lines": [{"target": "skip"}, 3]}, "lines.1"),
        ({"lines": [], "rows": 3}, "rows"),
        ({"lines": [], "row_mode": "column"}, "row_mode"),
        ({"lines": [], "data_plan_version": "two"}, "data_plan_version"),
    ],
)
def test_strange_documents_are_refused_at_their_place(plain: dict[str, Any], place: str) -> None:
    with pytest.raises(MappingInvalidError) as raised:
        read_shape(plain)
    assert list(faults_in(raised.value)) == [place]


def test_members_columns_propose_their_lines() -> None:
    columns = ["external_id", "First_Name", "last_name", "phone", "postal_code", "city", "state", "country_code"]
    proposed = {line.name: line.column for line in propose_lines(columns)}
    assert proposed == {
        "customer_id": "external_id",
        "$firstname": "First_Name",
        "$lastname": "last_name",
        "$mobile": "phone",
        "$zip": "postal_code",
        "$city": "city",
        "$country": "country_code",
    }
    assert propose_lines(["points"]) == []
