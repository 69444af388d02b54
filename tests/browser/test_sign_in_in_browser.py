"""A second factor in a real browser: set up, asked for at the door, and again before something that matters."""

import re
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text
from tests.browser.conftest import EMAIL, PASSWORD, Site
from tests.builders.phones import code_at

from tessera.platform.clock import now

pytestmark = pytest.mark.browser


async def test_second_factor_guards_the_door_and_what_matters(site: Site, signed_in: Page) -> None:
    page = signed_in
    await page.get_by_role("button", name="Ada Lovelace").click()
    await page.get_by_role("link", name="Your account").click()
    await page.get_by_role("link", name="Set up").click()
    await page.get_by_role("button", name="Set up").click()
    await expect(page.locator("svg.qr")).to_be_visible()
    await page.get_by_text("Type the key instead").click()
    key = (await page.locator(".copy-box code").inner_text()).replace(" ", "")
    await page.get_by_label("Code").fill(code_at(key, now()))
    await page.get_by_role("button", name="Turn it on").click()
    codes = await page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    assert all(re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}", code) for code in codes)

    await page.get_by_role("button", name="Ada Lovelace").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    # The code of these 30 seconds was used up by the set-up; the next one is good already.
    await page.get_by_label("Code").fill(code_at(key, now() + timedelta(seconds=30)))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("heading", name="Home").wait_for()

    async with site.house.database.session() as session:
        await session.execute(text("UPDATE user_sessions SET authenticated_at = now() - interval '1 hour'"))
    await page.goto("/account/second-factor")
    await page.get_by_role("button", name="Remove second factor").first.click()
    await page.locator("#remove").get_by_role("button", name="Remove second factor").click()
    await expect(page.get_by_role("heading", name="Confirm it is you")).to_be_visible()
    await page.get_by_label("Your password").fill(PASSWORD)
    await page.get_by_label("Code of your second factor").fill(codes[0])
    await page.get_by_role("button", name="Confirm and go on").click()
    await expect(page.get_by_text("The second factor is removed")).to_be_visible()
    assert page.url.endswith("/account/second-factor")
