"""Seed 002 step by step in a real browser, with scripts and without: an export to an HTTP API.

The words in quotation marks are the seed's. Pictures go to the folder that TESSERA_SCREENSHOTS names.
"""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect
from tests.browser.conftest import Site, open_tab, sign_in
from tests.browser.test_accessibility import look_at_shown
from tests.builders.house import ACTOR, create_export, create_members, read_run
from tests.builders.receivers import Receiver, run_receiver

from tessera import exports
from tessera.exports import Definition

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
LIST = "/admin/exports/definitions"


@dataclass
class Visitor:
    """Somebody who does what the seed says, in a browser with or without scripts."""

    page: Page
    scripts: bool
    site: Site
    definition: Definition
    receiver: Receiver

    async def picture(self, step: str) -> None:
        """Keep a picture of the step where pictures are wanted."""
        folder = os.environ.get("TESSERA_SCREENSHOTS")
        if folder:
            name = "scripts" if self.scripts else "no-scripts"
            await self.page.screenshot(path=f"{folder}/seed-002-{name}-{step}.png", full_page=True)

    async def open_exports(self) -> None:
        """Select Admin from the top navigation bar, then Exports from the side navigation menu."""
        await self.page.get_by_role("navigation", name="Sections").get_by_role("link", name="Admin").click()
        await self.page.get_by_role("navigation", name="This section").get_by_role("link", name="Exports").click()
        await expect(self.page.get_by_role("heading", name="Exports", exact=True)).to_be_visible()

    async def open_export(self, name: str) -> None:
        """Search for the export and click its name."""
        await self.open_exports()
        await self.page.get_by_role("searchbox").fill(name)
        await self.page.get_by_role("button", name="Search").click()
        await self.page.get_by_role("link", name=name, exact=True).click()
        await expect(self.page.get_by_role("heading", name=name, exact=True)).to_be_visible()

    async def stored(self, name: str) -> Definition:
        """Return the export as it is stored."""
        async with self.site.house.database.session() as session:
            (found,) = (await exports.list_definitions(session, ACTOR, search=name)).items
        return found


@pytest.fixture
async def visitor(browser: Browser, site: Site, scripts: bool) -> AsyncIterator[Visitor]:
    """Sign somebody in, to a chain with members, a query, a template and one export."""
    chain = await create_members(site.house.database, 12)
    async with (
        run_receiver() as receiver,
        open_tab(browser, site, java_script_enabled=scripts, viewport={"width": 1440, "height": 900}) as page,
    ):
        definition = await create_export(site.house, chain, receiver.url)
        await sign_in(page)
        yield Visitor(page, scripts, site, definition, receiver)


@SCRIPTS
async def test_export_is_created_and_configured(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open_exports()
    await page.get_by_label("Display Name").fill("Gold members")
    await page.get_by_label("Destination type").select_option("HTTP API")
    await page.get_by_role("button", name="Create").click()
    # "The Export Definition Details screen is split into multiple steps, identified by a series of numbered items"
    steps = page.get_by_role("navigation", name="Steps")
    assert [(await each.inner_text()).split("\n")[0] for each in await steps.locator(".stepper-words").all()] == [
        "1. Filter",
        "2. Destination",
        "3. Schedule",
    ]
    # "From the Bigdata Query drop-down menu, select the desired query."
    await page.get_by_label("Bigdata Query").select_option("Members")
    # "Or click Next to move to the next step"
    await page.get_by_role("button", name="Next: Destination").click()
    await expect(page.get_by_role("heading", name="Destination", exact=True)).to_be_visible()
    # "From the HTTP Operation drop-down menu, select the desired HTTP API Template."
    await page.get_by_label("HTTP Operation").select_option("Members")
    await visitor.picture("1-destination")
    # "Click Save."
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.get_by_text("The export is saved.")).to_be_visible()
    await expect(steps.get_by_text("Done")).to_have_count(3)
    # "the Back button navigates to the previous step"
    await page.get_by_role("button", name="Back to Filter").click()
    await expect(page.get_by_label("Bigdata Query")).to_have_value(str(visitor.definition.query_id))
    stored = await visitor.stored("Gold members")
    assert (stored.query_id, stored.template_id) == (visitor.definition.query_id, visitor.definition.template_id)


