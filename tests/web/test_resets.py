"""A forgotten password: the same answer for everybody, a link that works once, and sessions that end."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import text
from tests.builders.house import SmallHouse, make_settings
from tests.builders.jobs import queued, work_off
from tests.builders.mailboxes import Mailbox, run_mailbox
from tests.web.conftest import PASSWORD, Browser, Site, open_browser
from tests.web.test_second_factor import EMAIL, Hands, build

from tessera.platform.resources import Resources

NEW = "another quiet sentence"


@asynccontextmanager
async def site_with_mail(house: SmallHouse, clock: Hands) -> AsyncIterator[tuple[Browser, Mailbox, Resources]]:
    async with run_mailbox() as mailbox:
        given = mailbox.settings(public_url="http://tessera.test")
        app = build(house, clock, **given)
        async with open_browser(app) as browser:
            yield browser, mailbox, app.state.resources


async def ask(browser: Browser, email: str) -> Any:
    return await browser.post("/forgot-password", email=email, form_token=await browser.token("/forgot-password"))


async def follow(browser: Browser, link: str) -> Any:
    answer = await browser.get(link.removeprefix("http://tessera.test"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/reset-password")
    return await browser.get("/reset-password")


async def choose(browser: Browser, password: str = NEW, again: str | None = None) -> Any:
    await browser.token("/forgot-password")
    token = browser.client.cookies["tessera_sign_in"]
    return await browser.post("/reset-password", password=password, again=again or password, form_token=token)


async def test_link_sets_a_new_password_once(site: Site) -> None:
    await site.add_user(EMAIL)
    clock = Hands()
    async with site_with_mail(site.house, clock) as (browser, mailbox, resources):
        async with open_browser(site.app) as elsewhere:
            await elsewhere.sign_in(EMAIL)
            assert "a link is on its way" in (await ask(browser, f" {EMAIL.upper()} ")).text
            waiting = str(await queued(resources))
            await work_off(resources)
            link = mailbox.link()
            token = link.partition("token=")[2]
            assert len(token) == 43
            assert token not in waiting
            assert EMAIL not in waiting
            page = await follow(browser, link)
            assert token not in page.text
            assert "New password" in page.text
            assert (await choose(browser, "short")).status_code == 422
            assert (await choose(browser, NEW, "another one")).status_code == 422
            assert (await choose(browser)).headers["location"] == "/sign-in"
            assert (await elsewhere.get("/")).headers["location"].startswith("/sign-in")
        assert (await follow(browser, link)).status_code == 403
        assert (await choose(browser)).status_code == 403
        assert (await browser.sign_in(EMAIL, PASSWORD)).status_code == 422
        assert (await browser.sign_in(EMAIL, NEW)).status_code == 303
        await work_off(resources)
        assert mailbox.received[-1]["Subject"] == "Your Tessera password was changed"
    async with site.house.database.session() as session:
        entries = str((await session.execute(text("SELECT * FROM audit_entries"))).all())
        assert token not in entries
        assert "password_reset" in entries


async def test_answer_does_not_tell_who_exists(site: Site) -> None:
    await site.add_user(EMAIL)
    async with site_with_mail(site.house, Hands()) as (browser, mailbox, resources):
        known, unknown = await ask(browser, EMAIL), await ask(browser, "eve@example.com")
        assert known.status_code == unknown.status_code == 200
        assert known.text.replace(EMAIL, "") == unknown.text.replace("eve@example.com", "")
        assert [task for task, _, _ in await queued(resources)] == ["sign_in.send_reset"] * 2
        await work_off(resources)
    assert mailbox.recipients == [EMAIL]


async def test_link_ends_after_an_hour_and_with_the_next_one(site: Site) -> None:
    await site.add_user(EMAIL)
    clock = Hands()
    async with site_with_mail(site.house, clock) as (browser, mailbox, resources):
        await ask(browser, EMAIL)
        await work_off(resources)
        first = mailbox.link()
        await ask(browser, EMAIL)
        await work_off(resources)
        assert (await follow(browser, first)).status_code == 403
        assert (await follow(browser, mailbox.link())).status_code == 200
        clock.turn(minutes=61)
        assert (await choose(browser)).status_code == 403
        assert (await browser.sign_in(EMAIL, PASSWORD)).status_code == 303


async def test_requests_are_slowed_down(site: Site) -> None:
    async with site_with_mail(site.house, Hands()) as (browser, _, resources):
        for _ in range(3):
            assert (await ask(browser, "eve@example.com")).status_code == 200
        answer = await ask(browser, "eve@example.com")
        assert answer.status_code == 429
        assert "Too many requests. Wait 1 second" in answer.text
        assert len(await queued(resources)) == 3
        for number in range(17):
            await ask(browser, f"guess{number}@example.com")
        assert (await ask(browser, "another@example.com")).status_code == 429


async def test_reset_forgets_a_lockout_but_no_second_factor(site: Site) -> None:
    await site.add_user(EMAIL)
    clock = Hands()
    async with site_with_mail(site.house, clock) as (browser, mailbox, resources):
        for _ in range(10):
            clock.turn(minutes=6)
            await browser.sign_in(EMAIL, "wrong")
        assert (await browser.sign_in(EMAIL)).status_code == 429
        await ask(browser, EMAIL)
        await work_off(resources)
        # The link goes first: a person waits for it. The notice of the lock-out comes behind.
        await follow(browser, mailbox.link(0))
        await choose(browser)
        assert (await browser.sign_in(EMAIL, NEW)).status_code == 303


async def test_user_of_the_provider_gets_no_link(site: Site) -> None:
    await site.add_user(EMAIL)
    async with site.house.database.session() as session:
        await session.execute(text("UPDATE users SET password_hash = NULL"))
    async with site_with_mail(site.house, Hands()) as (browser, mailbox, resources):
        await ask(browser, EMAIL)
        await work_off(resources)
    assert "without a password" in mailbox.received[0]["Subject"]
    assert "token=" not in mailbox.text()


async def test_deployment_without_mail_says_so(stranger: Browser) -> None:
    page = await stranger.get("/forgot-password")
    assert "cannot mail you a link" in page.text
    assert "<form" not in page.text
    await stranger.token("/sign-in")
    answer = await stranger.post("/forgot-password", email=EMAIL, form_token=stranger.client.cookies["tessera_sign_in"])
    assert answer.status_code == 409


async def test_hostile_fields_are_only_wrong(site: Site) -> None:
    async with site_with_mail(site.house, Hands()) as (browser, _, resources):
        for email in ("", "x", "a@b\r\nBcc: c@d", "a\x00@b", "<script>@x", "a@" + "b" * 50_000):
            answer = await ask(browser, email)
            assert answer.status_code in {200, 422}, email
            assert "<script>@" not in answer.text
        assert (await browser.post("/forgot-password", email=EMAIL)).status_code == 403
        for token in ("x", "%00", "x" * 9000, "é", "", "%0d%0aSet-Cookie:a=b"):
            answer = await browser.get(f"/reset-password?token={token}")
            assert answer.headers["location"] == "/reset-password"
            assert (await browser.get("/reset-password")).status_code == 403
        assert not re.search("guess", str(await queued(resources)))


def test_small_settings_turn_it_on(tmp_path: Any) -> None:
    from tessera.access.sign_in import can_reset

    mail = {"mail_host": "x", "mail_from": "a@b"}
    assert not can_reset(make_settings(tmp_path, **mail))
    assert can_reset(make_settings(tmp_path, **mail, public_url="https://tessera.example"))
