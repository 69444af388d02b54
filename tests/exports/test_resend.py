"""Failed rows are sent again through the same pipeline as they were sent first."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end, start_run
from tests.builders.receivers import Received, Receiver, Reply, run_receiver

from tessera import exports
from tessera.exports import Run, RunState, log
from tessera.exports.errors import NothingFailedError, RunActiveError


def refuse(*numbers: str) -> Any:
    """Return a script that refuses requests with one of these membership numbers."""
    return lambda received: Reply(422 if {row["number"] for row in received.rows} & {*numbers} else 200)


async def resend(house: SmallHouse, run: Run, **chosen: Any) -> Run:
    """Send failed rows of the run again, and return the ended run."""
    started = await start_resend(house, run, **chosen)
    await house.executor().execute(str(started.id))
    return await read_run(house, started.id)


async def start_resend(house: SmallHouse, run: Run, **chosen: Any) -> Run:
    """Create a run that sends failed rows again; nobody works on it yet."""
    async with house.database.session() as session:
        return await exports.resend_failed(session, ACTOR, house.resources, run_id=run.id, **chosen)


async def count_entries(house: SmallHouse, run: Run) -> list[tuple[str, str]]:
    """Return actions and names in the audit log, and names of events, about the run."""
    async with house.database.session() as session:
        found = await session.execute(
            text("""
              SELECT action, object_kind FROM audit_entries WHERE object_id = :id
              UNION ALL SELECT 'event', name FROM events WHERE subject_id = :id ORDER BY 1, 2
            """),
            {"id": run.id},
        )
        return [(action, kind) for action, kind in found.all()]


async def test_failed_rows_are_sent_again(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver(refuse("000007", "000290")) as receiver:
        definition = await create_export(house, chain, receiver.url, settings={"max_concurrent_requests": 2})
        first = await run_to_end(house, definition)
        assert (first.state, first.sent, first.failed) == (RunState.COMPLETED_WITH_ERRORS, 298, 2)
        receiver.script = lambda _: Reply()
        receiver.received.clear()
        again = await resend(house, first)
    assert (again.state, again.selected, again.sent, again.failed) == (RunState.COMPLETED, 2, 2, 0)
    assert (again.parent_id, again.trigger) == (first.id, "resend")
    assert sorted(receiver.ids("number")) == ["000007", "000290"]
    assert await count_entries(house, again) == await count_entries(house, first)


SHAPE = {
    "requests": """
      SELECT first_row, last_row, row_count, left_out, path, bytes, state, attempts, sent_rows, status, code
        FROM run_requests WHERE run_id = :id ORDER BY 1, 2""",
    "attempts": """
      SELECT r.first_row, r.last_row, a.attempt, a.outcome, a.status, a.code
        FROM run_attempts a JOIN run_requests r USING (run_id, number) WHERE run_id = :id ORDER BY 1, 2""",
    "excerpts": """
      SELECT r.first_row, r.last_row, e.attempt
        FROM run_excerpts e JOIN run_requests r USING (run_id, number) WHERE run_id = :id ORDER BY 1, 2""",
    "errors": "SELECT ordinal, phase, code FROM run_row_errors WHERE run_id = :id ORDER BY 1",
    "rows": "SELECT first_row, rows, data::text FROM run_blocks WHERE run_id = :id ORDER BY 1",
    "moments": "SELECT kind FROM run_moments WHERE run_id = :id ORDER BY id",
    "counts": """
      SELECT state, selected, removed, sent, unchanged, failed, skipped, requests, attempts, bytes, error_code
        FROM runs WHERE id = :id""",
}


async def read_shape(house: SmallHouse, run: Run) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the log says of the run, without times, keys and ids.

    Nor with numbers: which request is split first depends on whose answer comes first.
    """
    async with house.database.session() as session:
        return {
            name: [tuple(row) for row in await session.execute(text(statement), {"id": run.id})]
            for name, statement in SHAPE.items()
        }


@pytest.mark.parametrize("status", [422, 409])
async def test_run_and_resend_leave_the_same_log(house: SmallHouse, status: int) -> None:
    chain = await create_members(house.database, 12)
    async with run_receiver(lambda _: Reply(status)) as receiver:
        settings = {"max_concurrent_requests": 1}
        first = await run_to_end(
            house, await create_export(house, chain, receiver.url, batch_size=4, settings=settings)
        )
        sent = [(each.key, each.path, each.body) for each in receiver.received]
        receiver.received.clear()
        again = await resend(house, first)
        sent_again = [(each.key, each.path, each.body) for each in receiver.received]
    shape = await read_shape(house, first)
    assert (first.failed, len(shape["errors"])) == (12, 12)
    assert await read_shape(house, again) == shape
    assert await count_entries(house, again) == await count_entries(house, first)
    assert sorted(each[1:] for each in sent_again) == sorted(each[1:] for each in sent)
    # What was refused is asked for anew, so a receiver that remembers keys must not answer as before.
    assert not {each[0] for each in sent} & {each[0] for each in sent_again}


