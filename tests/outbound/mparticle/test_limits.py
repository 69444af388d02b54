"""mParticle's limits, at each boundary and just beside it, and for whatever rows there are."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders.mparticle_receiver import EVENT_COLUMNS, EVENTS, PROFILES, RUN, compact

from tessera.outbound.kinds.mparticle.batches import BatchShape, CompiledShape, MappingLine, TargetKind
from tessera.outbound.rendering import Plan

NOW_MS = int(RUN.started_at.timestamp() * 1000)
DAY = 86_400_000
CUSTOMER = MappingLine(TargetKind.USER_IDENTITY, "customer_id", "id")
WIDE = replace(
    PROFILES,
    lines=(CUSTOMER, *(MappingLine(TargetKind.USER_ATTRIBUTE, f"a{n}", f"c{n}") for n in range(99))),
)
WIDE_COLUMNS = ("id", *(f"c{n}" for n in range(99)))


def plan(shape: BatchShape, rows: list[Any], columns: tuple[str, ...] = EVENT_COLUMNS) -> Plan:
    """Plan rows, numbered from 1."""
    return CompiledShape(shape, columns).plan(list(enumerate(rows, 1)), RUN, first_index=0)


def attribute(value: Any) -> list[str]:
    """Return the codes of a row with this user attribute."""
    line = MappingLine(TargetKind.USER_ATTRIBUTE, "x", "x")
    planned = plan(replace(PROFILES, lines=(CUSTOMER, line)), [["M", value]], ("id", "x"))
    return [failure.code for failure in planned.failures]


@pytest.mark.parametrize(("size", "codes"), [(4095, []), (4096, []), (4097, ["value_too_long"])])
@pytest.mark.parametrize("sign", ["x", "é", "😀"])
def test_attribute_value(size: int, codes: list[str], sign: str) -> None:
    assert attribute(sign * size) == codes


@pytest.mark.parametrize(("count", "codes"), [(999, []), (1000, []), (1001, ["value_too_long"])])
def test_attribute_list(count: int, codes: list[str]) -> None:
    assert attribute(["x"] * count) == codes


@pytest.mark.parametrize(("size", "codes"), [(511, []), (512, []), (513, ["value_too_long"])])
def test_attribute_list_entry(size: int, codes: list[str]) -> None:
    assert attribute(["short", "x" * size]) == codes


@pytest.mark.parametrize(("size", "codes"), [(255, []), (256, []), (257, ["value_too_long"])])
def test_event_name(size: int, codes: list[str]) -> None:
    planned = plan(EVENTS, [["M", "x" * size, "other", None, 1]])
    assert [failure.code for failure in planned.failures] == codes


@pytest.mark.parametrize(("size", "codes"), [(4095, []), (4096, []), (4097, ["value_too_long"])])
def test_event_attribute(size: int, codes: list[str]) -> None:
    planned = plan(EVENTS, [["M", "e", "other", None, "x" * size]])
    assert [failure.code for failure in planned.failures] == codes


@pytest.mark.parametrize(("age", "codes"), [(-1, []), (0, []), (1, ["event_too_old"])])
def test_thirty_days(age: int, codes: list[str]) -> None:
    planned = plan(EVENTS, [["M", "e", "other", NOW_MS - 30 * DAY - age, 1]])
    assert [failure.code for failure in planned.failures] == codes


@pytest.mark.parametrize(("age", "codes"), [(-1, ["event_too_recent"]), (0, []), (1, [])])
def test_historical_72_hours(age: int, codes: list[str]) -> None:
    planned = plan(replace(EVENTS, historical=True), [["M", "e", "other", NOW_MS - 3 * DAY - age, 1]])
    assert [failure.code for failure in planned.failures] == codes
    assert all(request.path == "bulkevents/historical" for request in planned.requests)


def test_historical_event_needs_its_moment() -> None:
    planned = plan(replace(EVENTS, historical=True), [["M", "e", "other", None, 1]])
    assert [failure.code for failure in planned.failures] == ["value_empty"]


@pytest.mark.parametrize(("count", "weights"), [(99, [99]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_batches_of_a_request(count: int, weights: list[int]) -> None:
    planned = plan(PROFILES, [[f"M-{n}", "", "", 1] for n in range(count)], ("id", "email", "name", "balance"))
    assert [request.weight for request in planned.requests] == weights


@pytest.mark.parametrize(("count", "sizes"), [(99, [99]), (100, [100]), (101, [100, 1])])
def test_events_of_a_request(count: int, sizes: list[int]) -> None:
    planned = plan(EVENTS, [["M", "e", "other", None, n] for n in range(count)])
    assert [len(json.loads(request.body or b"")[0]["events"]) for request in planned.requests] == sizes


def fill(size: int) -> list[Any]:
    """Return a row whose batch alone has so many bytes."""
    values = [""] * 99
    row = ["M", *values]
    (request,) = plan(WIDE, [["M", "x", *values[1:]]], WIDE_COLUMNS).requests
    missing = size - (len(request.body or b"") - len(b"[]")) + 1
    # Each further attribute brings its name, quotes, colon and comma.
    for number in range(99):
        around = 0 if number == 0 else len(f',"a{number}":""')
        if missing <= around:
            break
        length = min(4096, missing - around)
        row[number + 1] = "x" * length
        missing -= length + around
    return row


@pytest.mark.parametrize(("size", "codes"), [(127_999, []), (128_000, []), (128_001, ["batch_too_large"])])
def test_bytes_of_a_batch(size: int, codes: list[str]) -> None:
    planned = plan(WIDE, [["N", "x", *[""] * 98], fill(size), ["O", "x", *[""] * 98]], WIDE_COLUMNS)
    assert [failure.code for failure in planned.failures] == codes
    sizes = [len(compact(batch)) for request in planned.requests for batch in json.loads(request.body or b"")]
    assert sizes[1] == size if not codes else len(sizes) == 2


@pytest.mark.parametrize(("size", "requests"), [(119_998, 1), (119_999, 2)])
def test_bytes_of_a_request(size: int, requests: int) -> None:
    first, second = fill(size), fill(size)
    second[0] = "N"
    planned = plan(WIDE, [first, second], WIDE_COLUMNS)
    assert len(planned.requests) == requests
    assert sum(len(request.body or b"") for request in planned.requests) == 2 * size + (3 if requests == 1 else 4)


@pytest.mark.parametrize("size", [900, 1_000, 1_100, 4_000])
def test_users_events_split_below_100_kb(size: int) -> None:
    planned = plan(EVENTS, [["M", "e", "other", None, "x" * size] for _ in range(100)])
    batches = [batch for request in planned.requests for batch in json.loads(request.body or b"")]
    assert sum(len(batch["events"]) for batch in batches) == 100
    assert all(len(compact(batch)) <= 100_000 for batch in batches)
    assert len({batch["source_request_id"] for batch in batches}) == len(batches)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=30)
VALUE = st.one_of(
    st.none(), TEXT, st.integers(), st.booleans(), st.lists(TEXT, max_size=3), st.just("x" * 4000), st.just("x" * 5000)
)
ROWS = st.lists(
    st.tuples(st.sampled_from(["M-1", "M-2", None, "ü"]), st.sampled_from(["e", ""]), st.just("other"), VALUE, VALUE),
    max_size=130,
)
SHAPE = replace(EVENTS, lines=(*EVENTS.lines, MappingLine(TargetKind.USER_ATTRIBUTE, "x", "at")))


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_every_row_goes_once_or_says_why(rows: list[Any]) -> None:
    compiled = CompiledShape(SHAPE, EVENT_COLUMNS)
    numbered = list(enumerate(rows, 1))
    planned = compiled.plan(numbered, RUN, first_index=0)
    assert planned == compiled.plan(numbered, RUN, first_index=0)
    gone = [ordinal for request in planned.requests for ordinal in request.ordinals]
    failed = [failure.ordinal for failure in planned.failures]
    assert gone == sorted(gone)
    assert sorted(gone + failed) == [ordinal for ordinal, _ in numbered]
    for request in planned.requests:
        batches = json.loads(request.body or b"")
        assert len(request.body or b"") <= 240_000
        assert request.weight == len(batches) <= 100
        assert sum(len(batch["events"]) for batch in batches) == len(request.ordinals) <= 100
        assert all(len(compact(batch)) <= 128_000 for batch in batches)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, data=st.data())
def test_any_end_of_a_requests_rows_is_one_request(rows: list[Any], data: st.DataObject) -> None:
    compiled = CompiledShape(SHAPE, EVENT_COLUMNS)
    numbered = dict(enumerate(rows, 1))
    for request in compiled.plan(list(numbered.items()), RUN, first_index=0).requests:
        at = data.draw(st.integers(0, len(request.ordinals) - 1))
        for ordinals in (request.ordinals[:at], request.ordinals[at:], request.ordinals):
            again = compiled.plan([(each, numbered[each]) for each in ordinals], RUN, first_index=request.index)
            assert [part.ordinals for part in again.requests] == ([ordinals] if ordinals else [])
        assert again.requests == [request]
