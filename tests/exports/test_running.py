"""A run from its selection to its counts, against a real receiver."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, TOKEN, SmallHouse, create_export, create_members, run_to_end, start_run
from tests.builders.receivers import Reply, answer_with, run_receiver

from tessera import exports, queries
from tessera.exports import DefinitionChange, RunState, log
from tessera.exports.errors import RunActiveError, UnknownColumnError
from tessera.platform.clock import now
from tessera.queries import NewQuery


async def test_last_success_is_the_start_of_the_last_run_without_errors(house: SmallHouse) -> None:
    query = "SELECT membership_id AS id, :last_success_at AS last, :run_at AS began FROM members"
    chain, starts = await create_members(house.database, 1), []
    async with run_receiver() as receiver:
        body = {"last": "{{ last }}", "began": "{{ began }}"}
        definition = await create_export(house, chain, receiver.url, query=query, body=body, batch_size=1)
        for status in (200, 404, 200, 200):
            receiver.script = answer_with(status)
            starts.append((await run_to_end(house, definition)).started_at)
    rows = [row for request in receiver.received for row in request.rows]
    assert [datetime.fromisoformat(row["began"]) for row in rows] == starts
    lasts = [row["last"] and datetime.fromisoformat(row["last"]) for row in rows]
    assert lasts == [None, starts[0], starts[0], starts[2]]


async def test_every_member_arrives_once(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1234)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url, batch_size=100)
        run = await run_to_end(house, definition)
    assert run.state is RunState.COMPLETED, run.error
    assert (run.selected, run.sent, run.failed, run.skipped) == (1234, 1234, 0, 0)
    assert (run.requests, run.attempts) == (13, 13)
    assert len(receiver.ids()) == len(set(receiver.ids())) == 1234


async def test_requests_carry_token_key_and_values(house: SmallHouse) -> None:
    chain = await create_members(house.database, 3)
    async with run_receiver() as receiver:
        await run_to_end(house, await create_export(house, chain, receiver.url))
    (request,) = receiver.received
    assert (request.method, request.path) == ("POST", "/members")
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.key is not None
    assert UUID(request.key.strip('"'))
    assert sorted(row["name"] for row in request.rows) == ["Ada0 O'Neil 0", "Ada1 O'Neil 1", "Ada2 O'Neil 2"]
    assert sorted(row["balance"] for row in request.rows) == [0, 1, 2]


async def test_secret_header_arrives_and_stands_nowhere(house: SmallHouse) -> None:
    chain, secret = await create_members(house.database, 3), "Token canary-77aa"
    headers = [{"name": "X-Key", "value": secret, "secret": True}]
    async with run_receiver(lambda request: Reply(400, body=request.headers["x-key"][6:].encode())) as receiver:
        definition = await create_export(house, chain, receiver.url, headers=headers)
        run = await run_to_end(house, definition)
    assert receiver.received[0].headers["x-key"] == secret
    async with house.database.session() as session:
        for table in ("http_templates", "runs", "run_excerpts", "run_row_errors", "audit_entries"):
            rows = (await session.scalars(text(f"SELECT each::text FROM {table} each"))).all()
            assert rows
            assert "canary-77aa" not in str(rows)
    assert run.failed == 3


async def test_column_in_a_secret_header_must_be_there(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    headers = [{"name": "X-Key", "value": "{{ number }}", "secret": True}]
    definition = await create_export(house, chain, "http://127.0.0.1:9", headers=headers, batch_size=1)
    async with house.database.session() as session:
        new = NewQuery("Bare", "SELECT membership_id AS id, balance, first_name, last_name FROM members")
        bare = await queries.create_query(session, ACTOR, house.engine, chain_id=chain, new=new)
        change = DefinitionChange(query_id=bare.id)
        with pytest.raises(UnknownColumnError, match="uses number"):
            await exports.update_definition(session, ACTOR, definition, change, keys=house.resources.keys, now=now())


async def test_no_rows_is_a_completed_run(house: SmallHouse) -> None:
    chain = await create_members(house.database, 5)
    async with run_receiver() as receiver:
        query = "SELECT membership_id AS id FROM members WHERE balance > 99"
        run = await run_to_end(house, await create_export(house, chain, receiver.url, query=query, body="{{ id }}"))
    assert (run.state, run.selected, run.sent, receiver.received) == (RunState.COMPLETED, 0, 0, [])


async def test_rows_that_cannot_be_rendered_fail_alone(house: SmallHouse) -> None:
    chain = await create_members(house.database, 30)
    async with run_receiver() as receiver:
        query = "SELECT membership_id AS id, CASE WHEN balance = 7 THEN 'seven' ELSE '1' END AS points FROM members"
        body = {"id": "{{ id }}", "points": "{{ points | int }}"}
        run = await run_to_end(house, await create_export(house, chain, receiver.url, query=query, body=body))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 29, 1)
    async with house.database.session() as session:
        (error,) = (await log.list_row_errors(session, ACTOR, run.id)).items
    assert error.phase == "render"
    assert len(receiver.ids()) == 29


async def test_second_active_run_is_refused(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    definition = await create_export(house, chain, "http://127.0.0.1:9")
    await start_run(house, definition)
    with pytest.raises(RunActiveError):
        await start_run(house, definition)


async def test_in_flight_stays_within_the_definition(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver() as receiver:
        receiver.script = lambda _: Reply(delay=0.02)
        definition = await create_export(house, chain, receiver.url, settings={"max_concurrent_requests": 4})
        await run_to_end(house, definition)
    assert receiver.most_in_flight == 4
