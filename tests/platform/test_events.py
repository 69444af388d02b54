"""The feed: what is committed is read once, in order, and nothing appears behind a position already read."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from tessera.platform.db import Database
from tessera.platform.events import (
    BEGINNING,
    Event,
    EventPage,
    EventPosition,
    PositionAheadError,
    PositionExpiredError,
    PositionInvalidError,
    StoredEvent,
    latest_position,
    list_events,
    parse_position,
    purge_events,
    record_events,
    wait_for_events,
)
from tessera.platform.events.feed import EVERY_CHAIN, GIVEN_CHAINS, READ
from tessera.platform.ids import new_id, new_ids

WRITERS = 8
TRANSACTIONS = 40


class RolledBackError(Exception):
    """Ends a transaction that comes to nothing."""


async def write(database: Database, chain_id: UUID, count: int = 1, name: str = "tier.created") -> list[UUID]:
    """Write events in one transaction; return their subjects."""
    subjects = new_ids(count)
    async with database.session() as session:
        await record_events(session, [Event(chain_id, name, subject, {"n": n}) for n, subject in enumerate(subjects)])
    return subjects


async def read(
    database: Database,
    chain_ids: Sequence[UUID] | None,
    *,
    after: EventPosition | None = BEGINNING,
    names: Sequence[str] | None = None,
    count: int = 100,
) -> EventPage:
    async with database.session() as session:
        return await list_events(session, chain_ids, after=after, names=names, count=count)


async def read_all(database: Database, chain_ids: Sequence[UUID] | None, *, count: int = 7) -> list[StoredEvent]:
    """Read page by page to the end."""
    found: list[StoredEvent] = []
    page = await read(database, chain_ids, count=count)
    found += page.items
    while page.more:
        page = await read(database, chain_ids, after=page.position, count=count)
        found += page.items
    return found


async def write_slowly(database: Database, chain_id: UUID, seed: int, told: dict[UUID, tuple[int, int]]) -> None:
    """Commit, or roll back, transactions that take their time; tell of each subject that was committed."""
    chance = random.Random(seed)
    for number in range(TRANSACTIONS):
        subjects = new_ids(chance.randrange(1, 5))
        try:
            async with database.session() as session:
                for subject in subjects:
                    await record_events(session, [Event(chain_id, "tier.created", subject, {})])
                    await asyncio.sleep(chance.random() * 0.02)
                if chance.random() < 0.2:
                    raise RolledBackError
        except RolledBackError:
            continue
        told.update({subject: (seed * 1000 + number, place) for place, subject in enumerate(subjects)})


async def follow(database: Database, chain_id: UUID, done: asyncio.Event) -> list[StoredEvent]:
    """Read what comes, as a follower does, until the writers are done and nothing is left."""
    position, found = BEGINNING, list[StoredEvent]()
    while True:
        last = done.is_set()
        page = await wait_for_events(database, [chain_id], after=position, count=5, seconds=0.2)
        assert page.position >= position
        found += page.items
        position = page.position
        if last and not page.items:
            return found


async def test_follower_sees_every_committed_event_once(database: Database) -> None:
    chain_id, told, done = new_id(), dict[UUID, tuple[int, int]](), asyncio.Event()
    following = asyncio.create_task(follow(database, chain_id, done))

    await asyncio.gather(*(write_slowly(database, chain_id, seed, told) for seed in range(WRITERS)))
    done.set()
    found = await asyncio.wait_for(following, 30)

    subjects = [event.subject_id for event in found]
    assert len(subjects) == len(set(subjects)) == len(told)
    assert set(subjects) == set(told)
    assert [event.position for event in found] == sorted(event.position for event in found)
    for number in {place[0] for place in told.values()}:
        own = [told[subject][1] for subject in subjects if told[subject][0] == number]
        assert own == sorted(own)


async def test_running_transaction_holds_later_ones_back(database: Database) -> None:
    chain_id = new_id()
    async with database.session() as slow:
        await record_events(slow, [Event(chain_id, "tier.created", new_id(), {})])
        (later,) = await write(database, chain_id)
        held = await read(database, [chain_id])
    found = await read(database, [chain_id], after=held.position)

    assert held.items == []
    assert len(found.items) == 2
    assert found.items[-1].subject_id == later
    assert found.items[0].sequence < found.items[-1].sequence


async def test_sequence_tells_which_change_was_later(database: Database) -> None:
    chain_id, subject = new_id(), new_id()
    async with database.session() as early:
        await record_events(early, [Event(chain_id, "tier.created", new_id(), {})])
        async with database.session() as late:
            await record_events(late, [Event(chain_id, "tier.updated", subject, {"name": "first"})])
        await record_events(early, [Event(chain_id, "tier.updated", subject, {"name": "second"})])
    page = await read(database, [chain_id], names=["tier.updated"])

    assert [event.payload["name"] for event in page.items] == ["second", "first"]
    assert [event.payload["name"] for event in sorted(page.items, key=lambda event: event.sequence)][-1] == "second"


async def test_pages_of_several_chains_are_merged(database: Database) -> None:
    chains = new_ids(3)
    written = [(chain, subject) for _ in range(10) for chain in chains for subject in await write(database, chain, 2)]

    both = await read_all(database, chains[:2])
    every = await read_all(database, None)

    assert [(event.chain_id, event.subject_id) for event in every] == written
    assert [(event.chain_id, event.subject_id) for event in both] == [one for one in written if one[0] != chains[2]]
    assert await read_all(database, [new_id()]) == []
    assert await read_all(database, []) == []


async def test_unwanted_events_are_passed_over(database: Database) -> None:
    chain_id = new_id()
    await write(database, chain_id, 6000)
    (wanted,) = await write(database, chain_id, name="tier.deleted")

    first = await read(database, [chain_id], names=["tier.deleted"])
    second = await read(database, [chain_id], names=["tier.deleted"], after=first.position)

    assert (first.items, first.more) == ([], True)
    assert [event.subject_id for event in second.items] == [wanted]
    assert not second.more
    assert (await read(database, [chain_id], after=second.position)).items == []


async def test_position_survives_its_text(database: Database) -> None:
    chain_id = new_id()
    await write(database, chain_id, 3)

    page = await read(database, [chain_id], count=2)

    assert parse_position(str(page.position)) == page.position
    assert len((await read(database, [chain_id], after=page.position)).items) == 1


@pytest.mark.parametrize(
    "text", ["", "7", "7-", "-7", "7-8-9", "07-8", "seven-8", "7-8 ", "7-\u0668", f"{2**63}-1", "9" * 30 + "-1"]
)
def test_broken_position_is_refused(text: str) -> None:
    with pytest.raises(PositionInvalidError):
        parse_position(text)


async def test_beginning_at_the_end_tells_of_news_only(database: Database) -> None:
    chain_id = new_id()
    await write(database, chain_id, 3)
    async with database.session() as session:
        position = await latest_position(session)
    (news,) = await write(database, chain_id)

    page = await read(database, [chain_id], after=position)

    assert [event.subject_id for event in page.items] == [news]


async def test_waiting_ends_with_the_news(database: Database) -> None:
    chain_id = new_id()
    timer = asyncio.get_running_loop().time
    begun = timer()
    waiting = [
        asyncio.create_task(wait_for_events(database, [chain_id], after=BEGINNING, seconds=20)) for _ in range(20)
    ]
    await asyncio.sleep(0.3)
    (news,) = await write(database, chain_id)
    pages = await asyncio.gather(*waiting)

    assert timer() - begun < 2.5
    assert all([event.subject_id for event in page.items] == [news] for page in pages)


async def test_waiting_ends_with_the_time(database: Database) -> None:
    chain_id = new_id()
    timer = asyncio.get_running_loop().time
    begun = timer()

    page = await wait_for_events(database, [chain_id], after=None, seconds=0.3)

    assert page.items == []
    assert 0.3 <= timer() - begun < 2


async def test_waiting_holds_no_transaction(database: Database, admin_address: str) -> None:
    waiting = asyncio.create_task(wait_for_events(database, [new_id()], after=None, seconds=1))
    await asyncio.sleep(0.4)
    async with await psycopg.AsyncConnection.connect(admin_address) as connection:
        cursor = await connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tessera' AND datname = current_database()"
            " AND (xact_start IS NOT NULL OR state <> 'idle')"
        )
        assert await cursor.fetchone() == (0,)
    await waiting


async def test_old_events_go_and_late_readers_are_told(database: Database) -> None:
    chain_id = new_id()
    await write(database, chain_id, 3)
    early = (await read(database, [chain_id], count=1)).position
    last = (await read(database, [chain_id])).items[-1].position

    assert await purge_events(database, days=90, now=datetime.now(UTC) + timedelta(days=89)) == 0
    gone = await purge_events(database, days=90, now=datetime.now(UTC) + timedelta(days=130))
    kept = await write(database, chain_id)

    assert gone > 0
    with pytest.raises(PositionExpiredError, match="no longer kept"):
        await read(database, [chain_id], after=early)
    for after in (last, None):
        assert [event.subject_id for event in (await read(database, [chain_id], after=after)).items] == kept


async def test_quiet_follower_never_expires(database: Database) -> None:
    quiet, busy = new_ids(2)
    await write(database, busy, 5)
    position = (await read(database, [quiet])).position

    assert await purge_events(database, days=1, now=datetime.now(UTC) + timedelta(days=33)) > 0

    assert (await read(database, [quiet], after=position)).items == []


async def test_month_with_an_open_transaction_stays(database: Database) -> None:
    chain_id, later = new_id(), datetime.now(UTC) + timedelta(days=33)
    await write(database, chain_id)
    async with database.session() as session:
        await record_events(session, [Event(chain_id, "loyalty.tier.added", chain_id, {})])
        assert await purge_events(database, days=1, now=later) == 0
    assert len((await read(database, [chain_id])).items) == 2
    assert await purge_events(database, days=1, now=later) > 0


async def test_events_of_months_without_a_partition_are_read_in_order(database: Database, admin_address: str) -> None:
    """So are those of a deployment that slept for longer than months are made ahead."""
    chain_id, places = new_id(), ("events_default", "events_2023_05", "events_2023_06")
    subjects = await write(database, chain_id, 2) + await write(database, chain_id, 2)
    seen = await read(database, [chain_id])
    moved = "UPDATE tessera.events SET created_at = timestamptz '2023-05-31' + {} * interval '12 hours'"
    count = "SELECT tableoid::regclass::text, count(*)::int FROM tessera.events GROUP BY 1 ORDER BY 1"
    async with await psycopg.AsyncConnection.connect(admin_address, autocommit=True) as connection:
        await connection.execute(moved.format("(sequence % 4)").encode())
        before = await (await connection.execute(count.encode())).fetchall()
        assert before == [(f"tessera.{places[0]}", 4)]
        assert [event.subject_id for event in await read_all(database, [chain_id], count=1)] == subjects
        assert await purge_events(database, days=36500, now=datetime.now(UTC)) == 0
        after = await (await connection.execute(count.encode())).fetchall()
    assert after == [(f"tessera.{place}", 2) for place in places[1:]]
    assert await read(database, [chain_id], after=seen.items[0].position) == await read(
        database, None, after=seen.items[0].position
    )
    assert [event.subject_id for event in await read_all(database, [chain_id], count=1)] == subjects
    assert await purge_events(database, days=90, now=datetime.now(UTC)) > 30
    assert (await read(database, [chain_id], after=None)).items == []


async def test_position_of_another_database_is_refused(database: Database) -> None:
    with pytest.raises(PositionAheadError, match="another one"):
        await read(database, [new_id()], after=EventPosition(10**12, 1))


@pytest.mark.parametrize("chains", [GIVEN_CHAINS, EVERY_CHAIN])
async def test_reading_uses_the_index(database: Database, admin_address: str, chains: str) -> None:
    chain_id = new_id()
    for _ in range(4):
        await write(database, chain_id, 5000)
    async with await psycopg.AsyncConnection.connect(admin_address, autocommit=True) as connection:
        await connection.execute("ANALYZE tessera.events")
    values = {"chains": [chain_id], "names": None, "transaction_id": "5", "sequence": 7, "window": 101}
    async with await database.connect() as connection:
        cursor = await connection.execute(f"EXPLAIN {READ.format(chains=chains)}".encode(), values)
        plan = "\n".join(row[0] for row in await cursor.fetchall())

    month = f"events_{datetime.now(UTC):%Y_%m}"
    assert f"using {month}_chain_id_transaction_id_sequence_idx on {month}" in plan
    assert "Index Cond: ((chain_id" in plan
    assert "ROW(transaction_id, sequence)" in plan
    assert f"Seq Scan on {month}" not in plan
