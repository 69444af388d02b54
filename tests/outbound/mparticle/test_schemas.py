"""What we send is valid by mParticle's published schemas, and what they refuse cannot come out of a map."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.mparticle_receiver import EVENT_COLUMNS, EVENTS, PROFILES, RUN, load_schemas, needs_schemas

from tessera.outbound.kinds.mparticle.batches import (
    BatchShape,
    CompiledShape,
    EmptyValue,
    MappingLine,
    SendMode,
    TargetKind,
)
from tessera.outbound.kinds.mparticle.batches.limits import EVENT_TYPES, IDENTITIES

pytestmark = needs_schemas

# mParticle's reference has these; its published schema is older and knows the first thirteen only.
NOT_IN_SCHEMA = {
    *(f"other_id_{number}" for number in range(5, 11)),
    *("mobile_number", "phone_number_2", "phone_number_3"),
}
VALUE = st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=9), st.integers(), st.booleans())
LISTED = st.one_of(VALUE, st.lists(VALUE, max_size=4))
ROWS = st.lists(st.tuples(st.text("abc", max_size=2), VALUE, st.sampled_from(EVENT_TYPES), VALUE, LISTED), max_size=40)
ATTRIBUTES = tuple(
    MappingLine(TargetKind.USER_ATTRIBUTE, f"a{at}", "points", transform=transform, empty=empty)
    for at, (transform, empty) in enumerate((each, empty) for each in ("", "json") for empty in EmptyValue)
)


def bodies_of(shape: BatchShape, rows: list[Any], columns: tuple[str, ...] = EVENT_COLUMNS) -> list[Any]:
    """Return the requests' bodies."""
    planned = CompiledShape(shape, columns).plan(list(enumerate(rows, 1)), RUN, first_index=0)
    return [json.loads(request.body or b"") for request in planned.requests]


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_whatever_is_planned_is_valid(rows: list[Any]) -> None:
    batch_faults, bulk_faults = load_schemas()
    shape = replace(EVENTS, lines=(*EVENTS.lines, *ATTRIBUTES), data_plan_id="loyalty", data_plan_version=1)
    for body in bodies_of(shape, rows):
        assert bulk_faults(body) == []
    for body in bodies_of(replace(shape, send_mode=SendMode.SINGLE), rows):
        assert batch_faults(body) == []


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity_is_one_that_the_schema_knows(name: str) -> None:
    shape = replace(PROFILES, lines=(MappingLine(TargetKind.USER_IDENTITY, name, "id"),))
    (body,) = bodies_of(shape, [["M-1"]], ("id",))
    assert (load_schemas()[1](body) == []) is (name not in NOT_IN_SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"user_identities": {"customer": "M"}},
        {"user_attributes": {"a": {"b": 1}}},
        {"schema_version": 2},
        {"batch_context": {}},
        {"environment": "staging"},
        {"events": [{"event_type": "custom_event", "data": {"event_name": "e"}}]},
        {"events": [{"event_type": "custom_event", "data": {"event_name": "e", "custom_event_type": "attribution"}}]},
    ],
)
def test_schema_refuses_what_we_never_send(change: dict[str, Any]) -> None:
    (body,) = bodies_of(EVENTS, [["M-1", "e", "other", None, 1]])
    faults = load_schemas()[0]
    assert faults(body[0]) == []
    assert faults({**body[0], **change})
