"""The outbox in a browser: it fits a phone, and a mail is read from the list."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect
from tests.browser.conftest import Site
from tests.builders.house import create_members

from tessera.platform.mail import Link, MailMessage, send_mail

PATH = "/admin/outbox"
NOTICE = MailMessage(
    "operations-and-loyalty-team@example.com",
    '[Loyalty] Export "Members of the harbour for the mailing house" failed – Harbour',
    ('Export "Members of the harbour for the mailing house" failed.',),
    facts=(("Destination", "Mailing house"), ("Trigger", "schedule"), ("Executed at", "2031-01-31 08:00 Europe/Paris")),
    reasons=(("The receiver answered 500 Internal Server Error.", 12_345), ("A time-out after 30 s.", 2)),
    link=Link("Open in Tessera", "https://tessera.example.com/runs/1", public=True),
    after=("No further notice about this is sent until the outcome changes.",),
)
RESET = MailMessage("ada@example.com", "Set a new password", ("A line.",), link=Link("Set it", "https://x.example/t"))


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 390), ("dark", 390)])
async def test_mail_is_read_from_the_list(site: Site, signed_in: Page, theme: str, width: int) -> None:
    chain_id = await create_members(site.house.database, 1)
    async with site.house.database.session() as session:
        await send_mail(session, site.house.resources, [RESET])
        await send_mail(session, site.house.resources, [NOTICE], chain_id=chain_id)
    await signed_in.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    await signed_in.set_viewport_size({"width": width, "height": 900})
    for step in ("list", "mail"):
        if step == "list":
            await signed_in.goto(PATH)
            await expect(signed_in.get_by_role("heading", name="Outbox")).to_be_visible()
        else:
            await signed_in.get_by_role("link", name="[Loyalty]").click()
            await expect(signed_in.get_by_role("link", name="Open in Tessera")).to_be_visible()
        assert await signed_in.evaluate("document.documentElement.scrollWidth") <= width
        if folder := os.environ.get("TESSERA_SCREENSHOTS"):
            await signed_in.screenshot(path=Path(folder) / f"outbox-{step}-{theme}-{width}.png", full_page=True)
