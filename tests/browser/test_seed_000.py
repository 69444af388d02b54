"""Seed 000 step by step in a real browser, with scripts and without, for every connector type that is registered.

The words in quotation marks are the seed's. Pictures go to the folder that TESSERA_SCREENSHOTS names.
"""

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.browser.conftest import EMAIL, PASSWORD, Site, serve_site
from tests.builders.house import create_members
from tests.conformance.examples import CANARY, EXAMPLES
from tests.databases import new_database

from tessera.connectors.contract import ConnectorType, connector_types
from tessera.connectors.contract.types import PropertyKind
from tessera.platform.db import Database, app_address, query_address
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import KeyRing
from tessera.web.integrations.property_fields import name_of
from tessera.web.integrations.tiles import find_tile

pytestmark = pytest.mark.browser

KINDS = [(connector, variant.key) for connector in connector_types().values() for variant in connector.variants]
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
EVERY = pytest.mark.parametrize(
    ("connector", "variant"), [pytest.param(*kind, id=f"{kind[0].key}-{kind[1]}") for kind in KINDS]
)


@pytest.fixture(scope="module")
async def house_site(
    server: EmbeddedServer, template: str, keys: KeyRing, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Serve one site for all steps; every test has a chain of its own."""
    with new_database(server, template) as address:
        database = Database(app_address(address, keys))
        folder = tmp_path_factory.mktemp("seed")
        async with serve_site(database, query_address(address, keys), keys, folder) as site:
            yield site
        await database.close()


@dataclass
class Visitor:
    """Somebody who does what the seed says, in a browser with or without scripts."""

    page: Page
    scripts: bool
    name: str

    @property
    def popup(self) -> Locator:
        """The pop-up that is open."""
        return self.page.locator("dialog.popup[open]")

    async def picture(self, step: str) -> None:
        """Keep a picture of the step where pictures are wanted."""
        folder = os.environ.get("TESSERA_SCREENSHOTS")
        if folder:
            await self.page.screenshot(path=f"{folder}/seed-000-{self.name}-{step}.png")

    async def open_profiles(self, connector: ConnectorType) -> None:
        """Go by the top bar, the side menu, the tile and, where there are several, the tab."""
        tile = find_tile(connector.tile)
        assert tile is not None
        await self.page.get_by_role("navigation", name="Sections").get_by_role("link", name="Admin").click()
        await self.page.get_by_role("navigation", name="This section").get_by_role("link", name="Connectors").click()
        await expect(self.page.get_by_role("heading", name="Connectors", exact=True)).to_be_visible()
        await self.picture("1-connectors")
        await self.page.locator(".tile", has=self.page.get_by_text(tile.label, exact=True)).click()
        await expect(self.page.get_by_role("heading", name="Connection Profiles", exact=True)).to_be_visible()
        if len(tile.types) > 1:
            await self.page.get_by_role("navigation", name="Views").get_by_role("link", name=connector.label).click()

    async def fill(self, connector: ConnectorType, settings: Mapping[str, Any]) -> None:
        """Fill the properties in; what decides about other fields comes first."""
        asked = {each.key: each for each in connector.properties}
        for key in sorted(settings, key=lambda key: asked[key].kind is not PropertyKind.ENUM):
            field = self.popup.locator(f"#{name_of(asked[key])}")
            if asked[key].kind in (PropertyKind.ENUM, PropertyKind.REFERENCE):
                await field.select_option(str(settings[key]))
            elif asked[key].kind is PropertyKind.BOOL:
                await field.set_checked(bool(settings[key]))
            elif asked[key].kind is not PropertyKind.JSON:
                await field.fill(str(settings[key]))

    async def unlock_internal_name(self) -> None:
        """Check *Edit Internal Name* and, in the dialog that scripts show, click *Ok*."""
        name = self.popup.get_by_label("Internal Name", exact=True)
        if self.scripts:
            await expect(name).not_to_be_editable()
        await self.popup.get_by_label("Edit Internal Name").check()
        if self.scripts:
            dialog = self.page.get_by_role("dialog", name="Edit the internal name?")
            await self.picture("6-confirmation")
            await dialog.get_by_role("button", name="Ok").click()
        await expect(name).to_be_editable()


@pytest.fixture
async def visitor(
    browser: Browser,
    house_site: Site,
    scripts: bool,
    connector: ConnectorType,
    variant: str,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Visitor]:
    """Sign somebody in, to a chain of their own."""
    name = f"{connector.key}-{variant}-{'scripts' if scripts else 'no-scripts'}"
    chain = await create_members(house_site.house.database, 0, chain=f"{request.node.name[5:12]} {name}")
    context = await browser.new_context(
        base_url=house_site.address, java_script_enabled=scripts, viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(20_000)
    await context.add_cookies([{"name": "tessera_chain", "value": str(chain), "url": house_site.address}])
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("heading", name="Home").wait_for()
    yield Visitor(page, scripts, name)
    await context.close()
    assert complaints == []


@SCRIPTS
@EVERY
async def test_profile_is_created_from_scratch_and_copied(
    visitor: Visitor, connector: ConnectorType, variant: str
) -> None:
    page = visitor.page
    await visitor.open_profiles(connector)
    await visitor.picture("2-profiles")
    # "In the Display Name field, enter the name of the new Connection Profile."
    await page.get_by_label("Display Name").fill("CRM")
    if len(connector.variants) > 1:
        # "… select an authentication type from the drop-down menu"
        options = await page.get_by_label("Authentication Type").locator("option").all_inner_texts()
        assert options[1:] == [each.label for each in connector.variants]
        await page.get_by_label("Authentication Type").select_option(variant)
    # "Click Create. The Connection Profile pop-up window is displayed."
    await page.get_by_role("button", name="Create").click()
    await expect(visitor.popup.get_by_role("heading", name="Connection Profile", exact=True)).to_be_visible()
    await expect(visitor.popup.get_by_label("Label", exact=True)).to_have_value("CRM")
    await visitor.picture("3-pop-up")
    await visitor.fill(connector, EXAMPLES[connector.key, variant])
    await visitor.popup.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Connection Profile Details")).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("Enabled")
    assert CANARY not in await page.content()
    await visitor.picture("4-details")
    if connector.capabilities.copyable:
        await copy_step_by_step(visitor, connector)
    else:
        await look_for_no_second(visitor, connector)


async def copy_step_by_step(visitor: Visitor, connector: ConnectorType) -> None:
    """Do the seed's part "Copy a Connection Profile"."""
    page = visitor.page
    await visitor.open_profiles(connector)
    # "Click the desired Connection Profile. The Connection Profile Details screen is displayed."
    await page.get_by_role("link", name="CRM", exact=True).click()
    await expect(page.get_by_text("Connection Profile Details")).to_be_visible()
    # "Within the header area of the screen, click the Copy icon."
    await page.locator(".head-actions").get_by_role("button", name="Copy", exact=True).click()
    # "The default name of the new Connection Profile is the name of the base … followed by a counter"
    await expect(page.get_by_role("heading", name="CRM (1)", exact=True)).to_be_visible()
    await visitor.picture("5-copy")
    # "… click the Edit icon. The Edit Connection Profile pop-up window is displayed."
    await page.get_by_role("link", name="Edit", exact=True).click()
    await expect(visitor.popup.get_by_role("heading", name="Edit Connection Profile")).to_be_visible()
    await visitor.popup.get_by_label("Label", exact=True).fill("CRM of the spa")
    await visitor.unlock_internal_name()
    await visitor.popup.get_by_label("Internal Name", exact=True).fill("Spa_CRM_2")
    await visitor.picture("7-edit")
    await visitor.popup.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="CRM of the spa", exact=True)).to_be_visible()
    await expect(page.locator(".facts")).to_contain_text("Spa_CRM_2")
    await expect(page.locator(".facts")).to_contain_text("Enabled")
    assert CANARY not in await page.content()
    await visitor.picture("8-renamed")


