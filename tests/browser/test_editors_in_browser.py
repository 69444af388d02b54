"""The editors in a real browser: completion, the live request, a test that is sent, keyboard, and no scripts at all."""

import asyncio
from uuid import UUID

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.browser.conftest import EMAIL, PASSWORD, Site
from tests.builders.house import create_export, create_members
from tests.builders.receivers import Reply, run_receiver

from tessera.exports import Definition

pytestmark = pytest.mark.browser


async def make(site: Site, url: str = "https://crm.example.com") -> tuple[UUID, Definition]:
    """Make a chain with members, and a definition with all that it needs."""
    chain = await create_members(site.house.database, 3)
    return chain, await create_export(site.house, chain, url)


def template_path(chain: UUID, definition: Definition) -> str:
    """Return the editor of the definition's template."""
    return f"/admin/integrations/templates/{chain}/{definition.template_id}/edit"


async def replace_all(page: Page, editor: Locator, text: str) -> None:
    """Put a text in place of everything in an editor."""
    await editor.click()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def test_sql_is_completed_checked_and_previewed(site: Site, signed_in: Page) -> None:
    chain, definition = await make(site)
    await signed_in.goto(f"/analytics/queries/{chain}/{definition.query_id}/edit")
    editor = signed_in.get_by_role("textbox", name="SQL")
    await expect(signed_in.locator("#verdict")).to_contain_text("5 columns")
    await editor.click()
    await signed_in.keyboard.press("Control+End")
    await signed_in.keyboard.type(" WHERE membership_nu", delay=20)
    await signed_in.keyboard.press("Control+Space")  # a slow machine may miss the moment at which typing asks
    await expect(signed_in.get_by_role("option").first).to_contain_text("membership_number")
    await asyncio.sleep(0.2)  # an option that has just appeared is not taken by a key meant for something else
    await signed_in.keyboard.press("Enter")
    await signed_in.keyboard.type(" = nobody")
    await signed_in.keyboard.press("Escape")
    await expect(signed_in.locator(".code-editor")).to_contain_text("there is no column nobody")
    for _ in "nobody":
        await signed_in.keyboard.press("Backspace")
    await signed_in.keyboard.type("'000001'")
    await signed_in.get_by_role("button", name="Preview").click()
    await expect(signed_in.locator("#look")).to_contain_text("O'Neil 1")
    await signed_in.get_by_role("button", name="Count rows").click()
    await expect(signed_in.locator("#look")).to_contain_text("1 row")


async def test_request_follows_what_is_typed(site: Site, signed_in: Page) -> None:
    chain, definition = await make(site)
    await signed_in.goto(template_path(chain, definition))
    look = signed_in.locator("#look")
    await expect(look).to_contain_text("https://crm.example.com/members")
    await signed_in.get_by_label("URL Path").fill("people/")
    await signed_in.get_by_role("spinbutton", name="Batch Size").fill("1")
    await signed_in.get_by_label("URL Path").press("End")
    await look.get_by_role("button", name="number text").click()
    await expect(look).to_contain_text("https://crm.example.com/people/000000")
    editor = signed_in.get_by_role("textbox", name="Body")
    await replace_all(signed_in, editor, '{"who": "{{ nobody }}"}')
    await expect(signed_in.locator(".code-editor").first).to_contain_text('there is no column "nobody"')
    await replace_all(signed_in, editor, '{"who": "{{ last_name }}"}')
    await expect(look.locator(".code-view")).to_contain_text("O'Neil 0")


async def test_test_shows_the_answer_of_the_receiver(site: Site, signed_in: Page) -> None:
    async with run_receiver(lambda _: Reply(202, body=b'{"stored": 3}')) as receiver:
        chain, definition = await make(site, receiver.url)
        await signed_in.goto(template_path(chain, definition))
        await signed_in.get_by_role("button", name="Send test").click()
        await expect(signed_in.get_by_role("alertdialog")).to_contain_text("Send this request")
        assert receiver.received == []
        await signed_in.get_by_role("button", name="Send it now").click()
        await expect(signed_in.locator("#look")).to_contain_text("The test was sent: 202")
        await expect(signed_in.locator("#look")).to_contain_text('"stored"')
    assert len(receiver.received) == 1


async def test_keyboard_leaves_the_editor(site: Site, signed_in: Page) -> None:
    chain, definition = await make(site)
    await signed_in.goto(f"/analytics/queries/{chain}/{definition.query_id}/edit")
    await signed_in.get_by_text("SQL", exact=True).click()
    editor = signed_in.get_by_role("textbox", name="SQL")
    await expect(editor).to_be_focused()
    await signed_in.keyboard.press("Tab")
    await expect(editor).to_be_focused()
    await signed_in.keyboard.press("Escape")
    await signed_in.keyboard.press("Tab")
    await expect(editor).not_to_be_focused()


async def test_editors_work_without_scripts(site: Site, browser: Browser) -> None:
    chain, definition = await make(site)
    context = await browser.new_context(base_url=site.address, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.goto(template_path(chain, definition))
    await page.get_by_label("URL Path").fill("elsewhere")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.locator("#look")).to_contain_text("https://crm.example.com/elsewhere")
    await expect(page.get_by_label("URL Path")).to_have_value("elsewhere")
    await page.goto(f"/analytics/queries/{chain}/{definition.query_id}/edit")
    await page.locator("textarea[name=text]").fill("SELECT id, nobody FROM memberships")
    await page.get_by_role("button", name="Check").click()
    await expect(page.locator("#look")).to_contain_text("there is no column nobody")
    await context.close()
