"""A database that was restored on another server: events go on being told, and old positions are refused."""

import pytest
from sqlalchemy import text
from tests.builders.receivers import Receiver

from tessera.platform.events import BEGINNING, PositionAheadError, list_events

from .conftest import Post, subjects_of

# The old server had counted far further than the new one.
AHEAD = 1_000_000
MOVE_EVENTS = f"UPDATE events SET transaction_id = (transaction_id::text::bigint + {AHEAD})::text::xid8"
MOVE_POSITIONS = f"""
UPDATE webhook_subscriptions
   SET position_transaction_id = (position_transaction_id::text::bigint + {AHEAD})::text::xid8
"""


async def test_feed_goes_on_after_a_restore(post: Post, receiver: Receiver) -> None:
    told_all = await post.subscribe(f"{receiver.url}/all")
    told = await post.happen(3)
    await post.work()
    await post.subscribe(f"{receiver.url}/late")
    untold = await post.happen(2)
    async with post.database.session() as session:
        page = await list_events(session, [post.chain_id], after=None)
    async with post.database.session() as session:
        for statement in (MOVE_EVENTS, MOVE_POSITIONS):
            await session.execute(text(statement))
    old = page.position._replace(transaction_id=page.position.transaction_id + AHEAD)
    receiver.received.clear()

    assert await post.dispatcher.realign()
    assert not await post.dispatcher.realign()
    news = await post.happen(2)
    await post.work()

    for path in ("/all", "/late"):
        arrived = subjects_of([request for request in receiver.received if request.path == path])
        assert arrived == untold + news
    async with post.database.session() as session:
        names = (await list_events(session, [post.chain_id], after=BEGINNING)).items
        assert [event.subject_id for event in names if event.subject_id in {*told, *untold, *news}] == [
            *told,
            *untold,
            *news,
        ]
        with pytest.raises(PositionAheadError):
            await list_events(session, [post.chain_id], after=old)
    assert len(await post.deliveries(told_all.subscription.id)) == 7
