"""The outbox on pages: what waits and why, one mail as its reader sees it, and who may look."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from tests.builders.house import create_members
from tests.web.conftest import Browser, Site, open_browser

from tessera.access.roles import NewRole, create_role
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now
from tessera.platform.mail import Link, MailMessage, send_mail

ROOT = command_line_actor("test")
PATH = "/admin/outbox"
RESET = MailMessage(
    "ada@example.com",
    "Set a new password",
    ("A <b>line</b>.",),
    link=Link("Set it", "https://x.example/?token=opens-it"),
)
NOTICE = MailMessage(
    "ops@example.com",
    '[Loyalty] Export "Daily" failed – Harbour',
    ('Export "Daily" failed.',),
    facts=(("Trigger", "schedule"),),
    reasons=(("The receiver answered 500.", 12_345),),
    link=Link("Open in Tessera", "https://tessera.example.com/runs/1", public=True),
)


async def post(site: Site, *letters: MailMessage, chain_id: UUID | None = None) -> list[UUID]:
    async with site.house.database.session() as session:
        return await send_mail(session, site.house.resources, letters, chain_id=chain_id)


async def test_waiting_mail_says_what_it_waits_for(site: Site, owner: Browser) -> None:
    assert "No mail yet" in (await owner.get(PATH)).text
    (mail_id,) = await post(site, NOTICE)
    page = (await owner.get(PATH)).text
    assert "has no mail server" in page
    assert 'href="/docs/how-to/mail"' in page
    assert "Waiting for a mail server" in page
    assert f'href="{PATH}/{mail_id}"' in page
    assert "ops@example.com" in page
    one = (await owner.get(f"{PATH}/{mail_id}")).text
    for piece in ("12,345 × The receiver answered 500.", "Trigger", 'href="https://tessera.example.com/runs/1"'):
        assert piece in one


async def test_link_of_a_reset_is_never_shown(site: Site, owner: Browser) -> None:
    (mail_id,) = await post(site, RESET)
    for path in (PATH, f"{PATH}/{mail_id}"):
        page = (await owner.get(path)).text
        assert "Set a new password" in page
        assert "opens-it" not in page
        assert "x.example" not in page
    assert "only the reader of the mail sees it" in page
    assert "A &lt;b&gt;line&lt;/b&gt;." in page


async def test_list_is_filtered_and_paged(site: Site, owner: Browser) -> None:
    await post(site, *[replace(NOTICE, subject=f"Number {number:02}") for number in range(60)])
    page = (await owner.get(f"{PATH}?state=waiting")).text
    assert page.count('class="lead"') == 50
    assert "Number 59" in page
    assert "Number 09" not in page
    older = next(part.split('"')[0] for part in page.split('rel="next" href="')[1:])
    rest = (await owner.get(older.replace("&amp;", "&"))).text
    assert rest.count('class="lead"') == 10
    assert "No mail fits the filter" in (await owner.get(f"{PATH}?state=failed")).text
    assert (await owner.get(f"{PATH}?state=none&after=x")).status_code == 200


async def test_mail_whose_key_is_gone_says_so(site: Site, owner: Browser) -> None:
    (mail_id,) = await post(site, NOTICE)
    async with site.house.database.session() as session:
        await session.execute(text("UPDATE mails SET sealed_letter = 'v1.00000000.AAAA'"))
    assert "Cannot be opened" in (await owner.get(PATH)).text
    assert "key ring does not hold" in (await owner.get(f"{PATH}/{mail_id}")).text


async def test_page_is_for_those_who_may(site: Site, pages: Any) -> None:
    chain_id = await create_members(site.house.database, 1)
    (about_a_user,) = await post(site, RESET)
    (own,) = await post(site, NOTICE, chain_id=chain_id)
    async with site.house.database.session() as session:
        reader = await create_role(session, ROOT, NewRole("Mail", frozenset({"mail:read"})), now=now())
        other = await create_role(session, ROOT, NewRole("Audit", frozenset({"audit:read"})), now=now())
    await site.add_user("reader@example.com", roles=frozenset({reader.id}), chains=frozenset({chain_id}))
    await site.add_user("other@example.com", roles=frozenset({other.id}))
    async with open_browser(site.app) as browser:
        await browser.sign_in("reader@example.com")
        page = (await browser.get(PATH)).text
        assert "Export &#34;Daily&#34; failed" in page
        assert "Set a new password" not in page
        assert (await browser.get(f"{PATH}/{own}")).status_code == 200
        assert (await browser.get(f"{PATH}/{about_a_user}")).status_code == 404
    async with open_browser(site.app) as browser:
        await browser.sign_in("other@example.com")
        assert (await browser.get(PATH)).status_code == 403
        assert PATH not in (await browser.get("/admin/audit")).text
