"""Looking over many runs: what needs a person, what comes next, and what happened to an export."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, SmallHouse, create_export, create_members, run_to_end, start_run
from tests.builders.receivers import Reply, run_receiver

from tessera import exports
from tessera.exports import Definition, DefinitionChange, GateLevel, Gates, history, log
from tessera.exports.history import Concern, ConcernKind, HistoryLine
from tessera.exports.history.time_line import cut_history
from tessera.exports.scheduled_runs import start_due
from tessera.exports.schedules import get_schedule, set_schedule
from tessera.platform.actors import Actor
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.clock import now
from tessera.platform.errors import DeniedError
from tessera.platform.resources import Resources
from tessera.platform.schedules import Policies

HOURLY = Schedule(Recurrence.REPEAT, cron="0 * * * *")
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
READER = replace(ACTOR, permissions=frozenset({"exports:read"}))
OUTSIDER = replace(ACTOR, chains=frozenset({UUID(int=7)}))
# The last request was never sent: its run ended before.
SKIP_LAST = text("""
WITH gone AS (DELETE FROM run_attempts WHERE run_id = :id AND number = 2)
UPDATE run_requests SET state = 'skipped', sent_rows = 0, settled_at = settled_at + interval '100 seconds'
 WHERE run_id = :id AND number = 2
""")
PAUSE = text("UPDATE schedules SET paused_at = :at, failures = 1, next_at = NULL, pause_reason = 'It failed.'")
LATER = "UPDATE run_{} SET settled_at = settled_at + interval '10 seconds' WHERE run_id = :id AND number = 1"


def at(house: SmallHouse, moment: datetime) -> Resources:
    """Return the house's resources at another time."""
    return replace(house.resources, clock=lambda: moment)


async def make_export(house: SmallHouse, url: str = "http://127.0.0.1:9", **given: Any) -> Definition:
    return await create_export(house, await create_members(house.database, 30), url, **given)


async def schedule(house: SmallHouse, definition: Definition, moment: datetime, **policies: Any) -> None:
    async with house.database.session() as session:
        await set_schedule(
            session,
            ACTOR,
            at(house, moment),
            definition_id=definition.id,
            schedule=HOURLY,
            policies=Policies(**policies),
        )


async def concerns_of(
    house: SmallHouse, definition: Definition, moment: datetime | None = None, actor: Actor = ACTOR
) -> list[Concern]:
    moment = moment or now()
    async with house.database.session() as session:
        upcoming = await history.list_upcoming(session, actor, definition.chain_id, now=moment)
        return await history.list_concerns(session, actor, definition.chain_id, now=moment, upcoming=upcoming)


async def lines_of(
    house: SmallHouse, definition: Definition, actor: Actor = ACTOR, **given: Any
) -> Sequence[HistoryLine]:
    async with house.database.session() as session:
        return (await history.read_history(session, actor, definition, **given)).lines


def describe(line: HistoryLine) -> str:
    """Return what a line is about in a few words."""
    if line.run is not None:
        return f"run {line.run.state}"
    if line.moment is not None:
        return f"moment {line.moment.outcome}"
    assert line.change is not None
    return f"{line.change.object_kind} {line.change.action}"


async def test_last_bad_run_needs_attention(house: SmallHouse) -> None:
    replies = [Reply(422), Reply()]
    async with run_receiver(lambda _: replies[0]) as receiver:
        definition = await make_export(house, receiver.url)
        bad = await run_to_end(house, definition)
        (concern,) = await concerns_of(house, definition)
        assert (concern.kind, concern.run and concern.run.id) == (ConcernKind.FAILED, bad.id)
        assert concern.reason
        replies.pop(0)
        await run_to_end(house, definition)
    assert await concerns_of(house, definition) == []


async def test_held_run_comes_first_with_its_finding(house: SmallHouse) -> None:
    definition = await make_export(house, query="SELECT membership_id AS id FROM members WHERE balance < 0", body={})
    async with house.database.session() as session:
        change = DefinitionChange(gates=Gates(empty=GateLevel.HOLD))
        definition = await exports.update_definition(
            session, ACTOR, definition, change, keys=house.resources.keys, now=now()
        )
    await run_to_end(house, definition)
    (concern,) = await concerns_of(house, definition)
    assert (concern.kind, concern.reason) == (ConcernKind.HELD, "The query selected no row.")


async def test_moment_that_nobody_claims_is_late(house: SmallHouse) -> None:
    definition = await make_export(house)
    await schedule(house, definition, NOON - timedelta(minutes=30))
    assert await concerns_of(house, definition, NOON + timedelta(seconds=30)) == []
    (concern,) = await concerns_of(house, definition, NOON + timedelta(minutes=2))
    assert (concern.kind, concern.at) == (ConcernKind.LATE, NOON)


async def test_run_past_its_deadline_is_overdue(house: SmallHouse) -> None:
    definition = await make_export(house)
    await schedule(house, definition, NOON - timedelta(minutes=30), started_within_seconds=600)
    assert await start_due(at(house, NOON)) == 1
    assert await concerns_of(house, definition, NOON + timedelta(minutes=9)) == []
    (concern,) = await concerns_of(house, definition, NOON + timedelta(minutes=11))
    assert (concern.kind, concern.reason) == (ConcernKind.OVERDUE, "The run has not begun by its deadline.")


async def test_missed_moments_are_counted_with_their_reason(house: SmallHouse) -> None:
    definition = await make_export(house)
    await schedule(house, definition, NOON - timedelta(minutes=30), catch_up_seconds=0)
    back = NOON + timedelta(hours=2, minutes=30)
    await start_due(at(house, back))
    (concern,) = await concerns_of(house, definition, back)
    assert concern.kind is ConcernKind.MISSED
    assert concern.reason == "3 moments passed without a run: no worker was there in time."


