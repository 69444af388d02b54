"""The home page: what needs attention, how destinations fare, what runs next, and who sees which part."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, create_export, create_members
from tests.builders.receivers import Reply
from tests.web.conftest import Browser, Site
from tests.web.test_held_runs import make_held
from tests.web.test_run_pages import make_run, words

from tessera.connectors.calls import Health, ProfileDay
from tessera.exports import Definition
from tessera.exports.history import Concern, ConcernKind, HourCount, UpcomingRuns
from tessera.exports.schedules import set_schedule
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.ids import new_id
from tessera.platform.mail import MailMessage, send_mail
from tessera.platform.schedules import Policies
from tessera.web.home.attention import lines_of
from tessera.web.home.destinations import make_destinations
from tessera.web.home.lanes import make_day

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
PAUSE = text(
    "UPDATE schedules SET paused_at = now(), failures = 3, next_at = NULL, pause_reason = 'It failed 3 times.'"
)
FAILED_CALL = text("""
INSERT INTO profile_calls (profile_id, chain_id, kind, passed, message)
SELECT id, chain_id, 'test', false, 'The credentials were refused.' FROM connection_profiles
""")


async def make_scheduled(site: Site) -> Definition:
    """Make an export that runs every hour."""
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    async with site.house.database.session() as session:
        await set_schedule(
            session,
            ACTOR,
            site.house.resources,
            definition_id=definition.id,
            schedule=Schedule(Recurrence.REPEAT, cron="0 * * * *"),
            policies=Policies(),
        )
    return definition


async def read_home(browser: Browser) -> str:
    return words((await browser.get("/")).text)


async def test_held_run_leads_to_its_release(site: Site, owner: Browser) -> None:
    run = await make_held(site.house)
    home = (await owner.get("/")).text
    assert "1 thing needs attention" in words(home)
    assert "The query selected no row. Release…" in words(home)
    assert f'href="/admin/exports/runs/{run.id}" aria-label="Release…: Members out"' in home


async def test_reader_opens_what_others_release(site: Site, reader: Browser) -> None:
    await make_held(site.house)
    home = await read_home(reader)
    assert "The query selected no row. Open run" in home
    assert "Release" not in home


async def test_paused_schedule_is_resumed_from_home(site: Site, owner: Browser, reader: Browser) -> None:
    definition = await make_scheduled(site)
    assert "What runs next Members out" in await read_home(owner)
    async with site.house.database.session() as session:
        await session.execute(PAUSE)
    assert "It failed 3 times. Open export" in await read_home(reader)
    assert "It failed 3 times. Resume" in await read_home(owner)
    path = f"/admin/exports/definitions/{definition.id}/resume"
    assert (await reader.post(path, csrf_token=await reader.token())).status_code == 403
    answer = await owner.post(path, csrf_token=await owner.token())
    assert answer.headers["location"] == f"/admin/exports/definitions/{definition.id}/schedule"
    home = await read_home(owner)
    assert "Resumed. It runs by its schedule again." in home
    assert "Nothing needs attention" in home
    assert "What runs next Members out" in home


async def test_destination_shows_runs_and_failing_tests(site: Site, owner: Browser, reader: Browser) -> None:
    await make_run(site.house, members=1)
    home = await read_home(owner)
    assert "Destinations in the last 24 hours Receiver Fine" in home
    assert "1 passed, none failed" in home
    async with site.house.database.session() as session:
        await session.execute(FAILED_CALL)
    home = await read_home(owner)
    assert "Receiver connection failing just now The credentials were refused. Open profile" in home
    assert "Receiver Failing" in home
    assert "1 passed, 1 failed" in home
    assert "Receiver" not in await read_home(reader)


async def test_waiting_mails_are_for_those_who_see_them(site: Site, owner: Browser, reader: Browser) -> None:
    async with site.house.database.session() as session:
        await send_mail(session, site.house.resources, [MailMessage("ada@example.com", "Run failed", ("It failed.",))])
    home = await read_home(owner)
    assert "1 mail waiting just now No mail server is set" in home
    assert "outbox" not in await read_home(reader)


async def test_fresh_chain_shows_steps_and_no_verdict(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 1)
    home = await read_home(owner)
    assert "First steps" in home
    assert "Nothing needs attention" not in home
    assert "What runs next" not in home


async def test_runs_of_another_chain_stay_there(site: Site, owner: Browser, outsider: Browser) -> None:
    await make_run(site.house, Reply(401), members=1)
    assert "Members out" in await read_home(owner)
    assert "Members out" not in await read_home(outsider)


def test_many_late_exports_are_one_line() -> None:
    late = [Concern(ConcernKind.LATE, new_id(), f"Export {n}", NOON, "No worker.") for n in range(5)]
    (line,) = lines_of(late, may_change=True)
    assert (line.label, line.path) == ("5 exports or more", "/admin/exports/definitions")
    assert len(lines_of(late[:3], may_change=True)) == 3


def test_failing_destination_comes_first() -> None:
    days = [
        ProfileDay(new_id(), label, "http_api", True, health, NOON, None, "", (0, 0, 5), (1,))
        for label, health in (("A", Health.FINE), ("B", Health.NEEDS_YOU))
    ]
    first, second = make_destinations(days, {days[0].profile_id: {5: HourCount(8, 2)}})
    assert (first.label, first.passed, first.failed) == ("B", 3, 1)
    assert (second.passed, second.failed) == (11, 3)
    assert [bar.title for bar in second.bars] == [
        "5 to 6 h ago: 9 passed, 2 failed",
        "1 to 2 h ago: 0 passed, 1 failed",
        "in the last hour: 2 passed, 0 failed",
    ]
    assert max(bar.passed + bar.failed for bar in second.bars) == pytest.approx(24, abs=0.2)


def test_lane_begins_with_the_current_hour() -> None:
    moments = [NOON + timedelta(minutes=30), NOON + timedelta(hours=23, minutes=45)]
    day = make_day([UpcomingRuns(new_id(), "A", moments, more=False, late=False)], NOON)
    (lane,) = day.lanes
    assert [mark.x for mark in lane.marks] == [20.0]
    assert (day.ticks[0].hour, day.now_x, lane.words) == (12, 10.0, "2 times")
    assert make_day([UpcomingRuns(new_id(), "B", moments, more=False, late=True)], NOON).lanes == []


async def test_history_lists_runs_between_changes(site: Site, owner: Browser, reader: Browser) -> None:
    run = await make_run(site.house, members=1)
    path = f"/admin/exports/definitions/{run.definition_id}/history"
    page = (await owner.get(path)).text
    assert "Completed 1 row: 1 sent, 0 failed" in words(page)
    assert "Export created by test command line" in words(page)
    assert "HTTP template created members" in words(page)
    assert f'href="/admin/exports/runs/{run.id}"' in page
    shown = words((await reader.get(path)).text)
    assert "Completed 1 row" in shown
    assert "Export created" not in shown
    assert "Nothing older" in words((await owner.get(f"{path}?before=2001-01-01T00:00:00%2B00:00")).text)
    assert "Completed 1 row" in words((await owner.get(f"{path}?before=nonsense")).text)


async def test_definition_shows_its_last_runs(site: Site, owner: Browser, reader: Browser) -> None:
    run = await make_run(site.house, Reply(422), members=1)
    for browser in (owner, reader):
        page = (await browser.get(f"/admin/exports/definitions/{run.definition_id}")).text
        assert "Refused 100.0 %" in words(page)
        assert f'<a href="/admin/exports/runs/{run.id}" aria-label=' in page


async def test_expiring_key_is_named(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    async with site.house.database.session() as session:
        await session.execute(
            text("""
INSERT INTO encryption_keys (id, chain_id, type, label, internal_name, algorithm, fingerprint, expires_at,
                             sealed_material, material_set_at, created_by, updated_by)
SELECT gen_random_uuid(), :chain, 'pgp_public_key', label, label, 'rsa', label, now() + days * interval '1 day', 'x',
       now(), 'test', 'test' FROM (VALUES ('Soon', 7), ('Gone', -1), ('Later', 90)) AS made (label, days)
"""),
            {"chain": chain},
        )
    home = await read_home(owner)
    assert "Gone key expired It expired on" in home
    assert "Soon key expires soon It expires on" in home
    assert "Later" not in home.partition("First steps")[0]
