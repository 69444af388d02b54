"""Definitions run by their schedules: once for each moment, whoever looks, and not while a run is active."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, read_run, run_to_end, start_run
from tests.builders.receivers import run_receiver

from tessera import exports
from tessera.exports import Definition, DefinitionChange, Run, RunState
from tessera.exports.scheduled_runs import is_needed, start_due
from tessera.exports.schedules import list_scheduled_moments, set_schedule
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.resources import Resources
from tessera.platform.schedules import Overlap, Policies

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOURLY = Schedule(Recurrence.REPEAT, cron="0 * * * *")


def at(house: SmallHouse, moment: datetime) -> Resources:
    """Return the house's resources at another time."""
    return replace(house.resources, clock=lambda: moment)


async def create_scheduled(house: SmallHouse, url: str, policies: Policies | None = None) -> Definition:
    """Create an export of ten members that runs at every hour from noon on."""
    chain = await create_members(house.database, 10)
    definition = await create_export(house, chain, url)
    await schedule(house, definition, policies or Policies())
    return definition


async def schedule(house: SmallHouse, definition: Definition, policies: Policies) -> None:
    """Let the definition run hourly."""
    async with house.database.session() as session:
        await set_schedule(
            session,
            ACTOR,
            at(house, NOON - timedelta(minutes=30)),
            definition_id=definition.id,
            schedule=HOURLY,
            policies=policies,
        )


async def list_runs(house: SmallHouse) -> list[Run]:
    """Return all runs, the oldest first."""
    async with house.database.session() as session:
        return list((await exports.list_runs(session, ACTOR)).items)[::-1]


async def outcomes(house: SmallHouse, definition: Definition) -> list[tuple[int, str, str | None]]:
    """Return hour, outcome and reason of every moment, the oldest first."""
    async with house.database.session() as session:
        found = await list_scheduled_moments(session, ACTOR, definition_id=definition.id)
    return [(each.due_at.hour, each.outcome.value, each.reason) for each in found[::-1]]


async def test_moment_starts_one_run_however_many_look(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        await create_scheduled(house, receiver.url)
        assert not await is_needed(at(house, NOON - timedelta(seconds=1)))
        assert await is_needed(at(house, NOON))
        assert sum(await asyncio.gather(*(start_due(at(house, NOON)) for _ in range(4)))) == 1
        assert await start_due(at(house, NOON + timedelta(minutes=59))) == 0
        (run,) = await list_runs(house)
        assert (run.trigger, run.scheduled_for, run.started_by) == ("schedule", NOON, "schedule")
        await house.executor().execute(str(run.id))
        assert (await read_run(house, run.id)).state is RunState.COMPLETED
        assert await start_due(at(house, NOON + timedelta(hours=1))) == 1


async def test_unchanged_definitions_share_what_runs_work_from(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await create_scheduled(house, receiver.url)
        for hour in range(2):
            await start_due(at(house, NOON + timedelta(hours=hour)))
            await house.executor().execute(str((await list_runs(house))[-1].id))
        async with house.database.session() as session:
            assert await session.scalar(text("SELECT count(DISTINCT snapshot_id) FROM runs")) == 1
            change = DefinitionChange(description="Changed")
            await exports.update_definition(session, ACTOR, definition, change, keys=house.resources.keys, now=NOON)
        await start_due(at(house, NOON + timedelta(hours=2)))
        async with house.database.session() as session:
            assert await session.scalar(text("SELECT count(DISTINCT snapshot_id) FROM runs")) == 2


async def test_moment_during_a_run_is_skipped(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await create_scheduled(house, receiver.url)
        await start_run(house, definition)
        assert await start_due(at(house, NOON)) == 0
        assert await outcomes(house, definition) == [(12, "skipped", "previous run active")]


async def test_moment_during_a_run_waits_where_the_policy_says_so(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await create_scheduled(house, receiver.url, Policies(overlap=Overlap.AFTER))
        active = await start_run(house, definition)
        assert await start_due(at(house, NOON)) == 0
        assert await start_due(at(house, NOON + timedelta(minutes=1))) == 0
        await house.executor().execute(str(active.id))
        assert await is_needed(at(house, NOON + timedelta(minutes=2)))
        assert await start_due(at(house, NOON + timedelta(minutes=2))) == 1
        assert [each[:2] for each in await outcomes(house, definition)] == [(12, "started")]


async def test_switched_off_or_broken_export_says_why_it_did_not_run(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await create_scheduled(house, receiver.url)
        async with house.database.session() as session:
            off = DefinitionChange(enabled=False)
            definition = await exports.update_definition(
                session, ACTOR, definition, off, keys=house.resources.keys, now=NOON
            )
        assert await start_due(at(house, NOON)) == 0
        async with house.database.session() as session:
            on = DefinitionChange(enabled=True)
            await exports.update_definition(session, ACTOR, definition, on, keys=house.resources.keys, now=NOON)
            await session.execute(text("UPDATE connection_profiles SET enabled = false, version = version + 1"))
        assert await start_due(at(house, NOON + timedelta(hours=1))) == 0
        first, second = await outcomes(house, definition)
        assert first == (12, "skipped", "the export is switched off")
        assert second[:2] == (13, "skipped")
        assert "profile Receiver is disabled" in str(second[2])


async def test_failures_in_a_row_pause_the_schedule(house: SmallHouse) -> None:
    definition = await create_scheduled(house, "http://127.0.0.1:9", Policies(pause_after=2))
    for hour in range(2):
        assert await start_due(at(house, NOON + timedelta(hours=hour))) == 1
        await house.executor().execute(str((await list_runs(house))[-1].id))
    assert await start_due(at(house, NOON + timedelta(hours=3))) == 0
    async with house.database.session() as session:
        found = await exports.get_schedule(session, ACTOR, definition_id=definition.id)
    assert found is not None
    assert (found.state.value, found.failures) == ("paused", 2)
    await schedule(house, definition, Policies(pause_after=2))
    assert await is_needed(at(house, NOON + timedelta(hours=5)))


async def test_manual_run_moves_no_schedule(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await create_scheduled(house, receiver.url)
        assert (await run_to_end(house, definition)).scheduled_for is None
        assert await start_due(at(house, NOON)) == 1
