"""What workers share through the database: places, slices of the schedule, holds, the breaker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from tests.builders.places import OWNER, Place

from tessera import connectors
from tessera.connectors import AddressPolicy, NewProfile
from tessera.platform.db import ClockOffset, Database, app_address
from tessera.platform.ids import new_id
from tessera.platform.paces import PaceLimits, Paces, ProfileThrottledError, RunPace, check_hold
from tessera.platform.paces.breaker import FAILURES
from tessera.platform.paces.ledger import DatabaseLedger, ProfileGoneError
from tessera.platform.paces.shares import Ask, Slice
from tessera.platform.secrets import KeyRing

LIMITS = PaceLimits(16)
# Far more than news takes between workers; it is waited for only where a test fails.
LONGEST = 10.0


@pytest.fixture
async def profile_id(database: Database, place: Place, keys: KeyRing) -> UUID:
    """Return a profile that paces are kept of."""
    new = NewProfile("http_api", "bearer", "CRM", settings={"base_url": "https://crm.example.com", "token": "secret"})
    async with database.session() as session:
        profile = await connectors.create_profile(
            session, OWNER, chain_id=place.chain_id, new=new, keys=keys, policy=AddressPolicy()
        )
    return profile.id


class Workers:
    """Several worker processes' paces, each with connections of its own."""

    def __init__(self, address: str, profile_id: UUID) -> None:
        self._address = address
        self._profile_id = profile_id
        self.stack = AsyncExitStack()

    async def open(self, limits: PaceLimits = LIMITS) -> RunPace:
        """Let a run take part in a worker of its own."""
        database = Database(self._address)
        self.stack.push_async_callback(database.close)
        paces = Paces(database)
        return await self.stack.enter_async_context(paces.open(self._profile_id, limits, definition_id=new_id()))

    async def ledger(self, name: str) -> DatabaseLedger:
        """Return a worker's way to what is shared."""
        database = Database(self._address)
        self.stack.push_async_callback(database.close)
        return DatabaseLedger(database, self._profile_id, name, ClockOffset())


@pytest.fixture
async def workers(admin_address: str, keys: KeyRing, profile_id: UUID) -> AsyncIterator[Workers]:
    """Give workers, and end them."""
    made = Workers(app_address(admin_address, keys), profile_id)
    async with made.stack:
        yield made


async def until(pace: RunPace, places: int) -> None:
    async with asyncio.timeout(LONGEST):
        while pace._pace.places != places:  # noqa: ASYNC110 - it hears of it by itself
            await asyncio.sleep(0.01)


async def test_places_are_divided_and_come_back(workers: Workers) -> None:
    first = await workers.open()
    assert first._pace.places == 16
    async with AsyncExitStack() as second_stack:
        outer, workers.stack = workers.stack, second_stack
        second = await workers.open()
        workers.stack = outer
        await until(first, 8)
        await until(second, 8)
    await until(first, 16)


async def test_places_in_use_are_not_given_away(workers: Workers) -> None:
    first = await workers.open()
    async with AsyncExitStack() as turns:
        for _ in range(12):
            await turns.enter_async_context(first.turn())
        second = await workers.open()
        await until(first, 8)
        await until(second, 4)
    await until(second, 8)


async def test_dead_workers_part_expires(workers: Workers, admin_address: str) -> None:
    ledger = await workers.ledger("dead")
    await ledger.ask(Ask(Slice("dead", 0, 16), LIMITS))
    first = await workers.open()
    assert first._pace.places == 0
    with psycopg.connect(admin_address, autocommit=True) as connection:
        connection.execute("UPDATE tessera.profile_slices SET expires_at = now() WHERE worker = 'dead'")
    async with asyncio.timeout(LONGEST), first.turn():
        assert first._pace.places == 16


async def test_slices_of_many_workers_never_overlap(workers: Workers) -> None:
    limits = PaceLimits(16, per_second=1000)

    async def take(name: str) -> list[tuple[float, float]]:
        ledger, slices = await workers.ledger(name), []
        for _ in range(15):
            _, grant = await ledger.ask(Ask(Slice(name, 0, 16), limits, seconds=0.01, least=limits.cost()))
            slices.append((grant.start, grant.end))
        return slices

    taken = sorted(each for some in await asyncio.gather(*map(take, "abcd")) for each in some)
    assert len(taken) == 60
    assert all(end - start == pytest.approx(9 * limits.cost(), abs=1e-5) for start, end in taken)
    assert all(end <= start + 1e-5 for (_, end), (start, _) in pairwise(taken))


async def test_hold_reaches_other_workers(workers: Workers) -> None:
    first, second = await workers.open(), await workers.open()
    first.hold(600)
    async with asyncio.timeout(LONGEST):
        while second._pace.closed_until == 0:  # noqa: ASYNC110 - it hears of it by itself
            await asyncio.sleep(0.01)
    left = second._pace.closed_until - asyncio.get_running_loop().time()
    assert 600 - LONGEST < left < 600 + LONGEST
    newcomer = await workers.open()
    assert newcomer._pace.closed_until == pytest.approx(second._pace.closed_until, abs=1)


async def test_held_profile_refuses_single_calls(workers: Workers, database: Database, profile_id: UUID) -> None:
    async with database.session() as session:
        await check_hold(session, profile_id, "CRM")
    (await workers.open()).hold(300)
    newcomer = await workers.open()
    async with asyncio.timeout(LONGEST):
        while newcomer._pace.closed_until == 0:  # noqa: ASYNC110 - it hears of it by itself
            await asyncio.sleep(0.01)
    async with database.session() as session:
        with pytest.raises(ProfileThrottledError, match=r"not to be called through CRM before \d{4}-.* UTC") as refused:
            await check_hold(session, profile_id, "CRM")
    assert 300 - LONGEST < (refused.value.retry_after or 0) <= 301


async def test_one_worker_probes_and_all_go_on(workers: Workers) -> None:
    first, second = await workers.open(), await workers.open()
    for _ in range(FAILURES):
        first.note_failure(final=True)
    async with asyncio.timeout(LONGEST):
        while not second._pace.breaker.open:  # noqa: ASYNC110 - it hears of it by itself
            await asyncio.sleep(0.01)
    probes: list[int] = []

    async def call(pace: RunPace) -> None:
        async with pace.turn():
            probes.append(sum(each.in_flight for each in (first, second)))
            await asyncio.sleep(0.05)
            pace.note_success()

    async with asyncio.timeout(LONGEST):
        await asyncio.gather(*(call(pace) for pace in (first, second) for _ in range(3)))
    # The first goes alone; the others wait for what becomes of it.
    assert probes[0] == 1
    assert len(probes) == 6
    assert not first._pace.breaker.open
    assert not second._pace.breaker.open


async def test_pace_of_a_deleted_profile_is_gone(workers: Workers, database: Database, profile_id: UUID) -> None:
    ledger = await workers.ledger("one")
    await ledger.ask(Ask(Slice("one", 0, 16), LIMITS))
    async with database.session() as session:
        await session.execute(text("DELETE FROM connection_profiles WHERE id = :id"), {"id": profile_id})
        left = await session.execute(text("SELECT count(*) FROM profile_paces"))
        assert left.scalar_one() == 0
    with pytest.raises(ProfileGoneError):
        await ledger.ask(Ask(Slice("one", 0, 16), LIMITS))