async def test_rows_are_chosen_by_reason_or_number(house: SmallHouse) -> None:
    chain = await create_members(house.database, 20)
    async with run_receiver(refuse("000003", "000004")) as receiver:
        body = {"number": "{{ number }}", "half": "{{ 10 / (balance - 12) }}"}
        run = await run_to_end(house, await create_export(house, chain, receiver.url, body=body))
        async with house.database.session() as session:
            errors = (await log.list_row_errors(session, ACTOR, run.id)).items
        assert len(errors) == 3
        receiver.script = lambda _: Reply()
        receiver.received.clear()
        refused = [error for error in errors if error.phase == "send"]
        assert (await resend(house, run, code=refused[0].code)).sent == 2
        assert sorted(receiver.ids("number")) == ["000003", "000004"]
        receiver.received.clear()
        assert (await resend(house, run, rows=[refused[1].ordinal])).sent == 1
        assert receiver.ids("number") == [refused[1].row[1] if refused[1].row else None]
        rendered = await resend(house, run, rows=[error.ordinal for error in errors if error.phase == "render"])
        assert (rendered.state, rendered.failed, rendered.requests) == (RunState.FAILED, 1, 0)


@pytest.mark.parametrize("chosen", [{"code": "status_500"}, {"rows": [1, 2]}, {"code": "status_422", "rows": [9]}])
async def test_a_choice_without_a_failed_row_starts_nothing(house: SmallHouse, chosen: dict[str, Any]) -> None:
    chain = await create_members(house.database, 20)
    async with run_receiver(refuse("000007")) as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url))
        assert run.failed == 1
        with pytest.raises(NothingFailedError, match="fits your choice"):
            await start_resend(house, run, **chosen)


async def test_request_of_unknown_outcome_is_the_same_again(house: SmallHouse) -> None:
    chain = await create_members(house.database, 30)

    def hang(_: Received) -> Reply:
        return Reply(hang=True)

    async with run_receiver(hang) as receiver:
        run = await break_off(house, receiver, await create_export(house, chain, receiver.url))
        assert (run.state, run.failed) == (RunState.CANCELLED, 30)
        before = {each.key: each.body for each in receiver.received}
        assert len(before) == 3
        receiver.received.clear()
        receiver.script = lambda _: Reply()
        again = await resend(house, run)
        assert (again.state, again.sent) == (RunState.COMPLETED, 30)
        assert {each.key: each.body for each in receiver.received} == before
        with pytest.raises(NothingFailedError, match="none can be sent again"):
            await resend(house, again)


async def test_request_stays_the_same_however_often_it_is_sent_again(house: SmallHouse) -> None:
    chain = await create_members(house.database, 30)
    async with run_receiver(lambda _: Reply(hang=True)) as receiver:
        run = await break_off(house, receiver, await create_export(house, chain, receiver.url))
        before = {each.key: each.body for each in receiver.received}
        for _ in range(2):
            receiver.received.clear()
            run = await break_off_run(house, receiver, await start_resend(house, run))
            assert (run.state, run.failed) == (RunState.CANCELLED, 30)
            assert {each.key: each.body for each in receiver.received} == before
        receiver.script = lambda _: Reply()
        assert (await resend(house, run)).sent == 30
        assert {each.key: each.body for each in receiver.received} == before


async def test_half_of_a_request_sent_again_keeps_its_key_after_a_take_over(house: SmallHouse) -> None:
    chain = await create_members(house.database, 10)
    async with run_receiver(lambda _: Reply(hang=True)) as receiver:
        definition = await create_export(house, chain, receiver.url)
        run = await break_off(house, receiver, definition, requests=1)
        # The whole is refused, and its halves are not answered: their worker is lost.
        receiver.script = lambda received: Reply(422) if len(received.rows) == 10 else Reply(hang=True)
        receiver.received.clear()
        again = await start_resend(house, run)
        working = asyncio.create_task(house.executor("first").execute(str(again.id)))
        await wait_for_requests(receiver, 3)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        halves = {each.key: each.body for each in receiver.received[1:]}
        receiver.script = lambda _: Reply()
        receiver.received.clear()
        await house.executor("second").execute(str(again.id))
    assert (await read_run(house, again.id)).sent == 10
    assert {each.key: each.body for each in receiver.received} == halves


async def break_off(house: SmallHouse, receiver: Receiver, definition: exports.Definition, requests: int = 3) -> Run:
    """Cancel a run of the definition while the receiver keeps it waiting."""
    return await break_off_run(house, receiver, await start_run(house, definition), requests)


async def break_off_run(house: SmallHouse, receiver: Receiver, run: Run, requests: int = 3) -> Run:
    """Cancel the run while the receiver keeps it waiting."""
    working = asyncio.create_task(house.executor().execute(str(run.id)))
    await wait_for_requests(receiver, requests)
    async with house.database.session() as session:
        with pytest.raises(RunActiveError, match="not over yet"):
            await exports.resend_failed(session, ACTOR, house.resources, run_id=run.id)
    async with house.database.session() as session:
        await exports.cancel_run(session, ACTOR, house.resources, run_id=run.id)
    await working
    return await read_run(house, run.id)


async def wait_for_requests(receiver: Receiver, count: int) -> None:
    """Wait until so many requests have arrived."""
    async with asyncio.timeout(30):
        while len(receiver.received) < count:  # noqa: ASYNC110 - the receiver is not told to say when
            await asyncio.sleep(0.01)
