"""mParticle's answers, from a real receiver on loopback, and what they mean for the request and the rate."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from tests.builders.mparticle_receiver import AUTHORIZATION, COLUMNS, ID, KEY, PROFILES, RUN, SECRET, Mparticle
from tests.builders.receivers import Receiver, Reply, run_receiver

from tessera.outbound import Outcome, OutcomeKind
from tessera.outbound.kinds.mparticle.batches import plain_shape
from tessera.outbound.kinds.mparticle.client import complete_shape, make_renderer, make_sender, open_target
from tessera.outbound.rendering import PlannedRequest
from tessera.outbound.senders import RequestRenderer, Sender
from tessera.platform.http import OutboundClient

SETTINGS: dict[str, Any] = {
    "api_key": KEY,
    "connect_timeout_seconds": 1,
    "read_timeout_seconds": 1,
    "max_concurrent_requests": 7,
    "max_batches_per_second": 270,
    "environment": "development",
    "data_plan_id": "loyalty",
    "data_plan_version": 2,
}
PLAIN = plain_shape(PROFILES)


def plan(count: int = 2) -> PlannedRequest:
    """Return a request of so many users."""
    renderer: RequestRenderer = make_renderer(PLAIN, [(name, "text") for name in COLUMNS])
    rows = [(number, [f"M-{number}", "", "Ana", 1]) for number in range(1, count + 1)]
    (request,) = renderer.plan(rows, RUN, first_index=0).requests
    return request


@asynccontextmanager
async def open_line(script: Any) -> AsyncIterator[tuple[Sender, Receiver]]:
    """Open a sender and the receiver that it reaches."""
    client = OutboundClient(allowed_networks=[ip_network("127.0.0.0/8")], allow_insecure_http=True)
    async with run_receiver(script) as receiver:
        target = open_target("standard", {**SETTINGS, "endpoint": f"{receiver.url}/v2"}, {"api_secret": SECRET})
        yield make_sender(target, PLAIN, client), receiver
    await client.close()


async def answer_to(reply: Reply, count: int = 2) -> Outcome:
    """Return what the sender makes of a reply."""
    async with open_line(lambda _: reply) as (sender, _):
        return await sender.send(plan(count))


async def test_request_is_as_mparticle_wants_it() -> None:
    mparticle = Mparticle()
    async with open_line(mparticle) as (sender, receiver):
        answer = await sender.send(plan())
    (received,) = receiver.received
    assert (answer.status, answer.kind, answer.share) == (202, OutcomeKind.OK, None)
    assert (received.method, received.path) == ("POST", "/v2/bulkevents")
    assert received.headers["authorization"] == AUTHORIZATION
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("Tessera")
    assert "idempotency-key" not in received.headers
    assert len(mparticle.accepted) == 2


@pytest.mark.parametrize(
    ("status", "rows", "kind"),
    [
        (202, 2, OutcomeKind.OK),
        (400, 2, OutcomeKind.SPLIT),
        (400, 1, OutcomeKind.PERMANENT),
        (401, 2, OutcomeKind.CREDENTIALS),
        (403, 2, OutcomeKind.CREDENTIALS),
        (302, 2, OutcomeKind.PERMANENT),
        (404, 2, OutcomeKind.PERMANENT),
        (413, 2, OutcomeKind.SPLIT),
        (429, 2, OutcomeKind.TRANSIENT),
        (500, 2, OutcomeKind.TRANSIENT),
        (501, 2, OutcomeKind.TRANSIENT),
        (503, 2, OutcomeKind.TRANSIENT),
        (599, 2, OutcomeKind.TRANSIENT),
    ],
)
async def test_status_has_its_class(status: int, rows: int, kind: OutcomeKind) -> None:
    answer = await answer_to(Reply(status), rows)
    assert (answer.status, answer.kind) == (status, kind)


@pytest.mark.parametrize("limit", ["org", "account", "app", "feed", "workspace", "system"])
async def test_exceeded_limit_is_named(limit: str) -> None:
    answer = await answer_to(Reply(429, {"Retry-After": "7", "X-mp-rate-limit-exceeded": limit}))
    assert (answer.retry_after, answer.share) == (7, None)
    assert f'the limit "{limit}"' in answer.message


async def test_acceleration_goes_on_with_half_the_rate() -> None:
    answer = await answer_to(Reply(429, {"X-mp-rate-limit-exceeded": "acceleration"}))
    assert (answer.kind, answer.share) == (OutcomeKind.TRANSIENT, 0.5)


@pytest.mark.parametrize(
    ("used", "share"),
    [
        *(("0", None), ("80", None), ("80.5", 80 / 80.5), ("100", 0.8), ("160", 0.5), ("1e9", 0.1)),
        *(("", None), ("a lot", None), ("nan", None), ("-5", None), ("inf", 0.1)),
    ],
)
async def test_load_above_80_percent_lowers_the_rate(used: str, share: float | None) -> None:
    answer = await answer_to(Reply(202, {"X-mp-rate-limit-percentage-used": used}))
    assert (answer.kind, answer.share) == (OutcomeKind.OK, share)


async def test_reasons_are_told_and_hold_no_secret() -> None:
    errors = [{"code": "BAD_REQUEST", "message": f"events is wrong for {SECRET}"}, {"code": 17}, "x", {"message": []}]
    answer = await answer_to(Reply(400, body=json.dumps({"errors": errors}).encode()))
    assert answer.message.endswith("It says: events is wrong for ***; 17")


@pytest.mark.parametrize("body", [b"", b"oops", b"[]", b'{"errors": 3}', b'{"errors": [null]}', b"\xff", b"[" * 9999])
async def test_unreadable_reasons_change_nothing(body: bytes) -> None:
    answer = await answer_to(Reply(400, body=body))
    assert answer.message.endswith("Its answer is in the request log.")


async def test_lost_answer_is_sent_again() -> None:
    async with open_line(lambda _: Reply(reset=True)) as (sender, _):
        planned = plan()
        answer = await sender.send(planned)
        assert sender.can_replay(planned)
    assert (answer.status, answer.kind) == (None, OutcomeKind.REPLAY)


async def test_excerpts_hold_no_secret() -> None:
    echo = Reply(400, body=f"{SECRET} {AUTHORIZATION.partition(' ')[2]}".encode())
    async with open_line(lambda _: echo) as (sender, receiver):
        answer = await sender.send(plan())
        request, reply = sender.make_excerpts(plan(), answer)
    assert request.startswith(f"POST {receiver.url}/v2/bulkevents\n")
    assert "Authorization: ***" in request
    assert reply.endswith("*** ***")


async def test_sender_knows_its_pace() -> None:
    async with open_line(lambda _: Reply()) as (sender, _):
        assert (sender.concurrency, sender.per_second) == (7, 270)
    assert plan(3).weight == 3


def test_run_keeps_what_its_profile_says() -> None:
    completed = complete_shape({"lines": PLAIN["lines"]}, ID, SETTINGS, ("id",))
    assert {name: completed[name] for name in ("environment", "data_plan_id", "data_plan_version")} == {
        name: SETTINGS[name] for name in ("environment", "data_plan_id", "data_plan_version")
    }
    assert (completed["profile_id"], completed["key_columns"]) == (str(ID), ("id",))
