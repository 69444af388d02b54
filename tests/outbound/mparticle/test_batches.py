"""From rows to batches: values, events, merging, and ids that never change."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.builders.mparticle_receiver import COLUMNS, EVENT_COLUMNS, EVENTS, ID, PROFILES, RUN

from tessera.outbound.kinds.mparticle.batches import (
    BatchShape,
    CompiledShape,
    EmptyValue,
    MappingLine,
    SendMode,
    TargetKind,
)
from tessera.outbound.rendering import Plan

ATTRIBUTE, EVENT_ATTRIBUTE = TargetKind.USER_ATTRIBUTE, TargetKind.EVENT_ATTRIBUTE
CUSTOMER = MappingLine(TargetKind.USER_IDENTITY, "customer_id", "id")
# mParticle remembers ids for 30 to 60 days: the way they are made never changes.
KEPT_BATCH_ID = "23b35479-6700-5c38-abb9-d37bb2c3f49d"
KEPT_MESSAGE_ID = "d5ac03d7-ef93-595f-8cf0-1214717fcb7c"
NOON = "2026-11-20T12:00:00Z"
NOON_MS = 1_795_176_000_000


def plan(shape: BatchShape, rows: Sequence[Any], columns: Sequence[str] = EVENT_COLUMNS) -> Plan:
    """Plan rows, numbered from 1."""
    return CompiledShape(shape, columns).plan(list(enumerate(rows, 1)), RUN, first_index=0)


def batches(planned: Plan) -> list[Any]:
    """Return every batch."""
    bodies = [json.loads(request.body or b"") for request in planned.requests]
    return [batch for body in bodies for batch in (body if isinstance(body, list) else [body])]


def one(line: MappingLine, value: Any) -> Any:
    """Return the batch of one row whose column x has the value, or the row's failure."""
    planned = plan(replace(PROFILES, lines=(CUSTOMER, line)), [["M-1", value]], ("id", "x"))
    return planned.failures[0] if planned.failures else batches(planned)[0]


def test_profile_is_a_batch_without_events() -> None:
    shape = replace(PROFILES, environment="development", data_plan_id="loyalty", data_plan_version=3)
    (batch,) = batches(plan(shape, [["M-1", " Ana@Example.com ", "Ana", 1250]], COLUMNS))
    assert UUID(batch.pop("source_request_id")).version == 5
    assert batch == {
        "environment": "development",
        "user_identities": {"customer_id": "M-1", "email": "ana@example.com"},
        "user_attributes": {"$firstname": "Ana", "loyalty_points_balance": "1250"},
        "context": {"data_plan": {"plan_id": "loyalty", "plan_version": 3}},
    }


def test_event_row_is_a_custom_event() -> None:
    (batch,) = batches(plan(EVENTS, [["M-1", "points_earned", "other", NOON, 100]]))
    (event,) = batch["events"]
    assert event["event_type"] == "custom_event"
    assert UUID(event["data"].pop("source_message_id")).version == 5
    assert event["data"] == {
        "event_name": "points_earned",
        "custom_event_type": "other",
        "timestamp_unixtime_ms": NOON_MS,
        "custom_attributes": {"points": "100"},
    }


