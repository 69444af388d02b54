"""One row, three ways: the preview shows, the test sends and the run sends the same bytes."""

import json
from typing import Any

import psycopg
import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Received, run_receiver

from tessera import outbound
from tessera.platform.json_values import UnreadableRowError

VALUES = {
    "digits": "0.12345678901234567890::numeric",
    "tiny": "0.00000001::numeric",
    "zero": "0::numeric(20,10)",
    "negative": "(-0.00000000250)::numeric",
    "padded": "100::numeric(10,2)",
    "huge": "123456789012345678901234567890123456789::numeric",
    "f": "0.1::float8",
    "f_small": "0.00001::float8",
    "f_tiny": "0.00000000012345::float8",
    "f_large": "1e15::float8",
    "f_huge": "1.5e300::float8",
    "f_nan": "'NaN'::float8",
    "f_short": "0.1::float4",
    "whole": "9223372036854775807::int8",
    "yes": "true",
    "day": "date '2026-01-31'",
    "moment": "timestamptz '2026-01-31 12:00:00.123456+02'",
    "name": "'O''Neil \\ \"x\" ü'",
    "uid": "'0190b3c4-5d6e-7f80-9123-456789abcdef'::uuid",
    "j": "jsonb_build_object('d', 0.12345678901234567890, 'e', 0.00000001, 'l', jsonb_build_array(1.50, null))",
    "raw": """'{"a": 1e5, "b": 1.50, "c": 0.000000001}'::json""",
    "list": "ARRAY[1.50, NULL, 0.00000001]",
    "nul": "NULL::text",
}
QUERY = "SELECT 1 AS id, " + ", ".join(f"{value} AS {name}" for name, value in VALUES.items())
IN_TEXT = ("digits", "tiny", "zero", "f", "f_small", "f_huge", "huge", "yes")


async def send_three_ways(
    house: SmallHouse, query: str, body: Any, *, batch: int = 1, rows: int = 1, **shape: Any
) -> tuple[bytes, Received, Received]:
    """Return the body that the preview shows, and the first requests that the test and the run of so many rows sent."""
    chain = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url, query=query, body=body, batch_size=batch, **shape)
        assert definition.template_id is not None
        async with house.database.session() as session:
            template = await outbound.get_template(session, ACTOR, chain, definition.template_id)
            trial = await outbound.open_trial(session, ACTOR, template, keys=house.resources.keys)
        assert trial is not None
        _, sample = await outbound.read_sample(ACTOR, house.engine, trial)
        async with house.database.session() as session:
            shown = (await outbound.preview_template(session, ACTOR, trial, sample)).request
        await outbound.send_test(house.resources, house.engine, house.client, ACTOR, trial)
        run = await run_to_end(house, definition)
    assert run.sent == rows, run.error
    assert shown is not None
    assert shown.body is not None
    # Requests of a run may overtake each other.
    test, *of_run = receiver.received
    sent = min(of_run, key=lambda each: each.body != test.body)
    assert shown.url.endswith(sent.path)
    return shown.body.encode(), test, sent


async def test_preview_test_and_run_make_the_bytes_that_the_database_shows(
    house: SmallHouse, query_address: str
) -> None:
    body = {name: f"{{{{ {name} }}}}" for name in VALUES}
    path = "/".join(f"{{{{ {name} }}}}" for name in IN_TEXT)
    shown, test, sent = await send_three_ways(house, QUERY, body, url_path=path)
    with psycopg.connect(query_address) as connection:
        connection.execute("SET timezone TO 'UTC'")
        values = {
            name: connection.execute(f"SELECT json_build_array({value})::text").fetchone()
            for name, value in VALUES.items()
        }
    expected = {name: str(row[0])[1:-1] for name, row in values.items() if row}
    assert set(expected) == set(VALUES)
    assert shown == test.body == sent.body
    parts = dict(json.loads(sent.body, parse_float=str, parse_int=str))
    for name, written in expected.items():
        assert parts[name] == json.loads(written, parse_float=str, parse_int=str), name
    assert test.path == sent.path == "/" + "/".join(expected[name].replace("+", "%2B") for name in IN_TEXT)
    assert b'"tiny":0.00000001,"zero":0.0000000000,' in sent.body
    assert b'"f_small":1e-05,' in sent.body


@pytest.mark.parametrize("envelope", [None, '{"n": "{{ run.row_count }}", "rows": "{{ records }}"}'])
async def test_request_of_several_rows_is_shown_tried_and_sent_alike(house: SmallHouse, envelope: str | None) -> None:
    query = " UNION ALL ".join(f"SELECT {n} AS id, {n}::numeric / 7 AS share, 'Row {n}' AS name" for n in range(7))
    body = {"id": "{{ id }}", "share": "{{ share }}", "name": "{{ name }}"}
    shape = {} if envelope is None else {"envelope": envelope}
    shown, test, sent = await send_three_ways(house, query, body, batch=3, rows=7, **shape)
    assert shown == test.body == sent.body
    rows = json.loads(shown) if envelope is None else json.loads(shown)["rows"]
    assert [row["id"] for row in rows] == [0, 1, 2]


@pytest.mark.parametrize("beside", ["", ", 1.5::numeric AS unrelated"])
async def test_sums_do_not_depend_on_other_columns(house: SmallHouse, beside: str) -> None:
    query = (
        f"SELECT 1 AS id, 0.1::float8 AS f, 0.00000003::numeric AS n, '{{\"d\": 0.12345678901234567890}}' AS t{beside}"
    )
    body = ["{{ f + 0.2 }}", "{{ n * 0.1 }}", "{{ t | json }}", "is {{ f * 3 }}"]
    shown, test, sent = await send_three_ways(house, query, body)
    assert shown == test.body == sent.body == b'[0.3,0.000000003,{"d":0.12345678901234567890},"is 0.3"]'


@pytest.mark.parametrize("value", ['"\\ud800"', "1e-99999999999999999999"])
async def test_json_that_cannot_be_read_ends_preview_and_run_with_the_same_reason(
    house: SmallHouse, value: str
) -> None:
    chain = await create_members(house.database, 1)
    query = f"""SELECT 1 AS id, '{{"a": {value}}}'::json AS j"""
    definition = await create_export(house, chain, "http://127.0.0.1:9", query=query, body="{{ j }}")
    assert definition.template_id is not None
    run = await run_to_end(house, definition)
    assert run.error is not None
    assert "half of a surrogate pair" in run.error
    assert definition.template_id is not None
    async with house.database.session() as session:
        template = await outbound.get_template(session, ACTOR, chain, definition.template_id)
        trial = await outbound.open_trial(session, ACTOR, template, keys=house.resources.keys)
    assert trial is not None
    with pytest.raises(UnreadableRowError, match="half of a surrogate pair"):
        await outbound.read_sample(ACTOR, house.engine, trial)
