"""Look-ups outside transactions: shared connections, shared questions."""

import asyncio
from collections.abc import Collection

import psycopg
import pytest

from tessera.platform.db import Database, Reader, app_address
from tessera.platform.secrets import KeyRing

ASK = b"SELECT pg_backend_pid()"


async def backend(reader: Reader) -> int:
    async with reader.connection() as connection:
        row = await (await connection.execute(ASK)).fetchone()
    assert row is not None
    return int(row[0])


async def test_readers_share_a_connection(database: Database) -> None:
    assert len({await backend(database.reader) for _ in range(5)}) == 1


async def test_no_more_connections_than_there_is_room(admin_address: str, keys: KeyRing) -> None:
    database = Database(app_address(admin_address, keys), pool_size=2)
    found = await asyncio.gather(*(backend(database.reader) for _ in range(20)))
    await database.close()
    assert 1 <= len(set(found)) <= 2


async def test_broken_connection_takes_the_idle_ones_along(database: Database, admin_address: str) -> None:
    async def hold() -> int:
        async with database.reader.connection() as connection:
            await asyncio.sleep(0.05)
            return connection.info.backend_pid

    old = set(await asyncio.gather(hold(), hold(), hold()))
    assert len(old) == 3
    async with await psycopg.AsyncConnection.connect(admin_address, autocommit=True) as admin:
        for pid in old:
            await admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with pytest.raises(psycopg.OperationalError):
        await backend(database.reader)
    assert await backend(database.reader) not in old


async def test_connection_that_comes_back_late_is_closed(database: Database) -> None:
    async with database.reader.connection() as connection:
        await database.close()
    assert connection.closed


async def test_failed_statement_leaves_the_connection_usable(database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        async with database.reader.connection() as connection:
            await connection.execute("SELECT 1 / 0")
    assert await backend(database.reader)


async def test_cancelled_question_does_not_answer_the_next(database: Database) -> None:
    async def sleep() -> None:
        async with database.reader.connection() as connection:
            await connection.execute("SELECT pg_sleep(30)")

    task = asyncio.create_task(sleep())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.reader.connection() as connection:
        assert await (await connection.execute("SELECT 7")).fetchone() == (7,)


async def test_callers_at_once_share_questions(database: Database) -> None:
    questions: list[set[int]] = []

    async def double(reader: Reader, keys: Collection[int]) -> dict[int, int]:
        questions.append(set(keys))
        await asyncio.sleep(0.01)
        return {key: 2 * key for key in keys if key % 10}

    found = await asyncio.gather(*(database.reader.gather(double, [key, key + 1000]) for key in range(100)))
    assert found == [{one: 2 * one for one in (key, key + 1000) if one % 10} for key in range(100)]
    assert len(questions) <= 3
    assert set.union(*questions) == {*range(100), *range(1000, 1100)}


async def test_large_questions_are_parted(database: Database) -> None:
    sizes: list[int] = []

    async def count(reader: Reader, keys: Collection[int]) -> dict[int, int]:
        sizes.append(len(keys))
        await asyncio.sleep(0)
        return dict.fromkeys(keys, 1)

    await asyncio.gather(*(database.reader.gather(count, range(n * 1000, (n + 1) * 1000)) for n in range(7)))
    assert sum(sizes) == 7000
    assert max(sizes) <= 2000


async def test_failure_reaches_everybody_who_asked_and_nobody_after(database: Database) -> None:
    broken = True

    async def fail(reader: Reader, keys: Collection[int]) -> dict[int, int]:
        if broken:
            raise RuntimeError("away")
        return dict.fromkeys(keys, 1)

    results = await asyncio.gather(*(database.reader.gather(fail, [n]) for n in range(5)), return_exceptions=True)
    assert {str(result) for result in results} == {"away"}
    broken = False
    assert await database.reader.gather(fail, [1]) == {1: 1}


async def test_caller_that_left_disturbs_nobody(database: Database) -> None:
    async def slow(reader: Reader, keys: Collection[int]) -> dict[int, int]:
        await asyncio.sleep(0.05)
        return dict.fromkeys(keys, 1)

    leaving = asyncio.create_task(database.reader.gather(slow, [1]))
    staying = asyncio.create_task(database.reader.gather(slow, [2]))
    await asyncio.sleep(0.01)
    leaving.cancel()
    assert await staying == {2: 1}
