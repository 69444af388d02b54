"""Every kind of export made and run in a real browser: mParticle from a query and from members, and a file.

Pictures go to the folder that TESSERA_SCREENSHOTS names.
"""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.browser.conftest import Site, open_tab, sign_in
from tests.browser.test_accessibility import look_at_shown
from tests.builders.house import ACTOR, create_export, create_members, run_to_end
from tests.builders.mparticle_receiver import KEY, SECRET, Mparticle
from tests.builders.receivers import Receiver, Reply, run_receiver

from tessera import connectors, exports
from tessera.connectors import NewProfile, address_policy
from tessera.exports import Changes, Definition, GateLevel, Gates, Selection

pytestmark = pytest.mark.browser

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
LIST = "/admin/exports/definitions"
QUERY = "SELECT membership_id AS customer_id, membership_number AS number, first_name, city, balance FROM members"
REFUSED = {"000003", "000004"}


@dataclass
class Maker:
    """Somebody who makes exports of twelve members, and the receivers they lead to."""

    page: Page
    scripts: bool
    site: Site
    chain_id: UUID
    mparticle: Mparticle
    receiver: Receiver
    definition: Definition

    async def picture(self, name: str) -> None:
        """Keep pictures, light, dark and on a phone, where pictures are wanted."""
        folder = os.environ.get("TESSERA_SCREENSHOTS")
        if not folder:
            return
        way = "scripts" if self.scripts else "no-scripts"
        for scheme, width in (("light", 1440), ("dark", 1440), ("light", 390)):
            await self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await self.page.set_viewport_size({"width": width, "height": 900})
            await self.page.screenshot(path=f"{folder}/kinds-{way}-{name}-{scheme}-{width}.png", full_page=True)
        await self.page.emulate_media(color_scheme="light")
        await self.page.set_viewport_size({"width": 1440, "height": 900})

    async def start(self, name: str, kind: str, resource: str | None = None) -> None:
        """Create an export from the list."""
        await self.page.goto(LIST)
        await self.page.get_by_label("Display Name").fill(name)
        await self.page.get_by_label("Destination type").select_option(kind)
        if resource:
            await self.page.get_by_label("Resource").select_option(resource)
        await self.page.get_by_role("button", name="Create").click()

    async def save(self) -> None:
        """Save the step, and see that the export is stored."""
        await self.page.get_by_role("button", name="Save", exact=True).last.click()
        await expect(self.page.get_by_text(re.compile(r"(The export is saved|Saved)\.")).first).to_be_visible()

    async def look(self) -> Locator:
        """Ask for the summary and return it."""
        await self.page.get_by_role("button", name="Show what would be sent").click()
        return self.page.locator("#look")

    async def run(self, rows: str) -> None:
        """Press *Run*, confirm, and wait for the end."""
        await self.page.get_by_role("link", name="Run", exact=True).click()
        question = self.page.locator("dialog.popup")
        await expect(question).to_contain_text(rows)
        await question.get_by_role("button", name="Confirm").click()
        await expect(self.page.get_by_text("Run started.")).to_be_visible()
        await self.site.house.executor().execute(self.page.url.rsplit("/", 1)[-1])
        await self.page.reload()
        await expect(self.page.locator("#run-status")).to_have_text("Completed")

    async def fill_row(self, number: int, *cells: str) -> None:
        """Fill in a row of the data map."""
        source, kind, target, *rest = cells
        row = self.page.get_by_role("group", name=f"Row {number}", exact=True)
        await row.get_by_label("Source").fill(source)
        await row.get_by_label("Target kind").select_option(kind)
        await row.get_by_label("Target name").fill(target)
        if rest:
            await row.get_by_label("Transform").fill(rest[0])

    async def stored(self, name: str) -> Definition:
        """Return the export as it is stored."""
        async with self.site.house.database.session() as session:
            (found,) = (await exports.list_definitions(session, ACTOR, search=name)).items
        return found


async def create_mparticle_profile(site: Site, chain_id: UUID, url: str) -> None:
    """Create a profile that leads to the receiver."""
    settings = {"pod": "Custom", "endpoint": f"{url}/v2", "api_key": KEY, "api_secret": SECRET}
    parts: dict[str, Any] = {
        "keys": site.house.resources.keys,
        "policy": address_policy(site.house.resources.settings),
    }
    async with site.house.database.session() as session:
        new = NewProfile("mparticle_outbound", "standard", "mParticle EU", settings=settings)
        await connectors.create_profile(session, ACTOR, chain_id=chain_id, new=new, **parts)


@pytest.fixture
async def maker(browser: Browser, site: Site, scripts: bool) -> AsyncIterator[Maker]:
    """Sign somebody in, to a chain with members, a query, and an export that tries refused rows once only."""
    chain_id = await create_members(site.house.database, 12)
    mparticle = Mparticle()
    async with (
        run_receiver(mparticle) as batches,
        run_receiver(lambda got: Reply(422 if {row["number"] for row in got.rows} & REFUSED else 200)) as receiver,
        open_tab(browser, site, java_script_enabled=scripts, viewport={"width": 1440, "height": 900}) as page,
    ):
        await create_mparticle_profile(site, chain_id, batches.url)
        choices = {
            "selection": Selection(changes=Changes(most_refusals=1)),
            "gates": Gates(rows=GateLevel.OFF, removals=GateLevel.OFF),
        }
        body = {"number": "{{ number }}"}
        definition = await create_export(
            site.house, chain_id, receiver.url, query=QUERY, keys=("customer_id",), body=body, choices=choices
        )
        await sign_in(page)
        yield Maker(page, scripts, site, chain_id, mparticle, receiver, definition)


