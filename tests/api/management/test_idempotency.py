"""A POST repeated under its key is answered, and carried out once."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from msgspec import Struct
from sqlalchemy import text
from tests.api.management.conftest import Desk

from tessera.api.management.v1 import registry
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.routes import Route
from tessera.platform.errors import UnavailableError
from tessera.platform.idempotency import purge_answers

KEY = {"label": "Nightly", "permissions": ["members:read"]}


async def labels(desk: Desk) -> list[str]:
    return [item["label"] for item in (await desk.good("GET", "/api-keys"))["items"]]


async def test_repeated_call_answers_the_same(desk: Desk) -> None:
    first = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    again = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)

    assert (first.status, again.status) == (201, 201)
    assert again.body == first.body
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (await labels(desk)).count("Nightly") == 1


async def test_order_of_members_makes_no_other_call(desk: Desk) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await desk.send("POST", "/api-keys", msgspec.json.encode(KEY), headers=headers)
    turned = dict(reversed(KEY.items()))
    again = await desk.send("POST", "/api-keys", msgspec.json.encode(turned), headers=headers)

    assert again.body == first.body


async def test_key_of_another_call_is_refused(desk: Desk) -> None:
    await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    other = await desk.call("POST", "/api-keys", idempotency_key="one", **{**KEY, "label": "Weekly"})

    assert (other.status, other.data["code"]) == (422, "idempotency_key_reused")
    assert "Weekly" not in await labels(desk)


async def test_failed_call_may_come_again(desk: Desk) -> None:
    past = {**KEY, "expires_at": "2001-01-01T00:00:00Z"}
    refused = await desk.call("POST", "/api-keys", idempotency_key="one", **past)
    again = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)

    assert (refused.status, again.status) == (422, 201)


async def test_keys_of_two_callers_do_not_meet(desk: Desk) -> None:
    other = await desk.with_new_key(label="other")
    first = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    second = await other.call("POST", "/api-keys", idempotency_key="one", **KEY)

    assert first.data["api_key"]["id"] != second.data["api_key"]["id"]


async def test_twenty_at_once_are_carried_out_once(desk: Desk) -> None:
    replies = await asyncio.gather(*(desk.call("POST", "/api-keys", idempotency_key="one", **KEY) for _ in range(20)))

    assert {reply.status for reply in replies} == {201}
    assert len({reply.body for reply in replies}) == 1
    assert (await labels(desk)).count("Nightly") == 1


async def test_secret_in_a_kept_answer_is_sealed(desk: Desk) -> None:
    made = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    async with desk.resources.database.session() as session:
        rows = (await session.execute(text("SELECT kept::text FROM kept_answers kept"))).scalars().all()

    assert len(rows) == 1
    assert made.data["text"] not in rows[0]


async def test_key_is_free_again_after_a_day(desk: Desk) -> None:
    first = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    desk.clock.forward(hours=25)
    later = await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)

    assert first.data["api_key"]["id"] != later.data["api_key"]["id"]


async def test_old_answers_are_forgotten(desk: Desk) -> None:
    await desk.call("POST", "/api-keys", idempotency_key="one", **KEY)
    async with desk.resources.database.session() as session:
        assert await purge_answers(session, now=desk.clock()) == 0
        assert await purge_answers(session, now=desk.clock() + timedelta(hours=25)) == 1


class Sent(Struct, frozen=True):
    count: int


class Network:
    """An operation that waits for somebody else's machine, outside any transaction."""

    def __init__(self) -> None:
        self.count = 0
        self.failing = False
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def send(self, _call: Call) -> Sent:
        self.count += 1
        self.begun.set()
        if self.count == 1:
            await self.may_end.wait()
        if self.failing:
            raise UnavailableError("Nobody answers. Try again.")
        return Sent(self.count)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network = Network()
    route = Route("POST", "/sendings", "things:write", network.send, in_transaction=False)
    monkeypatch.setattr(registry, "ROUTES", (route,))
    return network


async def test_call_under_way_is_not_begun_again(desk: Desk, network: Network) -> None:
    first = asyncio.create_task(desk.call("POST", "/sendings", idempotency_key="one"))
    await network.begun.wait()
    meanwhile = await desk.call("POST", "/sendings", idempotency_key="one")
    network.may_end.set()

    assert (meanwhile.status, meanwhile.data["code"]) == (409, "idempotency_key_in_use")
    assert (await first).data == {"count": 1}
    assert (await desk.call("POST", "/sendings", idempotency_key="one")).data == {"count": 1}


async def test_failed_call_outside_may_come_again(desk: Desk, network: Network) -> None:
    network.may_end.set()
    network.failing = True
    assert (await desk.call("POST", "/sendings", idempotency_key="one")).status == 503
    network.failing = False
    assert (await desk.call("POST", "/sendings", idempotency_key="one")).data == {"count": 2}


async def test_key_of_a_call_that_died_is_free_after_its_lease(desk: Desk, network: Network) -> None:
    first = asyncio.create_task(desk.call("POST", "/sendings", idempotency_key="one"))
    await network.begun.wait()
    async with desk.resources.database.session() as session:
        await session.execute(text("UPDATE kept_answers SET claimed_until = created_at"))
    desk.clock.forward(seconds=1)
    later = await desk.call("POST", "/sendings", idempotency_key="one")
    network.may_end.set()

    assert (later.status, later.data) == (200, {"count": 2})
    await first
