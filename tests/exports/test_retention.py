"""Old logs go first, old runs later, and with the last run of a snapshot that snapshot."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end, start_run
from tests.builders.receivers import answer_with, run_receiver

from tessera import exports
from tessera.exports import RunState, log

LOG = ("run_blocks", "run_requests", "run_attempts", "run_excerpts", "run_row_errors")


async def make_older(house: SmallHouse, days: int) -> None:
    """Let every run, and its log, be so many days older."""
    async with house.database.session() as session:
        for table in ("runs", *LOG):
            statement = text(f"UPDATE {table} SET created_at = created_at - make_interval(days => :days)")
            await session.execute(statement, {"days": days})
        for table, column in (("runs", "started_at"), ("runs", "finished_at"), ("run_snapshots", "created_at")):
            statement = text(f"UPDATE {table} SET {column} = {column} - make_interval(days => :days)")
            await session.execute(statement, {"days": days})


async def run_that_ended(house: SmallHouse, days: int) -> exports.Run:
    """Return a run that was created, and ended, so many days ago."""
    chain = await create_members(house.database, 10)
    async with run_receiver() as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url))
    await make_older(house, days)
    return run


async def count_log(house: SmallHouse) -> dict[str, int]:
    async with house.database.session() as session:
        return {table: int(await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0) for table in LOG}


async def purge(house: SmallHouse) -> int:
    return await exports.purge_runs(house.database, house.resources.settings)


async def test_log_is_dropped_by_the_week_and_counts_stay(house: SmallHouse) -> None:
    # A week that began 30 days ago may hold a run that is younger: it goes when it is over for that long.
    run = await run_that_ended(house, days=38)
    assert (await count_log(house))["run_requests"] == 1
    assert await purge(house) == len(LOG) - 1  # it has no row error
    assert set((await count_log(house)).values()) == {0}
    kept = await read_run(house, run.id)
    assert (kept.state, kept.sent) == (RunState.COMPLETED, 10)
    async with house.database.session() as session:
        assert (await log.list_requests(session, ACTOR, run.id)).total == 0
    assert await purge(house) == 0


async def test_young_run_is_kept_whole(house: SmallHouse) -> None:
    run = await run_that_ended(house, days=29)
    before = await count_log(house)
    await purge(house)
    assert await count_log(house) == before
    async with house.database.session() as session:
        assert (await log.list_requests(session, ACTOR, run.id)).total == 1


@pytest.mark.parametrize(("age", "left"), [(9, 1), (18, 0)])
async def test_log_of_the_last_ten_days_is_never_dropped(house: SmallHouse, age: int, left: int) -> None:
    await run_that_ended(house, days=age)
    async with house.database.session() as session:
        await session.execute(text("SELECT drop_run_log(now() + interval '1 year')"))
    assert (await count_log(house))["run_requests"] == left


async def test_old_runs_are_forgotten_but_for_the_last_good_one(house: SmallHouse) -> None:
    chain, runs = await create_members(house.database, 1), []
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        for status in (200, 200, 404):
            receiver.script = answer_with(status)
            runs.append(await run_to_end(house, definition))
    await make_older(house, 401)
    await purge(house)
    async with house.database.session() as session:
        assert [run.id for run in (await exports.list_runs(session, ACTOR)).items] == [runs[1].id]
        assert (await log.list_requests(session, ACTOR, runs[1].id)).total == 0


async def list_snapshots(house: SmallHouse) -> list[UUID]:
    async with house.database.session() as session:
        return list(await session.scalars(text("SELECT id FROM run_snapshots ORDER BY created_at")))


async def test_snapshot_goes_with_its_last_run(house: SmallHouse) -> None:
    chain = await create_members(house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        await run_to_end(house, definition)
        await make_older(house, 401)
        await purge(house)
        (old,) = await list_snapshots(house)  # the last good run stays, and needs it
        change = exports.DefinitionChange(label="Another")
        async with house.database.session() as session:
            await exports.update_definition(
                session, ACTOR, definition, change, keys=house.resources.keys, now=definition.created_at
            )
        await run_to_end(house, definition)
        await purge(house)
    (kept,) = await list_snapshots(house)
    assert kept != old
    await start_run(house, definition)
    assert await list_snapshots(house) == [kept]
