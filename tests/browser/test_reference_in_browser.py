"""The reference in a browser: narrow, dark, and without scripts."""

import pytest
from playwright.async_api import Browser, Page, expect
from tests.browser.conftest import Site

from tessera.api import build_documents

pytestmark = pytest.mark.browser


@pytest.fixture
def described(site: Site) -> Site:
    """Give the site the documents of both APIs."""
    site.app.state.documents = build_documents()
    return site


async def test_anchors_and_copying_work(described: Site, page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto("/docs/api/connector-v1")
    await page.get_by_role("navigation", name="Operations").get_by_role("link", name="loyaltyMemberships/add").click()
    section = page.locator("#loyaltyMembershipsAdd")
    await expect(section).to_be_in_viewport()
    await section.get_by_role("button", name="Copy").first.click()
    assert "LoyaltyMemberships" in await page.evaluate("navigator.clipboard.readText()")
    await section.get_by_role("link", name="LoyaltyMembershipParameters").click()
    await expect(page.locator("#schema-LoyaltyMembershipParameters")).to_be_in_viewport()


@pytest.mark.parametrize("width", [390, 1024, 1440])
async def test_nothing_is_wider_than_the_screen(described: Site, page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 800})
    for name in build_documents():
        await page.goto(f"/docs/api/{name}")
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def test_it_works_without_scripts(described: Site, browser: Browser) -> None:
    context = await browser.new_context(base_url=described.address, java_script_enabled=False)
    tab = await context.new_page()
    await tab.goto("/docs/api/connector-v1#loyaltyTiersGetAll")
    section = tab.locator("#loyaltyTiersGetAll")
    await expect(section.get_by_text("LoyaltyProgramIds").first).to_be_visible()
    await expect(section.get_by_role("button", name="Copy").first).to_be_hidden()
    await section.locator("summary").click()
    await expect(section.get_by_text("The access token sent too many requests.")).to_be_visible()
    await context.close()
