"""Parts of the kit that only a browser can judge: calendar, steps, conditions, mappings, charts."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Dialog, Page, expect
from tests.browser.conftest import EMAIL, PASSWORD, Site, serve_site
from tests.browser.test_accessibility import look_at_shown
from tests.builders.kit import kit_routes

from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
# Reading the clock of a page is left to the page: it stands still at this moment.
NOON = datetime(2026, 2, 15, 12, 20)  # noqa: DTZ001 - the browser's own clock


@pytest.fixture
async def site(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Site]:
    """Serve the pages and the form that shows every part."""
    with kit_routes() as routes:
        async with serve_site(database, query_address, keys, tmp_path, routes=routes) as served:
            yield served


async def open_calendar(page: Page, label: str) -> None:
    await page.clock.set_fixed_time(NOON)
    await page.goto("/kit/schedule")
    if label != "Execute Once On":
        await page.get_by_label("Recurrence").select_option("repeat")
    await page.get_by_label(label, exact=False).first.click()
    await page.get_by_role("dialog").wait_for()


async def focused(page: Page) -> str:
    found: str = await page.evaluate("document.activeElement.ariaLabel || document.activeElement.id")
    return found


async def test_click_into_the_field_opens_a_calendar(signed_in: Page) -> None:
    await open_calendar(signed_in, "Execute Once On")
    await signed_in.get_by_role("button", name="Friday, February 20, 2026").click()
    await signed_in.get_by_role("button", name="Choose the time").click()
    await signed_in.get_by_label("Hour").select_option("06")
    await signed_in.get_by_label("Minute").select_option("45")
    await signed_in.get_by_role("button", name="Close", exact=True).click()

    await expect(signed_in.locator("#once_on")).to_have_value("2026-02-20T06:45")
    await expect(signed_in.get_by_role("dialog")).to_have_count(0)


async def test_keys_walk_the_calendar(signed_in: Page) -> None:
    await open_calendar(signed_in, "Execute Once On")
    assert await focused(signed_in) == "Sunday, February 15, 2026"
    for key, day in (
        ("ArrowRight", "Monday, February 16, 2026"),
        ("ArrowDown", "Monday, February 23, 2026"),
        ("End", "Saturday, February 28, 2026"),
        ("Home", "Sunday, February 22, 2026"),
        ("ArrowUp", "Sunday, February 15, 2026"),
        ("ArrowLeft", "Saturday, February 14, 2026"),
        ("PageDown", "Saturday, March 14, 2026"),
        ("PageUp", "Saturday, February 14, 2026"),
        ("Shift+PageDown", "Sunday, February 14, 2027"),
    ):
        await signed_in.keyboard.press(key)
        assert await focused(signed_in) == day
    await signed_in.keyboard.press("Enter")
    await signed_in.keyboard.press("Escape")

    await expect(signed_in.locator("#once_on")).to_have_value("2027-02-14T13:00")
    assert await focused(signed_in) == "Calendar for Execute Once On"


async def test_short_month_takes_its_last_day(signed_in: Page) -> None:
    await signed_in.clock.set_fixed_time(NOON)
    await signed_in.goto("/kit/schedule")
    await signed_in.locator("#once_on").fill("2026-03-31T08:00")
    await signed_in.locator("#once_on").press("Alt+ArrowDown")
    await signed_in.get_by_role("dialog").wait_for()
    await signed_in.keyboard.press("PageUp")

    assert await focused(signed_in) == "Saturday, February 28, 2026"


async def test_days_out_of_bounds_cannot_be_chosen(signed_in: Page) -> None:
    await open_calendar(signed_in, "To")

    assert await focused(signed_in) == "Tuesday, November 10, 2026"
    await signed_in.keyboard.press("ArrowLeft")
    assert await focused(signed_in) == "Tuesday, November 10, 2026"
    await expect(signed_in.get_by_role("button", name="Monday, November 9, 2026")).to_be_disabled()
    await signed_in.keyboard.press("Enter")
    await expect(signed_in.locator("#to")).to_have_value("2026-11-10")


async def test_added_row_has_its_own_calendar(signed_in: Page) -> None:
    await signed_in.clock.set_fixed_time(NOON)
    await signed_in.goto("/kit/schedule")
    await signed_in.get_by_label("Recurrence").select_option("repeat")
    for day in ("Monday, February 16, 2026", "Tuesday, February 17, 2026"):
        await signed_in.get_by_role("button", name="Add date").click()
        await signed_in.get_by_role("button", name="Calendar for Excluded dates").last.click()
        await signed_in.get_by_role("button", name=day).click()
    values = await signed_in.locator("[name=excluded]").evaluate_all("(fields) => fields.map((field) => field.value)")

    assert values == ["2026-02-16", "2026-02-17"]


async def test_week_begins_as_the_reader_expects(browser: Browser, site: Site) -> None:
    heads = {}
    for locale in ("en-US", "de-DE"):
        context = await browser.new_context(base_url=site.address, locale=locale)
        page = await context.new_page()
        await sign_in(page)
        await open_calendar(page, "Execute Once On")
        heads[locale] = await page.locator(".calendar th").first.inner_text()
        await context.close()

    assert heads == {"en-US": "Su", "de-DE": "Mo"}


async def sign_in(page: Page) -> None:
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Home").wait_for()


async def test_next_saves_and_wrong_stays(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.address)
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/kit/filter")
    await page.get_by_label("Bigdata Query").select_option("members")
    await page.get_by_role("button", name="Next: Destination").click()
    await expect(page.get_by_role("link", name="1. Filter Done")).to_be_visible()
    await expect(page.get_by_role("link", name="2. Destination Open")).to_have_attribute("aria-current", "step")
    await page.get_by_role("button", name="Add row").click()
    await page.locator("#columns-0-source").select_option("email")
    await page.get_by_role("button", name="Next: Schedule").click()

    await expect(page.get_by_role("link", name="2. Destination Needs attention")).to_be_visible()
    await page.get_by_role("link", name="Name, row 1").click()
    await expect(page.locator("#columns-0-target")).to_be_focused()
    await expect(page.locator("#columns-0-source")).to_have_value("email")
    await context.close()


async def test_enter_saves_the_step(signed_in: Page) -> None:
    await signed_in.goto("/kit/schedule")
    await signed_in.get_by_label("Recurrence").select_option("repeat")
    await signed_in.get_by_label("Time of day").press("Enter")

    await expect(signed_in.get_by_role("link", name="3. Schedule Done")).to_have_attribute("aria-current", "step")


async def test_leaving_with_changes_asks(signed_in: Page) -> None:
    asked: list[str] = []

    async def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    signed_in.on("dialog", stay)
    await signed_in.goto("/kit/filter")
    await signed_in.get_by_label("Bigdata Query").select_option("all")
    await signed_in.get_by_role("link", name="3. Schedule Open").click()

    await expect(signed_in.get_by_label("Bigdata Query")).to_have_value("all")
    assert asked == ["beforeunload"]


async def test_automatic_mapping_keeps_what_is_typed(signed_in: Page) -> None:
    await signed_in.goto("/kit/destination")
    await signed_in.get_by_role("button", name="Add row").click()
    await signed_in.locator("#columns-0-source").select_option("balance")
    await signed_in.locator("#columns-0-target_kind").select_option("attribute")
    await signed_in.locator("#columns-0-target").fill("points")
    await signed_in.get_by_role("button", name="Map automatically").click()
    targets = signed_in.locator("[data-row] [name$=-target]")

    await expect(targets).to_have_count(4)
    values = await targets.evaluate_all("(fields) => fields.map((field) => field.value)")
    assert values == ["points", "email", "first_name", "tier_code"]


async def test_hidden_fields_are_not_sent(signed_in: Page) -> None:
    await signed_in.goto("/kit/schedule")
    await expect(signed_in.locator("#once_on")).to_be_visible()
    await signed_in.get_by_label("Recurrence").select_option("repeat")
    await expect(signed_in.locator("#once_on")).to_be_hidden()
    await expect(signed_in.locator("#cron")).to_be_hidden()
    await signed_in.get_by_label("Advanced Mode").check()
    await expect(signed_in.locator("#cron")).to_be_visible()
    await signed_in.get_by_label("Schedule Composer").select_option("week")
    await expect(signed_in.get_by_label("Day of the week")).to_be_visible()
    names = await signed_in.evaluate("[...new FormData(document.querySelector('main form')).keys()]")

    assert {"recurrence", "interval", "weekday", "cron"} <= set(names)
    assert not {"once_on", "at"} & set(names)


async def test_steps_work_without_scripts(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.address, java_script_enabled=False)
    page = await context.new_page()
    await sign_in(page)
    await page.goto("/kit/destination")
    await page.get_by_role("button", name="Map automatically").click()
    await expect(page.locator("#columns-0-target")).to_have_value("email")
    await expect(page.get_by_role("button", name="Add row")).to_be_hidden()
    await page.get_by_role("button", name="Next: Schedule").click()
    await expect(page.get_by_role("link", name="2. Destination Done")).to_be_visible()
    await expect(page.get_by_text("With Recurrence Once", exact=True)).to_be_visible()
    await expect(page.get_by_text("With Recurrence Repeat", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Calendar for Execute Once On")).to_be_hidden()
    await page.locator("#once_on").fill("2026-03-31T08:00")
    await page.get_by_role("button", name="Back to Destination").click()
    await expect(page.get_by_role("link", name="3. Schedule Done")).to_be_visible()
    await context.close()


async def test_chart_draws_numbers_of_the_page(signed_in: Page) -> None:
    await signed_in.goto("/kit/pictures")
    await expect(signed_in.locator("#by-day canvas")).to_be_visible()
    await signed_in.locator("#by-day .u-over").hover()
    await expect(signed_in.locator("#by-day .u-legend")).to_contain_text("Nov")
    await signed_in.locator("#by-day summary").click()
    await expect(signed_in.locator("#by-day .chart-table tbody tr")).to_have_count(30)
    await expect(signed_in.locator("#by-day .chart-table tbody tr").first).to_have_text("2026-11-011,0000")


async def test_bar_leads_to_its_run(signed_in: Page) -> None:
    await signed_in.goto("/kit/pictures")

    await expect(signed_in.get_by_role("link", name="230 rows, run 23")).to_have_attribute("href", "/kit/23")


async def test_deletion_waits_for_the_name(signed_in: Page) -> None:
    await signed_in.goto("/kit/pictures")
    await signed_in.get_by_role("button", name="Delete").click()
    dialog = signed_in.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Delete")).to_be_disabled()
    await dialog.get_by_label("Type Nightly members to confirm").fill("Nightly members")
    await expect(dialog.get_by_role("button", name="Delete")).to_be_enabled()


async def test_axe_finds_nothing_serious_in_the_kit(signed_in: Page) -> None:
    faults: list[str] = []
    for step in ("filter", "destination", "schedule", "pictures"):
        await signed_in.goto(f"/kit/{step}")
        if step == "destination":
            await signed_in.get_by_role("button", name="Map automatically").click()
            await signed_in.locator("#columns-3-target").wait_for()
        if step == "schedule":
            await signed_in.get_by_role("button", name="Calendar for Execute Once On").click()
            await signed_in.get_by_role("button", name="Choose the time").click()
        faults += await look_at_shown(signed_in, step)

    assert not faults, "\n".join(faults)
