"""Old logs go first, old runs later."""

from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end
from tests.builders.receivers import run_receiver

from tessera import exports
from tessera.exports import RunState


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
    assert await exports.forget_old_runs(house.database, house.ground.settings) == 1
    kept = await read_run(house, run.id)
    assert (kept.state, kept.sent) == (RunState.COMPLETED, 10)
    async with house.database.session() as session:
        assert (await exports.list_requests(session, ACTOR, run.id)).total == 0


async def test_old_run_is_forgotten(house: SmallHouse) -> None:
    await run_that_ended(house, days=401)
    await exports.forget_old_runs(house.database, house.ground.settings)
    async with house.database.session() as session:
        assert (await exports.list_runs(session, ACTOR)).total == 0


async def test_young_run_is_kept_whole(house: SmallHouse) -> None:
    run = await run_that_ended(house, days=29)
    assert await exports.forget_old_runs(house.database, house.ground.settings) == 0
    async with house.database.session() as session:
        assert (await exports.list_requests(session, ACTOR, run.id)).total == 1