@SCRIPTS
async def test_members_of_a_query_are_mapped_and_sent_to_mparticle(maker: Maker) -> None:
    page = maker.page
    await maker.start("To mParticle", "mParticle")
    await page.get_by_label("Bigdata Query").select_option("Members")
    await page.get_by_role("button", name="Next: Destination").click()
    await page.get_by_label("Connection profile").select_option("mParticle EU")
    await page.get_by_role("button", name="Map automatically").click()
    await expect(page.get_by_role("group", name="Row 1", exact=True).get_by_label("Target name")).not_to_have_value("")
    rows = await page.locator("[data-row]:not([data-spare])").count()
    if maker.scripts:
        await page.get_by_role("button", name="Add row").click()
    await maker.fill_row(rows + 1, "=gold", "user_attribute", "level", "upper")
    look = await maker.look()
    await expect(look).to_contain_text("level")
    await maker.picture("mparticle-map")
    await maker.save()
    await maker.run("12")
    assert {batch["user_attributes"]["level"] for batch in maker.mparticle.accepted.values()} == {"GOLD"}
    assert len(maker.mparticle.accepted) == 12
    if maker.scripts:
        assert not await look_at_shown(page, "the run")


@SCRIPTS
async def test_members_by_rules_are_sent_to_mparticle(maker: Maker) -> None:
    page = maker.page
    await maker.start("Rich members", "mParticle", "Person")
    rule = page.get_by_role("group", name="Rule 1", exact=True)
    if not await rule.is_visible():
        await page.get_by_role("button", name="Add rule").click()
    await rule.get_by_label("Column").select_option("membership_number")
    await rule.get_by_label("Operator").select_option("one_of")
    await rule.get_by_label("Value").fill("000002, 000005")
    await maker.picture("member-rules")
    await page.get_by_role("button", name="Next: Destination").click()
    await page.get_by_label("Connection profile").select_option("mParticle EU")
    await page.get_by_role("button", name="Map automatically").click()
    await maker.fill_row(1, "membership_id", "user_identity", "customer_id")
    look = await maker.look()
    await expect(look).to_contain_text("POST")
    await maker.save()
    await maker.run("2")
    assert len(maker.mparticle.accepted) == 2


@SCRIPTS
async def test_file_is_made_and_downloaded(maker: Maker) -> None:
    page = maker.page
    await maker.start("Members as a file", "Download")
    await page.get_by_label("Bigdata Query").select_option("Members")
    await page.get_by_role("button", name="Next: Destination").click()
    await page.get_by_label("File name").fill("members_{seq:3}")
    await page.get_by_role("button", name="Map automatically").click()
    await expect(page.get_by_role("group", name="Row 5", exact=True).get_by_label("Column")).to_have_value("balance")
    look = await maker.look()
    await expect(look).to_contain_text("members_001.csv")
    await expect(look).to_contain_text("customer_id,number,first_name,city,balance")
    await maker.picture("file")
    await maker.save()
    await maker.run("12")
    async with page.expect_download() as started:
        await page.get_by_role("link", name="Download", exact=True).click()
    downloaded = await started.value
    assert downloaded.suggested_filename == "members_001.csv"
    lines = (await downloaded.path()).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 13
    assert lines[0] == "customer_id,number,first_name,city,balance"
    await maker.picture("file-run")


@SCRIPTS
async def test_failed_rows_are_sent_again_and_parked_ones_tried(maker: Maker) -> None:
    page = maker.page
    run = await run_to_end(maker.site.house, maker.definition)
    await page.goto(f"/admin/exports/runs/{run.id}")
    await expect(page.locator("#run-status")).to_have_text("Completed with errors")
    await maker.picture("failed-run")
    await page.goto(f"{LIST}/{maker.definition.id}")
    await expect(page.get_by_role("heading", name="Parked rows")).to_be_visible()
    await maker.picture("parked")
    if maker.scripts:
        assert not await look_at_shown(page, "the parked rows")
    maker.receiver.script = lambda _: Reply()
    await page.goto(f"/admin/exports/runs/{run.id}")
    await page.get_by_role("link", name="Resend failed", exact=True).click()
    question = page.locator("dialog.popup")
    await expect(question).to_contain_text("2")
    await maker.picture("resend")
    await question.get_by_role("button", name="Confirm").click()
    await expect(page.get_by_text("Sends failed rows of the")).to_be_visible()
    await maker.site.house.executor().execute(page.url.rsplit("/", 1)[-1])
    await page.reload()
    await expect(page.locator("#run-status")).to_have_text("Completed")
    await maker.picture("resent-run")
    await page.goto(f"{LIST}/{maker.definition.id}")
    await expect(page.get_by_role("heading", name="Parked rows")).to_have_count(0)
