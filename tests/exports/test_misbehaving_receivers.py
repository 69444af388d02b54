"""Receivers that refuse, stall, drop and lie: every outcome is classed right and every run ends."""

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end
from tests.builders.receivers import Received, Receiver, Reply, Script, in_turn, run_receiver

from tessera.exports import Run, RunState, log


async def run_against(house: SmallHouse, script: Script, rows: int = 20, **shape: object) -> tuple[Run, Receiver]:
    """Export so many rows to a receiver that follows the script."""
    chain = await create_members(house.database, rows)
    async with run_receiver(script) as receiver:
        definition = await create_export(house, chain, receiver.url, **shape)  # type: ignore[arg-type]
        run = await run_to_end(house, definition)
    assert run.selected == run.sent + run.unchanged + run.failed + run.skipped
    return run, receiver


async def codes_of(house: SmallHouse, run: Run) -> Counter[str]:
    """Count the run's row errors by code."""
    async with house.database.session() as session:
        page = await log.list_row_errors(session, ACTOR, run.id, size=1000)
    return Counter(error.code for error in page.items)


def http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize("wish", [lambda: "2", lambda: http_date(3)])
async def test_retry_after_holds_the_whole_profile(house: SmallHouse, wish: Callable[[], str]) -> None:
    arrivals: list[float] = []

    def script(_: Received) -> Reply:
        arrivals.append(time.monotonic())
        return Reply(429, {"retry-after": wish()}) if len(arrivals) == 1 else Reply()

    run, receiver = await run_against(house, script, rows=40, settings={"max_concurrent_requests": 1})
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 40, run.requests + 1)
    assert arrivals[1] - arrivals[0] >= 1.9
    keys = Counter(request.key for request in receiver.received)
    assert sorted(keys.values()) == [1, 1, 1, 2]


async def test_too_long_a_wish_ends_the_run(house: SmallHouse) -> None:
    run, _ = await run_against(house, lambda _: Reply(503, {"retry-after": "3600"}), rows=40)
    assert (run.state, run.error_code) == (RunState.FAILED, "retry_after_too_long")
    assert (run.sent, run.skipped) == (0, 40)


async def test_server_errors_are_retried_with_the_same_key(house: SmallHouse) -> None:
    run, receiver = await run_against(house, in_turn([Reply(500), Reply(503), Reply()]), rows=10)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 10, 3)
    assert len({request.key for request in receiver.received}) == 1
    assert len({request.body for request in receiver.received}) == 1


@pytest.mark.parametrize("status", [507, 509, 520, 522, 524, 529, 530])
async def test_trouble_on_the_way_is_tried_again(house: SmallHouse, status: int) -> None:
    run, receiver = await run_against(house, in_turn([Reply(status), Reply()]), rows=10)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 10, 2)
    assert len({request.key for request in receiver.received}) == 1


@pytest.mark.parametrize("status", [200, 202, 400, 503])
async def test_headers_that_are_no_text_end_no_run(house: SmallHouse, status: int) -> None:
    odd = {"retry-after": "é5", "x-mp-rate-limit-percentage-used": "é", "x-trace": "ünlesbar"}
    run, receiver = await run_against(house, in_turn([Reply(status, odd), Reply(200, odd)]), rows=1)
    assert run.error_code == ("nothing_arrived" if status == 400 else None)
    assert (run.sent, run.failed) == ((0, 1) if status == 400 else (1, 0))
    assert len(receiver.received) == run.attempts
    async with house.database.session() as session:
        (first, *_) = (await log.get_request(session, ACTOR, run.id, number=0)).attempts
    assert "x-trace: (not readable as text)" in (first.answer or "")


@pytest.mark.parametrize("status", [301, 302, 404, 409, 410, 501])
async def test_refusals_are_final(house: SmallHouse, status: int) -> None:
    run, receiver = await run_against(house, lambda _: Reply(status, {"location": "/elsewhere"}), rows=10)
    assert (run.state, run.error_code) == (RunState.FAILED, "nothing_arrived")
    assert "all 10 rows" in (run.error or "")
    assert (run.failed, run.attempts) == (10, 1)
    assert [request.path for request in receiver.received] == ["/members"]


async def test_one_bad_row_does_not_sink_its_neighbours(house: SmallHouse) -> None:
    def script(request: Received) -> Reply:
        return Reply(400 if any(row["balance"] == 37 for row in request.rows) else 200)

    run, receiver = await run_against(house, script, rows=100, batch_size=100)
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 99, 1)
    accepted = [
        row["balance"] for request in receiver.received if script(request).status == 200 for row in request.rows
    ]
    assert sorted(accepted) == [n for n in range(100) if n != 37]


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_credentials_end_the_run(house: SmallHouse, status: int) -> None:
    run, _ = await run_against(house, lambda _: Reply(status), rows=500)
    assert run.state is RunState.FAILED
    assert run.error
    assert run.sent == 0
    assert run.skipped > 0


async def test_reset_after_sending_is_replayed_with_its_key(house: SmallHouse) -> None:
    run, receiver = await run_against(house, in_turn([Reply(reset=True), Reply()]), rows=10)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 10, 2)
    assert len({request.key for request in receiver.received}) == 1


async def test_reset_without_a_key_is_an_unknown_outcome(house: SmallHouse) -> None:
    run, receiver = await run_against(house, lambda _: Reply(reset=True), rows=10, idempotency_header=None)
    assert (run.failed, len(receiver.received)) == (10, 1)
    assert await codes_of(house, run) == {"outcome_unknown": 10}