async def test_paused_schedule_waits_until_it_is_resumed(house: SmallHouse) -> None:
    definition = await make_export(house)
    await schedule(house, definition, NOON - timedelta(minutes=30))
    async with house.database.session() as session:
        await session.execute(PAUSE, {"at": NOON})
    (concern,) = await concerns_of(house, definition, NOON)
    assert (concern.kind, concern.reason) == (ConcernKind.PAUSED, "It failed.")
    with pytest.raises(DeniedError):
        async with house.database.session() as session:
            await exports.resume_schedule(session, READER, house.resources, definition_id=definition.id)
    async with house.database.session() as session:
        await exports.resume_schedule(session, ACTOR, at(house, NOON), definition_id=definition.id)
        resumed = await get_schedule(session, ACTOR, definition_id=definition.id)
    assert resumed is not None
    assert (resumed.paused_at, resumed.next_at) == (None, NOON + timedelta(hours=1))
    assert await concerns_of(house, definition, NOON) == []
    assert "export_definition resumed" in [describe(line) for line in await lines_of(house, definition)]


async def test_outsider_learns_nothing(house: SmallHouse) -> None:
    async with run_receiver(lambda _: Reply(422)) as receiver:
        definition = await make_export(house, receiver.url)
        await run_to_end(house, definition)
    chain = definition.chain_id
    assert await concerns_of(house, definition, actor=OUTSIDER) == []
    async with house.database.session() as session:
        assert await history.list_latest_runs(session, OUTSIDER, chain) == []
        assert await history.list_active_runs(session, OUTSIDER, chain) == []
        assert await history.list_run_hours(session, OUTSIDER, chain, now=now()) == {}
        assert await history.list_past_runs(session, OUTSIDER, definition_id=definition.id) == []
        assert (await history.read_history(session, OUTSIDER, definition)).lines == ()


async def test_moments_of_the_coming_day_are_listed(house: SmallHouse) -> None:
    definition = await make_export(house)
    await schedule(house, definition, NOON - timedelta(minutes=30))
    async with house.database.session() as session:
        (found,) = await history.list_upcoming(session, ACTOR, definition.chain_id, now=NOON - timedelta(minutes=30))
    assert (found.label, found.moments[0], len(found.moments)) == ("Members out", NOON, 24)
    assert not found.more
    assert not found.late


async def test_runs_count_for_the_profile_they_call(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await make_export(house, receiver.url)
        run = await run_to_end(house, definition)
        await run_to_end(house, definition)
    async with house.database.session() as session:
        moment = (run.finished_at or now()) + timedelta(minutes=30)
        found = await history.list_run_hours(session, ACTOR, definition.chain_id, now=moment)
        too_late = await history.list_run_hours(session, ACTOR, definition.chain_id, now=moment + timedelta(days=1))
    (hours,) = found.values()
    assert counts(hours) == {0: (2, 0)}
    assert too_late == {}


def counts(hours: Mapping[int, Any]) -> dict[int, tuple[int, int]]:
    return {ago: (count.passed, count.failed) for ago, count in hours.items()}


async def test_settings_stand_between_runs(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await make_export(house, receiver.url)
        await run_to_end(house, definition)
        async with house.database.session() as session:
            change = DefinitionChange(description="Nightly")
            await exports.update_definition(session, ACTOR, definition, change, keys=house.resources.keys, now=now())
        await run_to_end(house, definition)
    *latest, created, template, query, profile = [describe(line) for line in await lines_of(house, definition)]
    assert latest == ["run completed", "export_definition updated", "run completed"]
    assert {created, template, query, profile} == {
        f"{kind} created" for kind in ("export_definition", "http_template", "query", "connection_profile")
    }


async def test_changes_are_for_readers_of_the_audit_log(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await make_export(house, receiver.url)
        await run_to_end(house, definition)
    assert [describe(line) for line in await lines_of(house, definition, READER)] == ["run completed"]


async def test_pages_of_the_history_leave_nothing_out(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        definition = await make_export(house, receiver.url)
        for _ in range(3):
            await run_to_end(house, definition)
    whole = [line.at for line in await lines_of(house, definition)]
    paged: list[datetime] = []
    before: datetime | None = None
    async with house.database.session() as session:
        while True:
            part = await history.read_history(session, ACTOR, definition, before=before, count=2)
            paged += [line.at for line in part.lines]
            before = part.before
            if before is None:
                break
    assert paged == whole
    assert len(whole) > 4


def test_lines_of_one_moment_stay_together() -> None:
    lines = [HistoryLine(NOON - timedelta(minutes=minutes)) for minutes in (0, 1, 1, 1, 2)]
    cut = cut_history(lines, 2)
    assert (len(cut.lines), cut.before) == (4, NOON - timedelta(minutes=1))
    assert cut_history(lines, 5).before is None


async def test_rates_count_only_what_was_sent(house: SmallHouse) -> None:
    async with run_receiver() as receiver:
        run = await run_to_end(house, await make_export(house, receiver.url))
    async with house.database.session() as session:
        await session.execute(SKIP_LAST, {"id": run.id})
        for part in ("requests", "attempts"):
            await session.execute(text(LATER.format(part)), {"id": run.id})
        rates = await log.list_rates(session, ACTOR, run.id)
    assert [rate.rows for rate in rates] == [10, *[0] * 9, 10]
    assert [rate.accepted for rate in rates] == [1, *[0] * 9, 1]
    assert rates[1].p99_ms is None
    assert rates[0].p99_ms is not None


async def test_run_without_answers_has_no_rates(house: SmallHouse) -> None:
    run = await start_run(house, await make_export(house))
    async with house.database.session() as session:
        assert await log.list_rates(session, ACTOR, run.id) == []