async def look_for_no_second(visitor: Visitor, connector: ConnectorType) -> None:
    """See that such a profile has no Copy, and that there is no way to make another."""
    page = visitor.page
    await expect(page.get_by_role("link", name="Edit", exact=True)).to_be_visible()
    assert await page.locator(".head-actions").get_by_role("button", name="Copy", exact=True).count() == 0
    if connector.capabilities.most_per_chain == 1:
        await visitor.open_profiles(connector)
        await expect(page.get_by_text("exists already")).to_be_visible()
        assert await page.get_by_label("Display Name").count() == 0
        await visitor.picture("9-no-second")


ONE = pytest.mark.parametrize(("connector", "variant"), [pytest.param(*KINDS[0], id=KINDS[0][0].key)])


@SCRIPTS
@ONE
async def test_closed_pop_up_leaves_nothing_and_delete_asks(
    visitor: Visitor, connector: ConnectorType, variant: str
) -> None:
    page = visitor.page
    await visitor.open_profiles(connector)
    await page.get_by_label("Display Name").fill("Later")
    await page.get_by_label("Authentication Type").select_option(variant)
    await page.get_by_role("button", name="Create").click()
    await visitor.popup.get_by_role("link", name="Close").click()
    await expect(page.get_by_text("No connection profiles yet")).to_be_visible()
    await page.get_by_label("Display Name").fill("Later")
    await page.get_by_label("Authentication Type").select_option(variant)
    await page.get_by_role("button", name="Create").click()
    await visitor.fill(connector, EXAMPLES[connector.key, variant])
    await visitor.popup.get_by_role("button", name="Save").click()
    await visitor.open_profiles(connector)
    await page.get_by_role("link", name="Later", exact=True).click()
    await page.get_by_role("link", name="Edit", exact=True).click()
    await visitor.popup.get_by_role("button", name="Delete").first.click()
    asked = page.get_by_role("dialog", name="Delete Later?")
    await expect(asked).to_be_visible()
    await visitor.picture("a-delete")
    await asked.get_by_role("button", name="Delete").click()
    await expect(page.get_by_text("The connection profile is deleted")).to_be_visible()


@pytest.mark.parametrize("scripts", [True], ids=["scripts"])
@ONE
async def test_headers_are_added_and_taken_out(visitor: Visitor, connector: ConnectorType, variant: str) -> None:
    page = visitor.page
    await visitor.open_profiles(connector)
    await page.get_by_label("Display Name").fill("Headers")
    await page.get_by_label("Authentication Type").select_option(variant)
    await page.get_by_role("button", name="Create").click()
    await visitor.fill(connector, EXAMPLES[connector.key, variant])
    assert await visitor.popup.get_by_label("Header name").count() == 0
    for name in ("X-One", "X-Two", "X-Three"):
        await visitor.popup.get_by_role("button", name="Add header").click()
        await visitor.popup.get_by_label("Header name").last.fill(name)
        await visitor.popup.get_by_label("Header value").last.fill("1")
    await visitor.popup.get_by_role("button", name="Remove header").nth(1).click()
    await visitor.popup.get_by_label("Secret").last.check()
    await visitor.picture("b-headers")
    await visitor.popup.get_by_role("button", name="Save").click()
    properties = page.locator(".pairs")
    await expect(properties).to_contain_text("X-One: 1")
    await expect(properties).to_contain_text("X-Three: set")
    await expect(properties).not_to_contain_text("X-Two")