@pytest.mark.parametrize(
    "shape",
    [
        {"headers": [{"name": "Idempotency-Key", "value": "{{ run.idempotency_key }}"}]},
        {"headers": [{"name": "X-Request", "value": "export-{{ run.idempotency_key | upper }}"}]},
        {"url_path": "members?key={{ run.idempotency_key }}"},
    ],
    ids=["bare", "changed", "query"],
)
async def test_key_that_the_template_sends_makes_a_replay_safe(house: SmallHouse, shape: dict[str, object]) -> None:
    replies = in_turn([Reply(reset=True), Reply()])
    run, receiver = await run_against(house, replies, rows=1, idempotency_header=None, **shape)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 1, 2)
    first, second = receiver.received
    assert (first.path, first.headers, first.body) == (second.path, second.headers, second.body)


async def test_hanging_receiver_does_not_hang_the_run(house: SmallHouse) -> None:
    run, receiver = await run_against(
        house,
        lambda _: Reply(hang=True),
        rows=10,
        settings={"read_timeout_seconds": 1},
        idempotency_header=None,
    )
    assert (run.state, run.error_code, run.failed) == (RunState.FAILED, "nothing_arrived", 10)
    assert await codes_of(house, run) == {"outcome_unknown": 10}
    assert len(receiver.received) == 1


async def test_closed_port_breaks_the_run_off(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.exports.kinds.requests.retries.LONGEST_WAIT", 0.01)
    chain = await create_members(house.database, 400)
    async with run_receiver() as receiver:
        url = receiver.url
    run = await run_to_end(house, await create_export(house, chain, url))
    assert (run.state, run.error_code) == (RunState.FAILED, "receiver_down")
    assert run.selected == run.failed + run.skipped
    assert run.skipped > 0


async def test_ten_failed_requests_in_a_row_end_the_run(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.exports.kinds.requests.retries.LONGEST_WAIT", 0.01)
    settings = {"max_concurrent_requests": 1}
    run, _ = await run_against(house, lambda _: Reply(500), rows=30, batch_size=1, settings=settings)
    assert (run.state, run.error_code) == (RunState.FAILED, "receiver_down")
    # One more may have begun before the tenth was judged.
    assert run.failed in (10, 11)
    assert run.failed + run.skipped == 30


async def test_every_429_halves_what_is_in_flight(house: SmallHouse) -> None:
    in_flight: list[int] = []
    chain = await create_members(house.database, 16)
    async with run_receiver() as receiver:

        def script(_: Received) -> Reply:
            in_flight.append(receiver.in_flight)
            return Reply(429 if len(in_flight) <= 8 else 200, delay=0.05)

        receiver.script = script
        settings = {"max_concurrent_requests": 8}
        run = await run_to_end(house, await create_export(house, chain, receiver.url, batch_size=1, settings=settings))
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 16, 24)
    assert max(in_flight[:8]) == 8
    assert max(in_flight[8:]) == 1


@pytest.mark.parametrize("status", [200, 207])
async def test_success_with_errors_in_its_body_refuses_those_rows(house: SmallHouse, status: int) -> None:
    def script(request: Received) -> Reply:
        bad = [{"index": n, "reason": "odd"} for n, row in enumerate(request.rows) if row["balance"] % 2]
        return Reply(status, body=json.dumps({"errors": bad}).encode())

    path = {"items": "/errors", "index": "/index", "message": "/reason"}
    run, receiver = await run_against(house, script, rows=20, error_path=path)
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 10, 10)
    assert await codes_of(house, run) == {"refused_row": 10}
    assert len(receiver.received) == run.requests


@pytest.mark.parametrize("body", [b"not JSON", b'{"errors": [{"index": 99}]}', b'{"errors": "all"}'])
async def test_errors_that_cannot_be_read_leave_rows_unknown(house: SmallHouse, body: bytes) -> None:
    path = {"items": "/errors", "index": "/index", "message": "/reason"}
    run, receiver = await run_against(house, lambda _: Reply(body=body), rows=20, error_path=path)
    assert (run.state, run.failed) == (RunState.FAILED, 20)
    assert await codes_of(house, run) == {"answer_unreadable": 20}
    assert len(receiver.received) == run.requests


async def test_request_that_is_too_large_is_split_until_it_fits(house: SmallHouse) -> None:
    def script(request: Received) -> Reply:
        return Reply(413 if len(request.rows) > 5 else 200)

    run, receiver = await run_against(house, script, rows=40, batch_size=20)
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED, 40, 0)
    sizes = Counter(len(request.rows) for request in receiver.received)
    assert sizes == {20: 2, 10: 4, 5: 8}
    assert len({request.key for request in receiver.received}) == 14


async def test_slow_answers_only_take_longer(house: SmallHouse) -> None:
    settings = {"read_timeout_seconds": 2}
    run, receiver = await run_against(house, lambda _: Reply(delay=1), rows=20, settings=settings)
    assert (run.state, run.sent, run.attempts) == (RunState.COMPLETED, 20, len(receiver.received))


async def test_excerpts_hide_the_token(house: SmallHouse) -> None:
    run, _ = await run_against(house, lambda request: Reply(500 if request.path == "x" else 422), rows=1)
    async with house.database.session() as session:
        detail = await log.get_request(session, ACTOR, run.id, number=0)
    (attempt,) = detail.attempts
    assert attempt.status == 422
    assert attempt.request is not None
    assert "***" in attempt.request
    assert "a-token-for-tests" not in attempt.request
