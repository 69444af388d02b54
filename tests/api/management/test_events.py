"""The change feed over the API: read on from a position, wait for news, see one's own chains only."""

import asyncio
from typing import Any
from uuid import UUID

from tests.api.management.conftest import Desk

from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_ids


async def happen(desk: Desk, count: int = 1, name: str = "tier.created") -> list[str]:
    """Let something happen in the desk's chain."""
    subjects = new_ids(count)
    async with desk.resources.database.session() as session:
        await record_events(session, [Event(desk.chain_id, name, subject, {"n": 1}) for subject in subjects])
    return [str(subject) for subject in subjects]


def subjects_of(feed: Any) -> list[str]:
    return [event["subject_id"] for event in feed["items"]]


async def test_feed_is_read_page_by_page(desk: Desk) -> None:
    subjects = await happen(desk, 5)

    found, position, more = [], "0-0", True
    while more:
        feed = await desk.good("GET", f"/events?after={position}&limit=2")
        found += subjects_of(feed)
        position, more = feed["position"], feed["more"]

    assert found == subjects
    event = (await desk.good("GET", "/events?limit=1"))["items"][0]
    assert event["payload"] == {"n": 1}
    assert (event["name"], event["chain_id"]) == ("tier.created", str(desk.chain_id))
    assert event["position"].endswith(f"-{event['sequence']}")
    assert (await desk.good("GET", f"/events?after={position}"))["items"] == []


async def test_latest_begins_now(desk: Desk) -> None:
    await happen(desk, 3)
    begin = await desk.good("GET", "/events?after=latest")
    news = await happen(desk)

    assert begin["items"] == []
    assert subjects_of(await desk.good("GET", f"/events?after={begin['position']}")) == news


async def test_names_are_filtered(desk: Desk) -> None:
    await happen(desk)
    (program,) = await happen(desk, name="program.created")
    (member,) = await happen(desk, name="membership.created")

    feed = await desk.good("GET", "/events?names=program.created&names=membership.created")

    assert subjects_of(feed) == [program, member]


async def test_waiting_ends_with_the_news(desk: Desk) -> None:
    begin = await desk.good("GET", "/events?after=latest")
    waiting = asyncio.create_task(desk.good("GET", f"/events?after={begin['position']}&wait=20"))
    await asyncio.sleep(0.2)
    news = await happen(desk)

    assert subjects_of(await asyncio.wait_for(waiting, 5)) == news


async def test_outsider_reads_nothing(desk: Desk, stranger: Desk, root: Desk) -> None:
    own, others = await happen(desk, 2), await happen(stranger, 3)

    assert subjects_of(await desk.good("GET", "/events")) == own
    assert subjects_of(await stranger.good("GET", "/events")) == others
    assert subjects_of(await root.good("GET", "/events")) == own + others
    assert subjects_of(await root.good("GET", f"/events?chain_id={desk.chain_id}")) == own
    reply = await stranger.call("GET", f"/events?chain_id={desk.chain_id}")
    assert (reply.status, reply.data["code"]) == (404, "chain_not_found")
    missing = await root.call("GET", f"/events?chain_id={UUID(int=7)}")
    assert (missing.status, missing.data["code"]) == (404, "chain_not_found")


async def test_wrong_positions_are_told_apart(desk: Desk) -> None:
    for text, status, code in (
        ("now", 422, "request_invalid"),
        ("07-1", 422, "position_invalid"),
        ("9999999999-1", 409, "position_ahead"),
    ):
        reply = await desk.call("GET", f"/events?after={text}")
        assert (reply.status, reply.data["code"]) == (status, code)


async def test_reading_needs_the_permission(desk: Desk) -> None:
    weak = await desk.with_new_key(permissions=frozenset({"webhooks:admin"}))

    assert (await weak.call("GET", "/events")).status == 403
