"""The step Schedule: when an export runs by itself, in all seven intervals, by hand, once."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.web.conftest import Browser, build_site, open_browser
from tests.web.test_export_pages import ACTOR, NEW, PATH, Desk, desk
from tests.web.test_run_pages import words

from tessera import exports
from tessera.exports import DefinitionChange, timing
from tessera.exports.scheduled_runs import start_due
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.schedules import Overlap, Policies, StoredSchedule

__all__ = ["desk"]

REPEAT = {"enabled": "true", "recurrence": "repeat", "zone": "Europe/Berlin", "interval": "day", "at": "06:00"}
ONCE = {"enabled": "true", "recurrence": "once", "zone": "Europe/Berlin"}


async def save(desk: Desk, fields: dict[str, str]) -> str:
    """Save the step; return where it leads, or the words of the page that comes instead."""
    return await desk.send(f"{desk.own}/schedule", **fields, step="save")


async def stored(desk: Desk) -> StoredSchedule | None:
    """Return the schedule as it is stored."""
    async with desk.site.house.database.session() as session:
        return await timing.get_schedule(session, ACTOR, definition_id=desk.definition.id)


async def schedule(desk: Desk, given: Schedule, policies: Policies | None = None) -> None:
    """Store a schedule."""
    async with desk.site.house.database.session() as session:
        await timing.set_schedule(
            session,
            ACTOR,
            desk.site.house.resources,
            definition_id=desk.definition.id,
            schedule=given,
            policies=policies or Policies(),
        )


@pytest.mark.parametrize(
    ("fields", "cron"),
    [
        ({"interval": "15_minutes"}, "*/15 * * * *"),
        ({"interval": "30_minutes"}, "*/30 * * * *"),
        ({"interval": "hour", "minute": "20"}, "20 * * * *"),
        ({"interval": "day", "at": "06:45"}, "45 6 * * *"),
        ({"interval": "week", "weekday": "0", "at": "06:45"}, "45 6 * * 0"),
        ({"interval": "month", "month_day": "31", "at": "02:00"}, "0 2 31 * *"),
        ({"interval": "month", "month_day": "last", "at": "02:00"}, "0 0 2 L * ?"),
        ({"interval": "year", "year_day": "29", "month": "2", "at": "09:00"}, "0 9 29 2 *"),
    ],
)
async def test_each_interval_writes_its_expression(desk: Desk, fields: dict[str, str], cron: str) -> None:
    assert await save(desk, {**REPEAT, **fields, "cron": "typed without Advanced Mode"}) == f"{desk.own}/schedule"
    found = await stored(desk)
    assert found is not None
    assert (found.schedule.cron, found.schedule.advanced, found.schedule.zone) == (cron, False, "Europe/Berlin")
    page = (await desk.owner.get(f"{desk.own}/schedule")).text
    assert f'name="cron" value="{cron}"' in page
    assert f'<option value="{fields["interval"]}" selected>' in page


async def test_once_is_stored_by_the_clocks_of_its_zone(desk: Desk) -> None:
    assert await save(desk, {**ONCE, "once_at": "2099-07-01T09:30"}) == f"{desk.own}/schedule"
    found = await stored(desk)
    assert found is not None
    assert found.schedule.recurrence is Recurrence.ONCE
    assert found.next_at == datetime(2099, 7, 1, 7, 30, tzinfo=UTC)
    assert "Wed 1 Jul 2099, 09:30" in await desk.read(f"{desk.own}/schedule")


@pytest.mark.parametrize(
    ("fields", "name", "fault"),
    [
        ({**ONCE, "once_at": ""}, "once_at", "Required."),
        ({**ONCE, "once_at": "2020-01-01T00:00"}, "once_at", "is past"),
        ({**ONCE, "once_at": "2099-03-29T02:30"}, "once_at", "does not exist in Europe/Berlin"),
        ({**REPEAT, "zone": "Mars/Olympus"}, "zone", "Choose one of the list."),
        ({**REPEAT, "interval": "hour", "minute": "60"}, "minute", "Enter a whole number from 0 to 59."),
        ({**REPEAT, "at": "25:00"}, "at", "Enter a time as HH:MM."),
        ({**REPEAT, "interval": "year", "year_day": "31", "month": "4"}, "year_day", "April has no day 31"),
        ({**REPEAT, "advanced": "true", "cron": "* * * * *"}, "cron", "At least 5 minutes"),
        ({**REPEAT, "advanced": "true", "cron": "soon"}, "cron", "soon"),
        ({**REPEAT, "from": "2099-01-02", "to": "2099-01-01"}, "to", "is before From"),
        ({**REPEAT, "to": "2020-01-01"}, "to", "is past"),
        ({**REPEAT, "excluded": "Christmas"}, "excluded", "is no date"),
        ({**REPEAT, "started_minutes": "60", "finished_minutes": "30"}, "finished_minutes", "more time to finish"),
        ({**REPEAT, "catch_up_number": "101"}, "catch_up_number", "from 0 to 100"),
        ({"least_rows": "9", "most_rows": "3"}, "most_rows", "Enter at least 9"),
    ],
)
async def test_each_fault_is_beside_its_field(desk: Desk, fields: dict[str, str], name: str, fault: str) -> None:
    answer = await desk.owner.post(f"{desk.own}/schedule", csrf_token=await desk.owner.token(), **fields, step="save")
    assert answer.status_code == 422
    beside = re.search(rf'class="field-error" id="{name}-words">([^<]+)', answer.text)
    assert beside is not None
    assert fault in beside[1]
    assert f'href="#{name}"' in answer.text


async def test_expression_typed_by_hand_is_kept(desk: Desk) -> None:
    await save(desk, {**REPEAT, "advanced": "true", "cron": "0 0/20 8-17 ? * MON-FRI"})
    found = await stored(desk)
    assert found is not None
    assert (found.schedule.cron, found.schedule.advanced) == ("0 0/20 8-17 ? * MON-FRI", True)
    assert 'value="0 0/20 8-17 ? * MON-FRI"' in (await desk.owner.get(f"{desk.own}/schedule")).text


async def test_leaving_advanced_mode_asks_before_the_text_is_lost(desk: Desk) -> None:
    await save(desk, {**REPEAT, "advanced": "true", "cron": "7 6 * * *"})
    asked = await save(desk, REPEAT)
    assert asked.startswith("422")
    assert "7 6 * * * would be replaced by 0 6 * * *" in asked
    assert await save(desk, {**REPEAT, "replace_cron": "true"}) == f"{desk.own}/schedule"
    found = await stored(desk)
    assert found is not None
    assert (found.schedule.cron, found.schedule.advanced) == ("0 6 * * *", False)


async def test_dates_and_policies_are_stored_to_the_second(desk: Desk) -> None:
    await schedule(desk, Schedule(cron="0 6 * * *"), Policies(catch_up_seconds=90, stagger_seconds=7))
    dates = {"from": "2099-01-01", "to": "2099-12-31", "excluded": "2099-12-25"}
    more = {"overlap": "after", "catch_up_minutes": "2", "catch_up_number": "3", "pause_after": "5"}
    await save(desk, {**REPEAT, **dates, **more, "started_minutes": "10", "finished_minutes": "60"})
    found = await stored(desk)
    assert found is not None
    assert [str(day) for day in found.schedule.excluded_dates] == ["2099-12-25"]
    assert found.policies == Policies(Overlap.AFTER, 90, 3, 7, 5, 600, 3600)


async def test_switching_off_keeps_everything(desk: Desk) -> None:
    await save(desk, REPEAT)
    await save(desk, {"queue": "low"})
    found = await stored(desk)
    assert found is not None
    assert (found.schedule.cron, found.schedule.enabled, found.next_at) == ("0 6 * * *", False, None)
    assert (await desk.stored()).queue == "low"
    assert "Only when a user runs it" in await desk.read(f"{desk.own}/schedule")


async def test_enabling_lets_a_disabled_export_run(desk: Desk) -> None:
    await desk.change(DefinitionChange(enabled=False))
    await save(desk, REPEAT)
    assert (await desk.stored()).enabled


async def test_look_composes_and_says_the_next_five(desk: Desk) -> None:
    answer = await desk.owner.client.post(
        f"{desk.own}/schedule/look",
        data={**REPEAT, "interval": "month", "month_day": "31", "csrf_token": await desk.owner.token()},
        headers={"HX-Request": "true"},
    )
    assert '<data data-fills="cron" value="0 6 31 * *">' in answer.text
    assert answer.text.count("<li>") == 5
    assert "06:00" in answer.text
    assert "On day 31 of every month" in words(answer.text)
    assert "Choose the last day of the month" in answer.text
    assert await stored(desk) is None


async def test_update_composes_without_scripts(desk: Desk) -> None:
    page = await desk.owner.post(
        f"{desk.own}/schedule/look",
        **{**REPEAT, "interval": "week", "weekday": "5", "do": "compose", "csrf_token": await desk.owner.token()},
    )
    assert 'name="cron" value="0 6 * * 5"' in page.text
    assert "Every Friday at 06:00 (Europe/Berlin)" in page.text


async def test_new_export_is_stored_with_its_schedule(desk: Desk) -> None:
    asked = urlencode({"label": "Gold members", "destination": "http_api"})
    mails = {"error": "true", "error_addresses": "ops@example.com\nada@example.com"}
    place = await desk.send(f"{NEW}/{desk.definition.chain_id}/schedule?{asked}", **REPEAT, **mails, step="save")
    for step, fields in (("filter", desk.filter_fields), ("destination", desk.destination_fields)):
        place = await desk.send(re.sub(r"/[a-z]+\?", f"/{step}?", place), **fields, step="save")
    made = place.split("/")[-2]
    page = (await desk.owner.get(f"{PATH}/{made}/schedule")).text
    assert "Every day at 06:00 (Europe/Berlin)" in page
    assert "On error: ops@example.com, ada@example.com" in words(page)


async def test_list_says_and_sorts_by_what_runs_next(desk: Desk) -> None:
    keys, clock = desk.site.house.resources.keys, desk.site.house.resources.clock
    async with desk.site.house.database.session() as session:
        made = await exports.copy_definition(session, ACTOR, definition_id=desk.definition.id, keys=keys, now=clock())
        change = DefinitionChange(label="Later", enabled=True)
        made = await exports.update_definition(session, ACTOR, made, change, keys=keys, now=clock())
    await schedule(desk, Schedule(cron="*/15 * * * *"))
    await schedule(replace(desk, definition=made), Schedule(cron="0 0 1 1 *"))
    page = await desk.read(f"{PATH}?sort=next_run")
    assert page.index("Members out") < page.index("Later")
    back = await desk.read(f"{PATH}?sort=-next_run")
    assert back.index("Later") < back.index("Members out")
    assert re.search(r"Never run in \d+ (min|s)", page)


async def test_paused_schedule_says_why_and_resumes(desk: Desk) -> None:
    await schedule(desk, Schedule(cron="0 6 * * *"))
    async with desk.site.house.database.session() as session:
        await session.execute(
            text("UPDATE schedules SET paused_at = now(), next_at = NULL, failures = 3, pause_reason = 'It failed.'")
        )
    assert "Paused" in await desk.read(PATH)
    page = await desk.read(f"{desk.own}/schedule")
    assert "Paused" in page
    assert "It failed." in page
    assert await desk.send(f"{desk.own}/resume") == f"{desk.own}/schedule"
    found = await stored(desk)
    assert found is not None
    assert found.state == "active"


async def test_page_lists_what_became_of_moments(desk: Desk) -> None:
    resources = desk.site.house.resources
    due = resources.clock().replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    await schedule(desk, Schedule(cron="0 * * * *"))
    await start_due(replace(resources, clock=lambda: due))
    await start_due(replace(resources, clock=lambda: due + timedelta(hours=1)))
    page = (await desk.owner.get(f"{desk.own}/schedule")).text
    assert re.search(r'<a href="/admin/exports/runs/[0-9a-f-]{36}"><span class="state">.*?Started', page, re.DOTALL)
    assert "previous run active" in page


async def test_moment_that_was_executed_says_so(desk: Desk) -> None:
    resources = desk.site.house.resources
    await schedule(desk, Schedule(Recurrence.ONCE, once_at=datetime.fromisoformat("2099-01-01T00:00")))
    later = replace(resources, clock=lambda: datetime(2099, 1, 1, tzinfo=UTC))
    await start_due(later)
    assert "Executed" in await desk.read(f"{desk.own}/schedule")
    # Saving something else does not ask for a later moment.
    fields = {
        **ONCE,
        "zone": "UTC",
        "once_at": "2099-01-01T00:00",
        "success": "true",
        "success_addresses": "a@b.example",
    }
    async with open_browser(build_site(desk.site.house, clock=later.clock)) as browser:
        await browser.sign_in("owner@example.com")
        answer = await browser.post(f"{desk.own}/schedule", csrf_token=await browser.token(), **fields, step="save")
    assert answer.status_code == 303


async def test_reader_may_not_open_the_step(desk: Desk, reader: Browser) -> None:
    assert (await reader.get(f"{desk.own}/schedule")).status_code == 403
    assert (await reader.post(f"{desk.own}/resume", csrf_token=await reader.token())).status_code == 403


async def test_copy_has_the_schedule_switched_off(desk: Desk) -> None:
    await save(desk, {**REPEAT, "error": "true", "error_addresses": "ops@example.com"})
    place = await desk.send(f"{desk.own}/copy")
    async with desk.site.house.database.session() as session:
        made = await exports.get_definition(session, ACTOR, definition_id=UUID(place.split("/")[-1]))
        found = await timing.get_schedule(session, ACTOR, definition_id=made.id)
    assert found is not None
    assert (found.schedule.cron, found.schedule.enabled, found.next_at) == ("0 6 * * *", False, None)
    assert made.notices.error.addresses == ("ops@example.com",)