@pytest.mark.parametrize(
    ("transform", "value", "sent"),
    [
        ("", "text", "text"),
        ("", 7, "7"),
        ("", 2.5, "2.5"),
        ("", True, "true"),
        ("", False, "false"),
        ("", 0, "0"),
        ("", ["wine", 3, None], ["wine", "3"]),
        ("int", "7", 7),
        ("float", "2.5", 2.5),
        ("bool", "no", False),
        ('int | default("3")', "7", 7),
        ("json", "[1, true]", [1, True]),
        ("upper", "gold", "GOLD"),
        ('default("none")', None, "none"),
        ("epoch_s", NOON, str(NOON_MS // 1000)),
        ("", 'a"b\n{{ x }}', 'a"b\n{{ x }}'),
    ],
)
def test_attribute_is_text_unless_cast(transform: str, value: Any, sent: Any) -> None:
    batch = one(MappingLine(ATTRIBUTE, "x", "x", transform=transform), value)
    assert batch["user_attributes"] == {"x": sent}
    assert type(batch["user_attributes"]["x"]) is type(sent)


@pytest.mark.parametrize("value", [None, "", []])
def test_empty_value_goes_as_the_line_says(value: Any) -> None:
    omitted, deleted, sent = [one(MappingLine(ATTRIBUTE, "x", "x", empty=empty), value) for empty in EmptyValue]
    assert not {"user_attributes", "deleted_user_attributes"} & set(omitted)
    assert ("user_attributes" in deleted, deleted["deleted_user_attributes"]) == (False, ["x"])
    assert sent["user_attributes"] == {"x": [] if value == [] else ""}


def test_empty_event_attribute_goes_as_the_line_says() -> None:
    lines = [MappingLine(EVENT_ATTRIBUTE, name, "at", empty=empty) for name, empty in (("o", EmptyValue.OMIT),)]
    lines += [
        MappingLine(EVENT_ATTRIBUTE, "s", "points", empty=EmptyValue.SEND),
        MappingLine(EVENT_ATTRIBUTE, "n", "at", transform="int", empty=EmptyValue.SEND),
    ]
    shape = replace(EVENTS, lines=(*EVENTS.lines, *lines))
    (batch,) = batches(plan(shape, [["M-1", "e", "other", None, 0]]))
    assert batch["events"][0]["data"]["custom_attributes"] == {"points": "0", "s": "0", "n": None}


@pytest.mark.parametrize(
    ("transform", "value", "code"),
    [
        ("", {"a": 1}, "value_invalid"),
        ("", [[1]], "value_invalid"),
        ("json", '{"a": 1}', "value_invalid"),
        ("int", "seven", "value_invalid"),
        ("int", ["7"], "value_invalid"),
    ],
)
def test_row_that_cannot_be_a_batch_says_why(transform: str, value: Any, code: str) -> None:
    failure = one(MappingLine(ATTRIBUTE, "x", "x", transform=transform), value)
    assert (failure.ordinal, failure.code) == (1, code)
    assert 'User attribute "x"' in failure.message
    assert "seven" not in failure.message


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ([None, "e", "other", NOON, 1], "no_identity"),
        (["", "e", "other", NOON, 1], "no_identity"),
        ([["M"], "e", "other", NOON, 1], "value_invalid"),
        (["M", None, "other", NOON, 1], "value_empty"),
        (["M", "e", "", NOON, 1], "value_empty"),
        (["M", "e", "attribution", NOON, 1], "value_invalid"),
        (["M", "e", "other", "yesterday", 1], "value_invalid"),
        (["M", "e", "other", True, 1], "value_invalid"),
        (["M", "e", "other", -1, 1], "value_invalid"),
        (["M", "e", "other", {"a": 1}, 1], "value_invalid"),
        (["M", "e", "other", 10**18, 1], "value_invalid"),
        (["M", "e", "other", NOON, [1]], "value_invalid"),
    ],
)
def test_bad_row_fails_alone(row: list[Any], code: str) -> None:
    good = ["M-1", "e", "other", NOON, 1]
    planned = plan(EVENTS, [good, row, good])
    assert [(failure.ordinal, failure.code) for failure in planned.failures] == [(2, code)]
    assert [request.ordinals for request in planned.requests] == [(1, 3)]


@pytest.mark.parametrize("moment", [NOON_MS, str(NOON_MS), NOON, "2026-11-20T13:00:00+01:00", "2026-11-20 12:00:00"])
def test_timestamp_is_read_in_every_form(moment: Any) -> None:
    (batch,) = batches(plan(EVENTS, [["M-1", "e", "other", moment, 1]]))
    assert batch["events"][0]["data"]["timestamp_unixtime_ms"] == NOON_MS


def test_event_without_a_moment_takes_mparticles() -> None:
    (batch,) = batches(plan(EVENTS, [["M-1", "e", "other", None, 1]]))
    assert "timestamp_unixtime_ms" not in batch["events"][0]["data"]


def test_message_id_is_kept_or_made_of_the_value() -> None:
    shape = replace(EVENTS, lines=(*EVENTS.lines, MappingLine(TargetKind.EVENT_FIELD, "source_message_id", "points")))
    given = "3B0D7D4E-2A39-5D34-8F5C-7A3E9B1D2C44"
    rows = [["M", "e", "other", NOON, value] for value in (given, "booking 7", "booking 7", "booking 8")]
    (batch,) = batches(plan(shape, rows))
    ids = [event["data"]["source_message_id"] for event in batch["events"]]
    assert ids[0] == given.lower()
    assert ids[1] == ids[2] != ids[3]
    assert UUID(ids[1]).version == 5


