"""From rows to requests: batches, limits, paths, headers and keys."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.outbound.rendering import (
    ErrorPath,
    Header,
    Method,
    Plan,
    RunFacts,
    TemplateShape,
    compile_template,
    find_columns,
)
from tessera.outbound.rendering.errors import TemplateError

ID = UUID("01930000-0000-7000-8000-000000000001")
RUN = RunFacts(ID, "gold", "crm", datetime(2026, 11, 21, tzinfo=UTC), ID, ID)
COLUMNS = ("id", "name")
# Receivers remember keys: the way they are made never changes.
KEPT_KEY = "e0847eea-8949-5fe9-881d-5b54e2aae969"
BATCH = TemplateShape(Method.POST, url_path="/members", body='{"id": "{{ id }}"}', batch_size=3)
SINGLE = TemplateShape(Method.PUT, url_path="/members/{{ id }}", body='{"n": "{{ name }}"}')
DELETE = TemplateShape(Method.DELETE, url_path="/members/{{ id }}")


def plan(shape: TemplateShape, rows: list[Any], first_index: int = 0) -> Plan:
    """Plan rows, numbered from 1."""
    return compile_template(shape, COLUMNS).plan(list(enumerate(rows, 1)), RUN, first_index=first_index)


def people(count: int) -> list[list[Any]]:
    """Return so many rows."""
    return [[number, f"n{number}"] for number in range(1, count + 1)]


def test_last_batch_is_short() -> None:
    planned = plan(BATCH, people(7), first_index=5).requests
    assert [request.index for request in planned] == [5, 6, 7]
    assert [request.ordinals for request in planned] == [(1, 2, 3), (4, 5, 6), (7,)]
    assert [request.body for request in planned] == [
        b'[{"id":1},{"id":2},{"id":3}]',
        b'[{"id":4},{"id":5},{"id":6}]',
        b'[{"id":7}]',
    ]


def test_no_rows_make_no_requests() -> None:
    assert plan(BATCH, []) == Plan([], [])


def test_failed_row_leaves_its_place_to_the_next() -> None:
    shape = replace(BATCH, body='{"id": "{{ id | int }}"}')
    planned = plan(shape, [[1, ""], ["x", ""], [3, ""], [4, ""], [5, ""]])
    assert [request.ordinals for request in planned.requests] == [(1, 3, 4), (5,)]
    assert [failure.ordinal for failure in planned.failures] == [2]


def test_batch_closes_before_the_limit() -> None:
    # [{"id":1},{"id":2}] has 19 bytes, a third record would make it 28
    assert [r.ordinals for r in plan(replace(BATCH, max_body_bytes=28), people(3)).requests] == [(1, 2, 3)]
    assert [r.ordinals for r in plan(replace(BATCH, max_body_bytes=27), people(3)).requests] == [(1, 2), (3,)]


def test_row_beyond_the_limit_fails_alone() -> None:
    planned = plan(replace(BATCH, max_body_bytes=11), [[1, ""], [123, ""], [3, ""]])
    assert [request.ordinals for request in planned.requests] == [(1,), (3,)]
    assert [(failure.ordinal, failure.code) for failure in planned.failures] == [(2, "body_too_large")]


@pytest.mark.parametrize(("limit", "fits"), [(8, True), (7, False)])
def test_single_row_has_the_same_limit(limit: int, fits: bool) -> None:
    planned = plan(replace(SINGLE, max_body_bytes=limit, url_path=""), [[1, "a" * (8 - len('{"n":""}'))]])
    assert bool(planned.requests) is fits
    assert [failure.code for failure in planned.failures] == ([] if fits else ["body_too_large"])


def test_envelope_holds_the_records() -> None:
    envelope = '{"meta": {"n": "{{ run.row_count }}", "i": "{{ run.request_index }}"}, "items": "{{ records }}"}'
    planned = plan(replace(BATCH, envelope=envelope), people(4)).requests
    assert [json.loads(request.body or b"") for request in planned] == [
        {"meta": {"n": 3, "i": 0}, "items": [{"id": 1}, {"id": 2}, {"id": 3}]},
        {"meta": {"n": 1, "i": 1}, "items": [{"id": 4}]},
    ]


def test_envelope_counts_towards_the_limit() -> None:
    shape = replace(BATCH, envelope='{"items": "{{ records }}"}', max_body_bytes=len('{"items":[{"id":1},{"id":2}]}'))
    planned = plan(shape, people(4)).requests
    assert [request.ordinals for request in planned] == [(1, 2), (3, 4)]
    assert all(len(request.body or b"") == shape.max_body_bytes for request in planned)


def test_record_may_read_its_request_number() -> None:
    shape = replace(BATCH, body='{"i": "{{ run.request_index }}"}', batch_size=2)
    assert [request.body for request in plan(shape, people(3), first_index=9).requests] == [
        b'[{"i":9},{"i":9}]',
        b'[{"i":10}]',
    ]


def test_same_rows_make_the_same_requests() -> None:
    shape = replace(BATCH, headers=(Header("X-Run", "{{ run.id }}"),))
    first, again = (plan(shape, people(10), first_index=4) for _ in range(2))
    assert first == again
    assert len({request.idempotency_key for request in first.requests}) == 4


@given(
    st.lists(st.text(max_size=30) | st.integers() | st.none(), max_size=30),
    st.integers(2, 7),
    st.integers(20, 120),
    st.sampled_from([None, '{"n": "{{ run.row_count }}", "i": "{{ run.request_index }}", "all": "{{ records }}"}']),
)
def test_taken_over_request_is_rendered_the_same(
    values: list[Any], size: int, limit: int, envelope: str | None
) -> None:
    shape = replace(
        BATCH,
        body='{"i": "{{ run.request_index }}", "v": "{{ name }}", "u": "{{ name | int }}"}',
        batch_size=size,
        max_body_bytes=limit,
        envelope=envelope,
    )
    compiled = compile_template(shape, COLUMNS)
    rows = [(ordinal, [0, value]) for ordinal, value in enumerate(values, 1)]
    whole = compiled.plan(rows, RUN, first_index=97)
    named = [*(o for request in whole.requests for o in request.ordinals), *(f.ordinal for f in whole.failures)]
    assert sorted(named) == list(range(1, len(rows) + 1))
    for request in whole.requests:
        again = compiled.plan([rows[ordinal - 1] for ordinal in request.ordinals], RUN, first_index=request.index)
        assert again == Plan([request], [])
        assert len(request.body or b"") <= limit


def test_key_depends_on_run_number_and_body() -> None:
    compiled = compile_template(BATCH, COLUMNS)
    rows = [(1, [1, "a"])]
    other_run = replace(RUN, id=UUID(int=5))
    keys = {
        compiled.plan(given, run, first_index=index).requests[0].idempotency_key
        for given, run, index in ((rows, RUN, 0), (rows, other_run, 0), (rows, RUN, 1), ([(1, [2, "a"])], RUN, 0))
    }
    assert len(keys) == 4
    assert compiled.plan(rows, RUN, first_index=0).requests[0].idempotency_key == KEPT_KEY


def test_only_post_and_patch_carry_a_key() -> None:
    patch = replace(BATCH, method=Method.PATCH)
    assert plan(patch, people(1)).requests[0].idempotency_key is not None
    assert plan(replace(BATCH, idempotency_header=None), people(1)).requests[0].idempotency_key is None
    assert plan(SINGLE, people(1)).requests[0].idempotency_key is None


def test_key_may_stand_in_path_and_headers() -> None:
    shape = replace(
        BATCH, url_path="/b/{{ run.idempotency_key }}", headers=(Header("X-Key", "{{ run.idempotency_key }}"),)
    )
    (request,) = plan(shape, people(1)).requests
    assert request.path == f"/b/{request.idempotency_key}"
    assert ("X-Key", request.idempotency_key) in request.headers


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("a/b", "/m/a%2Fb?q=a%2Fb"),
        ("a b&c=d#é", "/m/a%20b%26c%3Dd%23%C3%A9?q=a%20b%26c%3Dd%23%C3%A9"),
        ("..a", "/m/..a?q=..a"),
        (5, "/m/5?q=5"),
        (True, "/m/true?q=true"),
    ],
)
def test_value_stays_inside_its_segment(value: Any, path: str) -> None:
    shape = TemplateShape(Method.GET, url_path="/m/{{ id }}?q={{ id }}")
    assert plan(shape, [[value, ""]]).requests[0].path == path


def test_urlenc_does_not_encode_twice() -> None:
    shape = replace(DELETE, url_path="/m/{{ id | urlenc }}")
    assert plan(shape, [["a b", ""]]).requests[0].path == "/m/a%20b"


@pytest.mark.parametrize(
    ("value", "code"), [(None, "value_null"), ("", "value_empty"), ("..", "value_refused"), (".", "value_refused")]
)
def test_path_value_that_leads_elsewhere_fails_its_row(value: Any, code: str) -> None:
    planned = plan(DELETE, [[value, ""], [2, ""]])
    assert [failure.code for failure in planned.failures] == [code]
    assert [(request.index, request.path) for request in planned.requests] == [(0, "/members/2")]


def test_empty_query_value_is_sent() -> None:
    shape = TemplateShape(Method.GET, url_path="/m?q={{ name }}")
    assert plan(shape, [[1, ""]]).requests[0].path == "/m?q="


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "javascript:x",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a\\b",
        "/a#b",
        "/a b",
        "/a\nb",
        "/a%zz",
        "/{{ nobody }}",
        "/{{ name | omit_null }}",
    ],
)
def test_dangerous_path_is_refused_at_save(path: str) -> None:
    with pytest.raises(TemplateError, match="URL Path"):
        compile_template(replace(DELETE, url_path=path), COLUMNS)


def test_header_is_rendered_and_null_drops_it() -> None:
    shape = replace(SINGLE, headers=(Header("X-Name", "n={{ name }}"), Header("X-Fixed", " a ")))
    planned = plan(shape, [[1, "Mária"], [2, None]]).requests
    assert planned[0].headers == (("Content-Type", "application/json"), ("X-Name", "n=Mária"), ("X-Fixed", "a"))
    assert planned[1].headers == (("Content-Type", "application/json"), ("X-Fixed", "a"))


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a\x7f"])
def test_line_break_in_a_header_fails_its_row(value: str) -> None:
    planned = plan(replace(SINGLE, headers=(Header("X-Name", "{{ name }}"),)), [[1, value]])
    assert [failure.code for failure in planned.failures] == ["value_refused"]


def test_content_type_may_be_a_kind_of_json() -> None:
    shape = replace(BATCH, headers=(Header("content-type", "application/vnd.crm+json"),))
    assert plan(shape, people(1)).requests[0].headers == (("content-type", "application/vnd.crm+json"),)


@pytest.mark.parametrize(
    "header",
    [
        Header("Content-Type", "text/plain"),
        Header("Content-Type", "{{ name }}"),
        Header("Authorization", "x"),
        Header("Host", "x"),
        Header("Content-Length", "1"),
        Header("X Name", "x"),
        Header("X-Name", "a\nb"),
        Header("Idempotency-Key", "x"),
        Header("X-Name", "{{ name | omit_null }}"),
    ],
)
def test_header_that_cannot_work_is_refused(header: Header) -> None:
    with pytest.raises(TemplateError, match=r"(?i)header"):
        compile_template(replace(SINGLE, headers=(header,)), COLUMNS)


def test_delete_without_body_sends_one_row_each() -> None:
    planned = plan(replace(DELETE, batch_size=100), people(2)).requests
    assert [(request.ordinals, request.body, request.headers) for request in planned] == [
        ((1,), None, ()),
        ((2,), None, ()),
    ]


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        (replace(BATCH, batch_size=0), "Batch Size"),
        (replace(BATCH, batch_size=1001), "Batch Size"),
        (replace(BATCH, max_body_bytes=0), "Max body bytes"),
        (replace(BATCH, body=None), "Body"),
        (TemplateShape(Method.GET, body="{}"), "Body"),
        (replace(BATCH, url_path="/{{ id }}"), "URL Path"),
        (replace(BATCH, headers=(Header("X-Id", "{{ id }}"),)), "Header X-Id"),
        (replace(BATCH, body='"{{ run.row_count }}"'), "Body"),
        (replace(BATCH, envelope="{}"), "Envelope"),
        (replace(BATCH, envelope='["{{ records }}", "{{ records }}"]'), "Envelope"),
        (replace(BATCH, envelope='["{{ records }}", "{{ id }}"]'), "Envelope"),
        (replace(BATCH, envelope='["a {{ records }}"]'), "Envelope"),
        (replace(SINGLE, envelope='["{{ records }}"]'), "Envelope"),
        (replace(BATCH, idempotency_header="a b"), "Idempotency header"),
        (replace(BATCH, success_statuses=((100, 199),)), "Success statuses"),
        (replace(BATCH, error_path=ErrorPath("errors", index="/i")), "Error path"),
        (replace(BATCH, error_path=ErrorPath("/errors")), "Error path"),
        (replace(BATCH, error_path=ErrorPath("/errors", key="/id")), "Error path"),
        (replace(BATCH, error_path=ErrorPath("/errors", key="/id", column="nobody")), "Error path"),
    ],
)
def test_properties_that_do_not_fit_are_refused(shape: TemplateShape, place: str) -> None:
    with pytest.raises(TemplateError, match=place):
        compile_template(shape, COLUMNS)


def test_error_path_column_travels_with_the_request() -> None:
    shape = replace(BATCH, error_path=ErrorPath("/errors", key="/id", column="name"))
    assert plan(shape, people(2)).requests[0].keys == ("n1", "n2")


def test_columns_are_found_without_a_query() -> None:
    shape = replace(SINGLE, headers=(Header("X", '{{ row["a b"] }}'),), error_path=ErrorPath("", key="", column="k"))
    assert find_columns(shape) == {"id", "name", "a b", "k"}


def test_shape_survives_json() -> None:
    shape = replace(BATCH, headers=(Header("X", "1", secret=True),), error_path=ErrorPath("/e", index="/i"))
    assert msgspec.json.decode(msgspec.json.encode(shape), type=TemplateShape) == shape