@SCRIPTS
async def test_steps_are_done_in_any_order(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{LIST}/new/{visitor.definition.chain_id}/filter?label=Gold+members&destination=http_api")
    # "At the top of the Export Definition Details screen, click Destination."
    await page.get_by_role("navigation", name="Steps").get_by_role("link", name="Destination").click()
    await page.get_by_label("HTTP Operation").select_option("Members")
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.get_by_text("The export is saved as soon as")).to_be_visible()
    # Reloading loses nothing, although nothing is stored yet.
    await page.reload()
    await expect(page.get_by_label("HTTP Operation")).to_have_value(str(visitor.definition.template_id))
    await page.get_by_role("button", name="Back to Filter").click()
    await page.get_by_label("Bigdata Query").select_option("Members")
    await page.get_by_label("Changes only").check()
    await page.get_by_label("First run").select_option("baseline")
    await page.get_by_role("button", name="Save", exact=True).last.click()
    await expect(page.get_by_text("The export is saved. It runs")).to_be_visible()
    changes = (await visitor.stored("Gold members")).selection.changes
    assert changes is not None
    assert changes.first_run == "baseline"


@SCRIPTS
async def test_summary_shows_what_would_be_sent(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open_export("Members out")
    await page.get_by_role("button", name="Show what would be sent").click()
    await expect(page.locator("#look")).to_contain_text("12")
    await expect(page.locator("#look")).to_contain_text(f"{visitor.receiver.url}/members")
    await expect(page.locator("#look")).to_contain_text("***")
    await visitor.picture("3-summary")
    assert not visitor.receiver.received


@SCRIPTS
async def test_run_asks_and_is_confirmed(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open_export("Members out")
    # "Press Run → confirmation → Confirm"
    await page.get_by_role("link", name="Run", exact=True).click()
    question = page.locator("dialog.popup")
    await expect(question).to_contain_text("12")
    await expect(question).to_contain_text(visitor.receiver.url.split("/")[2])
    await visitor.picture("4-question")
    await question.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("Run started.")).to_be_visible()
    run_id = page.url.rsplit("/", 1)[-1]
    await visitor.site.house.executor().execute(run_id)
    await page.reload()
    await expect(page.locator("#run-status")).to_have_text("Completed")


@SCRIPTS
async def test_export_is_copied_renamed_and_deleted(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.open_export("Members out")
    await page.locator(".head-actions").get_by_role("button", name="Copy", exact=True).click()
    await expect(page.get_by_text("This is the copy.")).to_be_visible()
    await page.get_by_role("link", name="Edit", exact=True).click()
    popup = page.locator("dialog.popup")
    await expect(popup.get_by_role("heading", name="Edit Export Definition Name")).to_be_visible()
    await popup.get_by_label("Name", exact=True).fill("Silver members")
    await popup.get_by_label("Integration Queue Name").select_option("High")
    await popup.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Silver members", exact=True)).to_be_visible()
    await page.get_by_role("link", name="Edit", exact=True).click()
    await popup.get_by_role("button", name="Delete").click()
    await expect(popup.get_by_role("heading", name="Delete Silver members?")).to_be_visible()
    await visitor.picture("5-delete")
    await popup.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("Deleted.")).to_be_visible()
    await expect(page.get_by_role("link", name="Silver members")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True])
async def test_keyboard_alone_runs_an_export(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{LIST}/{visitor.definition.id}")
    await page.get_by_role("link", name="Run", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Confirm")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Run started.")).to_be_visible()
    run_id = page.url.rsplit("/", 1)[-1]
    assert str((await read_run(visitor.site.house, run_id)).id) == run_id  # type: ignore[arg-type]


@pytest.mark.parametrize("scripts", [True])
async def test_keyboard_alone_saves_a_step(visitor: Visitor) -> None:
    page = visitor.page
    await page.goto(f"{LIST}/{visitor.definition.id}/destination")
    await page.get_by_label("Rows per request").focus()
    await page.keyboard.type("7")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert (await visitor.stored("Members out")).settings["rows_per_request"] == 7


@pytest.mark.parametrize("scripts", [True])
async def test_axe_finds_nothing_serious_in_the_steps(visitor: Visitor) -> None:
    page, faults = visitor.page, []
    own = f"{LIST}/{visitor.definition.id}"
    new = f"{LIST}/new/{visitor.definition.chain_id}/destination?label=Gold&destination=mparticle_outbound"
    for address in (f"{own}/destination", f"{own}/schedule", new):
        await page.goto(address)
        faults += await look_at_shown(page, address)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.goto(f"{own}/filter")
    await page.get_by_role("button", name="Show what would be sent").click()
    await expect(page.locator("#look")).to_contain_text("12 ")
    faults += await look_at_shown(page, "the summary")
    assert not faults, "\n".join(faults)