def test_key_columns_make_message_ids_that_outlive_a_run() -> None:
    keyed = replace(EVENTS, key_columns=("id", "at"))
    row = ["M-1", "e", "other", NOON, 1]
    other = replace(RUN, id=UUID(int=7))
    for shape, same in ((keyed, True), (EVENTS, False)):
        compiled = CompiledShape(shape, EVENT_COLUMNS)
        first, second = [batches(compiled.plan([(1, row)], run, first_index=0))[0] for run in (RUN, other)]
        ids = [batch["events"][0]["data"]["source_message_id"] for batch in (first, second)]
        assert (ids[0] == ids[1]) is same
        assert first["source_request_id"] != second["source_request_id"]


def test_ids_never_change() -> None:
    (batch,) = batches(plan(replace(EVENTS, key_columns=("id",)), [["M-1", "e", "other", NOON, 1]]))
    assert batch["source_request_id"] == KEPT_BATCH_ID
    assert batch["events"][0]["data"]["source_message_id"] == KEPT_MESSAGE_ID


def test_events_of_a_user_share_a_batch() -> None:
    rows = [[f"M-{number % 3}", f"e{number}", "other", NOON, number] for number in range(9)]
    planned = plan(EVENTS, rows)
    (request,) = planned.requests
    assert (request.weight, request.ordinals) == (3, tuple(range(1, 10)))
    assert [[event["data"]["event_name"] for event in batch["events"]] for batch in batches(planned)] == [
        ["e0", "e3", "e6"],
        ["e1", "e4", "e7"],
        ["e2", "e5", "e8"],
    ]


def test_other_attributes_make_another_batch() -> None:
    shape = replace(EVENTS, lines=(*EVENTS.lines, MappingLine(ATTRIBUTE, "balance", "points")))
    rows = [["M-1", "e", "other", NOON, balance] for balance in (1, 1, 2, 1)]
    made = batches(plan(shape, rows))
    assert [(batch["user_attributes"]["balance"], len(batch["events"])) for batch in made] == [("1", 3), ("2", 1)]


def test_user_with_equal_rows_is_one_batch() -> None:
    planned = plan(PROFILES, [["M-1", "a@example.com", "Ana", 1]] * 3, COLUMNS)
    assert [(request.weight, request.ordinals) for request in planned.requests] == [(1, (1, 2, 3))]


@pytest.mark.parametrize(
    ("shape", "rows", "columns", "path", "ordinals"),
    [
        (PROFILES, [["a", "", "", 1], ["b", "", "", 1]], COLUMNS, "events", [(1,), (2,)]),
        (EVENTS, [[user, "e", "other", NOON, 1] for user in "aabba"], EVENT_COLUMNS, "events", [(1, 2), (3, 4), (5,)]),
    ],
)
def test_single_mode_sends_one_user_a_request(
    shape: BatchShape, rows: list[Any], columns: Sequence[str], path: str, ordinals: list[tuple[int, ...]]
) -> None:
    planned = plan(replace(shape, send_mode=SendMode.SINGLE), rows, columns)
    assert [request.ordinals for request in planned.requests] == ordinals
    assert {(request.path, request.weight) for request in planned.requests} == {(path, 1)}
    assert all((request.body or b"").startswith(b"{") for request in planned.requests)


def test_request_tells_its_first_batch() -> None:
    planned = plan(PROFILES, [["a", "", "", 1], ["b", "", "", 1]], COLUMNS)
    (request,) = planned.requests
    assert request.idempotency_key == batches(planned)[0]["source_request_id"]
    assert (request.method, request.path, request.weight) == ("POST", "bulkevents", 2)


def test_half_a_batch_is_no_repeat_of_the_whole() -> None:
    compiled = CompiledShape(EVENTS, EVENT_COLUMNS)
    rows = [(number, ["M-1", "e", "other", NOON, number]) for number in range(1, 5)]
    whole, first, second = [batches(compiled.plan(part, RUN, first_index=9))[0] for part in (rows, rows[:2], rows[2:])]
    assert len({batch["source_request_id"] for batch in (whole, first, second)}) == 3
    assert whole["events"] == first["events"] + second["events"]


def test_profile_and_user_are_part_of_an_id() -> None:
    row = [["M-1", "", "", 1]]
    other = replace(PROFILES, profile_id=UUID(int=8))
    ids = {batches(plan(shape, row, COLUMNS))[0]["source_request_id"] for shape in (PROFILES, other)}
    assert len(ids) == 2
    assert PROFILES.profile_id == ID
