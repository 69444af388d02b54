"""Step 3 of seed 002 in a real browser, with scripts and without: the schedule, and who is notified by mail.

The words in quotation marks are the seed's. Pictures go to the folder that TESSERA_SCREENSHOTS names.
"""

import pytest
from playwright.async_api import Browser, Page, expect
from tests.browser.test_accessibility import look_at_shown
from tests.browser.test_seed_002 import LIST, SCRIPTS, Visitor, visitor
from tests.builders.house import ACTOR

from tessera.exports import timing
from tessera.platform.calendar import Schedule

__all__ = ["visitor"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ONLY_SCRIPTS = pytest.mark.parametrize("scripts", [True], ids=["scripts"])
INTERVALS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("15 Minutes", {}, "*/15 * * * *"),
    ("30 Minutes", {}, "*/30 * * * *"),
    ("Hour", {"Minute past the hour": "20"}, "20 * * * *"),
    ("Day", {"Time of day": "06:45"}, "45 6 * * *"),
    ("Week", {"Day of the week": "Friday", "Time of day": "06:45"}, "45 6 * * 5"),
    ("Month", {"Day of the month": "15", "Time of day": "02:00"}, "0 2 15 * *"),
    ("Year", {"Day": "29", "Month": "February", "Time of day": "09:00"}, "0 9 29 2 *"),
)


async def open_schedule(visitor: Visitor) -> Page:
    """ "At the top of the Export Definition Details screen, click Schedule." """
    await visitor.open_export("Members out")
    await visitor.page.get_by_role("navigation", name="Steps").get_by_role("link", name="Schedule").click()
    await expect(visitor.page.get_by_role("heading", name="Schedule", exact=True)).to_be_visible()
    return visitor.page


async def save(page: Page) -> None:
    """ "Click Save." """
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.get_by_text("Saved.")).to_be_visible()


async def stored(visitor: Visitor) -> Schedule:
    """Return the schedule as it is stored."""
    async with visitor.site.house.database.session() as session:
        found = await timing.get_schedule(session, ACTOR, definition_id=visitor.definition.id)
    assert found is not None
    return found.schedule


async def give(page: Page, label: str, value: str) -> None:
    """Choose or type a value."""
    field = page.get_by_label(label, exact=True)
    if await field.evaluate("each => each.tagName") == "SELECT":
        await field.select_option(label=value)
    else:
        await field.fill(value)


