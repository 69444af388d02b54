"""Old logs go first, old runs later."""

from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end
from tests.builders.receivers import answer_with, run_receiver

from tessera import exports
from tessera.exports import RunState, log


async def run_that_ended(house: SmallHouse, days: int) -> exports.Run:
    """Return a run that ended so many days ago."""
    chain = await create_members(house.database, 10)
    async with run_receiver() as receiver:
        run = await run_to_end(house, await create_export(house, chain, receiver.url))
    async with house.database.session() as session:
        await session.execute(
            text("UPDATE runs SET finished_at = now() - make_interval(days => :days)"), {"days": days}
        )
    return run


async def test_log_is_forgotten_and_counts_stay(house: SmallHouse) -> None:
    run = await run_that_ended(house, days=31)
    assert await exports.purge_runs(house.database, house.resources.settings) == 1
    kept = await read_run(house, run.id)
    assert (kept.state, kept.sent) == (RunState.COMPLETED, 10)
    async with house.database.session() as session:
        assert (await log.list_requests(session, ACTOR, run.id)).total == 0


async def test_old_runs_are_forgotten_but_for_the_last_good_one(house: SmallHouse) -> None:
    chain, runs = await create_members(house.database, 1), []
    async with run_receiver() as receiver:
        definition = await create_export(house, chain, receiver.url)
        for status in (200, 200, 404):
            receiver.script = answer_with(status)
            runs.append(await run_to_end(house, definition))
    async with house.database.session() as session:
        await session.execute(text("UPDATE runs SET finished_at = now() - make_interval(days => 401)"))
    await exports.purge_runs(house.database, house.resources.settings)
    async with house.database.session() as session:
        assert [run.id for run in (await exports.list_runs(session, ACTOR)).items] == [runs[1].id]
        assert (await log.list_requests(session, ACTOR, runs[1].id)).total == 0


async def test_young_run_is_kept_whole(house: SmallHouse) -> None:
    run = await run_that_ended(house, days=29)
    assert await exports.purge_runs(house.database, house.resources.settings) == 0
    async with house.database.session() as session:
        assert (await log.list_requests(session, ACTOR, run.id)).total == 1
