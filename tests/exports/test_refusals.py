"""What the log keeps of many refusals, of odd ones, and of what splitting one request costs."""

import json

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Received, Reply, run_receiver

from tessera.exports import RequestState, RunState, log

PATH = {"items": "/errors", "index": "/index", "message": "/reason"}
PAIRS = "SELECT a.membership_id AS id, b.first_name FROM members a, members b"
UNRENDERABLE = {"id": "{{ id }}", "number": "{{ first_name | int }}"}


async def count_row_errors(house: SmallHouse) -> int:
    async with house.database.session() as session:
        return int((await session.execute(text("SELECT count(*) FROM run_row_errors"))).scalar_one())


async def test_every_row_error_is_kept(house: SmallHouse) -> None:
    chain = await create_members(house.database, 101)
    export = await create_export(house, chain, "http://127.0.0.1:9", query=PAIRS, keys=(), body=UNRENDERABLE)
    run = await run_to_end(house, export)
    assert (run.state, run.error_code) == (RunState.FAILED, "nothing_arrived")
    assert (run.failed, run.requests) == (101**2, 0)
    assert await count_row_errors(house) == 101**2


async def test_reason_that_no_database_can_hold_does_not_break_the_run(house: SmallHouse) -> None:
    answer = json.dumps({"errors": [{"index": 0, "reason": "odd\x00row"}]}).encode()
    chain = await create_members(house.database, 10)
    async with run_receiver(lambda _: Reply(body=answer)) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url, error_path=PATH))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 9, 1)


async def test_refused_rows_after_a_byte_order_mark_are_not_sent(house: SmallHouse) -> None:
    answer = b"\xef\xbb\xbf" + json.dumps({"errors": [{"index": 3, "reason": "odd"}]}).encode()
    chain = await create_members(house.database, 10)
    async with run_receiver(lambda _: Reply(body=answer)) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url, error_path=PATH))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 9, 1)


async def test_list_of_refused_rows_is_read_to_its_end(house: SmallHouse) -> None:
    errors = [{"index": n, "reason": "x" * 20_000} for n in range(9)]
    chain = await create_members(house.database, 10)
    async with run_receiver(lambda _: Reply(body=json.dumps({"errors": errors}).encode())) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url, error_path=PATH))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 1, 9)


@pytest.mark.parametrize(
    "answer",
    [b"<html>welcome</html>", b'{"errors": [{"index": 10}]}', b'{"errors": "' + b"x" * 2_000_000 + b'"}'],
    ids=["no JSON", "no such row", "too long"],
)
async def test_success_that_cannot_be_read_sends_nothing(house: SmallHouse, answer: bytes) -> None:
    chain = await create_members(house.database, 10)
    async with run_receiver(lambda _: Reply(202, body=answer)) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url, error_path=PATH))
    assert (run.state, run.error_code) == (RunState.FAILED, "nothing_arrived")
    assert (run.sent, run.failed, run.attempts) == (0, 10, 1)
    async with house.database.session() as session:
        errors = (await log.list_row_errors(session, ACTOR, run.id)).items
        detail = await log.get_request(session, ACTOR, run.id, number=0)
    assert {(error.phase, error.code) for error in errors} == {("send", "answer_unreadable")}
    assert (detail.request.state, detail.request.code) == (RequestState.UNKNOWN, "answer_unreadable")
    assert "202 Accepted" in (detail.attempts[0].message or "")


async def test_bytes_count_the_halves_of_a_split_request(house: SmallHouse) -> None:
    def refuse_many(request: Received) -> Reply:
        return Reply(400 if len(request.rows) > 4 else 200)

    chain = await create_members(house.database, 8)
    async with run_receiver(refuse_many) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url, batch_size=8))
    assert (run.sent, run.requests, run.attempts) == (8, 3, 3)
    assert run.bytes == sum(len(request.body) for request in receiver.received)


async def test_halves_are_finished_before_others_are_split(house: SmallHouse) -> None:
    chain = await create_members(house.database, 256)
    async with run_receiver(lambda request: Reply(400 if len(request.rows) > 1 else 200)) as receiver:
        definition = await create_export(
            house, chain, receiver.url, batch_size=256, settings={"max_concurrent_requests": 1}
        )
        run = await run_to_end(house, definition)
    assert (run.state, run.sent) == (RunState.COMPLETED, 256)
    sizes = [len(request.rows) for request in receiver.received]
    # Breadth first, 255 requests would be sent, and 256 be open, before the first row is settled.
    assert sizes.index(1) < 64