@SCRIPTS
async def test_export_executes_once(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    # "Toggle Enabled to Yes." "From the Recurrence drop-down menu, select Once."
    await page.get_by_role("switch", name="Enabled").check()
    await page.get_by_label("Recurrence").select_option("Once")
    if visitor.scripts:
        # "Click into the Execute Once On field. A calendar pop-up window is displayed."
        await page.get_by_label("Execute Once On", exact=True).click()
        calendar = page.get_by_role("dialog")
        await calendar.wait_for()
        await page.keyboard.press("PageDown")
        await page.keyboard.press("Enter")
        # "Within the calendar pop-up window, click the clock icon. Define the time"
        await calendar.get_by_role("button", name="Choose the time").click()
        await calendar.get_by_label("Hour").select_option("06")
        await calendar.get_by_label("Minute").select_option("45")
        await visitor.picture("6-calendar")
        await calendar.get_by_role("button", name="Close", exact=True).click()
    else:
        await page.get_by_label("Execute Once On", exact=True).fill("2099-07-01T06:45")
    # "From the Time Zone menu, select the time zone"
    await page.get_by_label("Time Zone").select_option("America/New_York")
    await save(page)
    await visitor.picture("6-once")
    kept = await stored(visitor)
    assert kept.once_at is not None
    assert (kept.recurrence, kept.zone, f"{kept.once_at:%H:%M}") == ("once", "America/New_York", "06:45")


@SCRIPTS
async def test_all_seven_intervals_write_their_expressions(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    await page.get_by_role("switch", name="Enabled").check()
    await page.get_by_label("Recurrence").select_option("Repeat")
    cron = page.get_by_label("CRON Expression")
    for interval, fields, written in INTERVALS:
        # "Next to Schedule Composer, select an interval"
        await page.get_by_label("Schedule Composer").last.select_option(interval)
        for label, value in fields.items():
            await give(page, label, value)
        if not visitor.scripts:
            await page.get_by_role("button", name="Update").click()
        # "the CRON Expression field is automatically populated with the associated CRON expression"
        await expect(cron).to_have_value(written)
    await visitor.picture("7-year")
    await expect(page.locator("#look")).to_contain_text("29 February is in leap years only")
    await page.get_by_label("Schedule Composer").last.select_option("Week")
    # "Optionally, using the From and To fields, define the export schedule begin and end date."
    await page.get_by_label("From", exact=False).first.fill("2099-01-01")
    await page.get_by_label("Time Zone").select_option("Europe/Berlin")
    await save(page)
    kept = await stored(visitor)
    assert (kept.cron, kept.zone, str(kept.from_date)) == ("0 9 * * 5", "Europe/Berlin", "2099-01-01")
    await expect(page.locator("#look")).to_contain_text("Every Friday at 09:00 (Europe/Berlin)")
    await visitor.picture("7-repeat")


@ONLY_SCRIPTS
async def test_advanced_mode_frees_the_text(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    await page.get_by_role("switch", name="Enabled").check()
    cron, interval = page.get_by_label("CRON Expression"), page.get_by_label("Schedule Composer").last
    await expect(cron).not_to_be_editable()
    # "to manually edit this expression, check Advanced Mode"
    await page.get_by_label("Advanced Mode").check()
    await expect(interval).to_be_disabled()
    await cron.fill("0 0 8 ? * MON#1")
    await expect(page.locator("#look")).to_contain_text("first Monday")
    await visitor.picture("8-advanced")
    await page.get_by_label("Advanced Mode").click()
    question = page.get_by_role("dialog", name="Replace the expression?")
    await expect(question).to_contain_text("0 6 * * *")
    await expect(page.locator("#look")).to_contain_text("first Monday")
    await visitor.picture("8-question")
    await question.get_by_role("button", name="Keep it").click()
    await expect(cron).to_have_value("0 0 8 ? * MON#1")
    await expect(page.get_by_label("Advanced Mode")).to_be_checked()
    await page.get_by_label("Advanced Mode").click()
    await question.get_by_role("button", name="Replace", exact=True).click()
    await expect(cron).to_have_value("0 6 * * *")
    await expect(interval).to_be_enabled()
    await interval.select_option("30 Minutes")
    await expect(cron).to_have_value("*/30 * * * *")
    await save(page)
    assert (await stored(visitor)).cron == "*/30 * * * *"


@SCRIPTS
async def test_error_and_success_are_mailed(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    # "toggle Error to Yes, then enter the email addresses for the notification recipients"
    await page.get_by_role("switch", name="Error").check()
    await page.get_by_label("Addresses on error").fill("ops@example.com; ada@example.com")
    # "toggle Success to Yes, then enter the email addresses"
    await page.get_by_role("switch", name="Success").check()
    await page.get_by_label("Addresses on success").fill("ada@example.com")
    await save(page)
    await visitor.picture("9-notices")
    rules = (await visitor.stored("Members out")).notices
    assert rules.error.addresses == ("ops@example.com", "ada@example.com")
    assert rules.success.addresses == ("ada@example.com",)
    await expect(page.locator("#look")).to_contain_text("On error: ops@example.com, ada@example.com")


@SCRIPTS
async def test_webhook_is_tried_and_its_secret_shown_once(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    if visitor.scripts:
        await page.get_by_role("button", name="Add target").click()
    row = page.get_by_role("group", name="New target")
    await row.get_by_label("Channel").select_option("Webhook")
    await row.get_by_label("Label").fill("Night desk")
    await row.get_by_label("URL", exact=True).first.fill("https://hooks.example.com/notices")
    await row.get_by_role("button", name="Send a test").click()
    await expect(page.locator("#tested")).to_contain_text("A test is on its way to")
    await visitor.picture("10-target")
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.locator(".drawn-secret code")).to_contain_text("whsec_")
    await visitor.picture("10-secret")
    await page.goto(f"{LIST}/{visitor.definition.id}/schedule")
    await expect(page.locator(".drawn-secret")).to_have_count(0)
    await expect(page.get_by_role("group", name="Night desk")).to_contain_text("Set; type to replace it.")


@ONLY_SCRIPTS
async def test_keyboard_alone_schedules_an_export(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{LIST}/{visitor.definition.id}/schedule")
    await page.get_by_role("switch", name="Enabled").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Recurrence")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.type("W")
    await expect(page.get_by_label("Day of the week")).to_be_visible()
    await page.keyboard.press("Tab")
    await page.keyboard.type("F")
    await expect(page.get_by_label("CRON Expression")).to_have_value("0 6 * * 5")
    await page.get_by_label("Time of day").press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await stored(visitor)).cron == "0 6 * * 5"


@ONLY_SCRIPTS
async def test_reader_sees_the_times_of_their_own_zone(visitor: Visitor, browser: Browser) -> None:
    cookies = await visitor.page.context.cookies()
    context = await browser.new_context(base_url=visitor.site.address, timezone_id="America/New_York")
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{LIST}/{visitor.definition.id}/schedule")
    await page.get_by_role("switch", name="Enabled").check()
    await page.get_by_label("Time Zone").select_option("Asia/Tokyo")
    times = page.locator("#look .fire-times li")
    await expect(times).to_have_count(5)
    await expect(times.first).to_contain_text("06:00")
    await expect(times.first).to_contain_text("21:00 UTC")
    await expect(times.first.locator("time")).to_contain_text("America/New_York")
    await context.close()


@ONLY_SCRIPTS
async def test_axe_finds_nothing_serious_in_the_filled_step(visitor: Visitor) -> None:
    page = await open_schedule(visitor)
    await page.get_by_role("switch", name="Enabled").check()
    await page.get_by_role("switch", name="Error").check()
    await page.get_by_role("button", name="Add target").click()
    await page.get_by_role("group", name="New target").get_by_label("Channel").select_option("Heartbeat")
    await page.locator("details.more").evaluate_all("all => all.forEach((each) => (each.open = true))")
    faults = await look_at_shown(page, "the schedule")
    await page.get_by_label("Advanced Mode").check()
    faults += await look_at_shown(page, "Advanced Mode")
    assert not faults, "\n".join(faults)
