"""What only a browser can tell: scripts, live progress, keyboard, themes, widths."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page, expect
from tests.browser.conftest import EMAIL, PASSWORD, Site
from tests.builders.house import ACTOR, create_export, create_members, run_to_end, start_run
from tests.builders.receivers import Reply, run_receiver

from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.users import NewUser, create_users
from tessera.exports.schedules import set_schedule
from tessera.loyalty import NewCustomer, create_accounts
from tessera.platform.calendar import Recurrence, Schedule
from tessera.platform.clock import now
from tessera.platform.schedules import Policies

pytestmark = pytest.mark.browser


async def test_keyboard_alone_signs_in(page: Page) -> None:
    await page.goto("/sign-in")
    await expect(page.get_by_label("E-mail address")).to_be_focused()
    await page.keyboard.type(EMAIL)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()


async def test_keyboard_reaches_content_and_menus(site: Site, signed_in: Page) -> None:
    await signed_in.goto("/admin/exports/runs")
    await signed_in.keyboard.press("Tab")
    await expect(signed_in.get_by_role("link", name="Skip to content")).to_be_focused()
    reached = set()
    for _ in range(20):
        await signed_in.keyboard.press("Tab")
        reached.add(await signed_in.evaluate("(document.activeElement.ariaLabel || document.activeElement.innerText)"))
    assert {"Home", "Admin", "Theme", "Ada Lovelace", "Exports", "Runs"} <= reached
    await signed_in.get_by_role("button", name="Ada Lovelace").focus()
    await signed_in.keyboard.press("Enter")
    await expect(signed_in.get_by_role("button", name="Sign out")).to_be_visible()
    await signed_in.keyboard.press("Escape")
    await expect(signed_in.get_by_role("button", name="Sign out")).to_be_hidden()


async def test_progress_moves_without_reload(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 120)
    async with run_receiver(lambda _: Reply(delay=0.4)) as receiver:
        definition = await create_export(
            site.house, chain, receiver.url, batch_size=2, settings={"max_concurrent_requests": 10}
        )
        run = await start_run(site.house, definition)
        await signed_in.goto(f"/admin/exports/runs/{run.id}")
        await signed_in.evaluate("window.loadedOnce = true")
        await expect(signed_in.locator("#run-status")).to_have_text("Waiting for a worker")
        working = asyncio.create_task(site.house.executor().execute(str(run.id)))
        await expect(signed_in.locator("#run-status")).to_have_text("Running")
        await expect(signed_in.get_by_role("button", name="Cancel run")).to_be_visible()
        await expect(signed_in.locator("#chart-requests canvas")).to_be_visible()
        await expect(signed_in.locator("#run-status")).to_have_text("Completed", timeout=30_000)
        await working
    await expect(signed_in.locator(".counts-part").first).to_contain_text("120")
    assert await signed_in.evaluate("window.loadedOnce")
    assert await signed_in.locator("#run-poller").count() == 0
    await expect(signed_in.get_by_role("button", name="Cancel run")).to_be_hidden()


async def test_ended_run_stops_asking(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 3)
    async with run_receiver() as receiver:
        run = await run_to_end(site.house, await create_export(site.house, chain, receiver.url))
    await signed_in.goto(f"/admin/exports/runs/{run.id}")
    await expect(signed_in.locator("#chart-requests canvas")).to_be_visible()
    asked: list[str] = []
    signed_in.on("request", lambda request: asked.append(request.url))
    await asyncio.sleep(2.5)
    assert asked == []


async def test_chart_shows_its_numbers_as_a_table(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 30)
    async with run_receiver() as receiver:
        run = await run_to_end(site.house, await create_export(site.house, chain, receiver.url))
    await signed_in.goto(f"/admin/exports/runs/{run.id}")
    await expect(signed_in.locator("#chart-requests canvas")).to_be_visible()
    await signed_in.locator("#chart-requests").get_by_text("Show as a table").click()
    await expect(signed_in.locator("#chart-requests td").nth(1)).not_to_have_text("")


async def test_json_is_coloured_and_numbered(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 3)
    async with run_receiver(lambda _: Reply(body=b'{"stored":3}')) as receiver:
        run = await run_to_end(site.house, await create_export(site.house, chain, receiver.url))
    await signed_in.goto(f"/admin/exports/runs/{run.id}/requests/0")
    view = signed_in.locator(".code-view").last
    await expect(view.locator(".cm-line").nth(1)).to_have_text('  "stored": 3')
    coloured = view.locator(".cm-line span").first
    assert await coloured.evaluate("e => getComputedStyle(e).color != getComputedStyle(document.body).color")


async def test_dialog_asks_before_a_run_is_cancelled(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 1)
    run = await start_run(site.house, await create_export(site.house, chain, "http://127.0.0.1:9"))
    await signed_in.goto(f"/admin/exports/runs/{run.id}")
    await signed_in.get_by_role("button", name="Cancel run").click()
    dialog = signed_in.get_by_role("dialog")
    await expect(dialog).to_contain_text("Cancel the run of Members out?")
    await dialog.get_by_role("button", name="Keep it").click()
    await expect(dialog).to_be_hidden()
    await signed_in.get_by_role("button", name="Cancel run").click()
    await dialog.get_by_role("button", name="Cancel run").click()
    await expect(signed_in.get_by_text("The run ends as soon as")).to_be_visible()


async def test_theme_changes_at_once_and_stays(site: Site, signed_in: Page) -> None:
    before = await signed_in.evaluate("getComputedStyle(document.body).backgroundColor")
    await signed_in.get_by_role("button", name="Theme").click()
    async with signed_in.expect_response("**/theme"):
        await signed_in.get_by_role("button", name="Dark").click()
    assert await signed_in.evaluate("getComputedStyle(document.body).backgroundColor") != before
    await signed_in.reload()
    await expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")


async def test_id_is_copied(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    await signed_in.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await signed_in.goto(f"/admin/exports/definitions/{definition.id}")
    await signed_in.locator("[data-copy]").click()
    assert await signed_in.evaluate("navigator.clipboard.readText()") == str(definition.id)


@pytest.mark.parametrize("width", [390, 1024, 1440])
async def test_no_page_is_wider_than_the_screen(site: Site, signed_in: Page, width: int) -> None:
    chain = await create_members(site.house.database, 30)
    async with run_receiver(lambda _: Reply(422)) as receiver:
        definition = await create_export(site.house, chain, receiver.url)
        run = await run_to_end(site.house, definition)
    await signed_in.set_viewport_size({"width": width, "height": 800})
    run_path = f"/admin/exports/runs/{run.id}"
    definitions = "/admin/exports/definitions"
    own = f"{definitions}/{definition.id}"
    query = f"/analytics/queries/{chain}/{definition.query_id}?preview=1"
    template = f"/admin/integrations/templates/{chain}/{definition.template_id}"
    for path in ("/", definitions, f"{definitions}/{definition.id}", "/admin/exports/runs", run_path, query, template):
        await signed_in.goto(path)
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in (f"{own}/destination", f"{own}/schedule", f"{own}/edit", f"{own}/run"):
        await signed_in.goto(path)
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width, path
    for path in (f"{run_path}?view=rows", f"{run_path}?view=time-line", f"{run_path}/requests/0"):
        await signed_in.goto(path)
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width, path


async def test_phone_shows_long_words_whole(site: Site, signed_in: Page) -> None:
    chain = await create_members(site.house.database, 1)
    email = f"{'grand.harbour.' * 4}x@example.com"
    async with site.house.database.session() as session:
        await create_accounts(session, ACTOR, chain, [NewCustomer(last_name="Grey", email=email)], now=now())
        new = NewUser(email, "Grace", PASSWORD, roles=frozenset({ADMIN_ROLE_ID}))
        [user] = await create_users(session, ACTOR, [new])
    await signed_in.set_viewport_size({"width": 390, "height": 800})
    for path in (f"/admin/access/users/{user.id}", "/admin/access/users", "/loyalty/accounts"):
        await signed_in.goto(path)
        wide = await signed_in.evaluate("[...document.querySelectorAll('html, td')].map((e) => e.scrollWidth)")
        seen = await signed_in.evaluate("[...document.querySelectorAll('html, td')].map((e) => e.clientWidth)")
        assert wide == seen, path


async def test_phone_has_its_menu_behind_a_button(site: Site, signed_in: Page) -> None:
    await signed_in.set_viewport_size({"width": 390, "height": 800})
    await expect(signed_in.get_by_role("link", name="Runs", exact=True)).to_be_hidden()
    await signed_in.get_by_role("button", name="Menu").click()
    await signed_in.get_by_role("link", name="Runs", exact=True).click()
    await expect(signed_in.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


async def test_pages_work_without_scripts(site: Site, page: Page) -> None:
    browser = page.context.browser
    assert browser is not None
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    context = await browser.new_context(base_url=site.address, java_script_enabled=False)
    plain = await context.new_page()
    await plain.goto("/sign-in")
    await plain.get_by_label("E-mail address").fill(EMAIL)
    await plain.get_by_label("Password").fill(PASSWORD)
    await plain.get_by_role("button", name="Sign in").click()
    await plain.goto(f"/admin/exports/definitions/{definition.id}")
    await plain.get_by_role("link", name="Run", exact=True).click()
    await plain.get_by_role("button", name="Confirm").click()
    await expect(plain.get_by_text("Waiting for a worker").first).to_be_visible()
    await plain.get_by_role("button", name="Cancel run").click()
    await expect(plain.get_by_text("Cancelled", exact=True).first).to_be_visible()
    await context.close()


async def test_next_runs_are_in_the_readers_zone(site: Site, browser: Browser) -> None:
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
    # Half an hour off the whole hours of UTC.
    context = await browser.new_context(base_url=site.address, timezone_id="Asia/Kolkata")
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator("[data-zone]")).to_have_text(re.compile("Asia/(Kolkata|Calcutta)"))
    await expect(page.locator(".lane-next time")).to_have_text(re.compile(r"^\d\d:30( \w+)?$"))
    assert await page.locator(".lane-mark").count() > 20
    await context.close()
