"""The second factor on its pages: set up, asked for at the door, used once, recovered from, demanded, removed."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from litestar import Litestar
from sqlalchemy import text
from tests.builders.house import SmallHouse, make_settings
from tests.builders.phones import code_at, read_key
from tests.web.conftest import Browser, Site, build_site, open_browser

from tessera.platform.clock import now

EMAIL = "ada@example.com"
RECOVERY = re.compile(r"<code>([a-z0-9-]{14})</code>")


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.moment = now()

    def __call__(self) -> datetime:
        return self.moment

    def turn(self, **by: float) -> None:
        self.moment += timedelta(**by)


def build(house: SmallHouse, clock: Callable[[], datetime], **given: Any) -> Litestar:
    settings = make_settings(house.resources.settings.data_dir, **given)
    return build_site(house, settings=settings, clock=clock)


async def enrol(browser: Browser, clock: Hands) -> tuple[str, list[str]]:
    """Set up a second factor; return the key and the recovery codes."""
    await act(browser, "begin")
    page = (await browser.get("/account/second-factor")).text
    key = read_key(page)
    answer = await act(browser, "confirm", code=code_at(key, clock()))
    assert answer.status_code == 200, answer.text
    return key, RECOVERY.findall(answer.text)


async def act(browser: Browser, step: str, **fields: str) -> Any:
    path = "/account/second-factor"
    return await browser.post(f"{path}/{step}", csrf_token=await browser.token(path), **fields)


async def give_code(browser: Browser, code: str) -> Any:
    return await browser.post("/sign-in/code", code=code, form_token=await browser.token("/sign-in/code"))


async def test_code_is_asked_for_and_good_once(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as ada, open_browser(build(site.house, clock)) as thief:
        await ada.sign_in(EMAIL)
        key, codes = await enrol(ada, clock)
        assert len(set(codes)) == 10
        clock.turn(seconds=60)
        answer = await thief.sign_in(EMAIL, next="/account")
        assert answer.headers["location"] == "/sign-in/code?next=/account"
        assert "tessera_session" not in thief.client.cookies
        assert (await thief.get("/")).headers["location"].startswith("/sign-in")
        for wrong in ("000000", "", "abc", "12345", "1" * 5000, "１２３４５６", "\x00", "<script>"):
            clock.turn(minutes=6)
            if (await give_code(thief, "000000")).status_code != 422:
                break
            await thief.sign_in(EMAIL, next="/account")
            assert (await give_code(thief, wrong)).status_code in {422, 429}, wrong
        clock.turn(hours=25)
        await thief.sign_in(EMAIL)
        code = code_at(key, clock())
        assert (await give_code(thief, code)).headers["location"] == "/"
        assert (await thief.get("/account")).status_code == 200
    async with open_browser(build(site.house, clock)) as again:
        await again.sign_in(EMAIL)
        assert (await give_code(again, code)).status_code == 422, "a code of the same 30 seconds must not work twice"
        clock.turn(seconds=30)
        assert (await give_code(again, code_at(key, clock()))).status_code == 303


async def test_recovery_code_works_once(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        _, codes = await enrol(browser, clock)
        await browser.post("/sign-out", csrf_token=await browser.token())
        await browser.sign_in(EMAIL)
        assert (await give_code(browser, codes[0].upper().replace("-", " "))).status_code == 303
        assert "9 recovery codes left" in (await browser.get("/account")).text
        await browser.post("/sign-out", csrf_token=await browser.token())
        await browser.sign_in(EMAIL)
        assert (await give_code(browser, codes[0])).status_code == 422
    async with site.house.database.session() as session:
        stored = " ".join(str(row) for row in (await session.execute(text("SELECT * FROM recovery_codes"))).all())
        secrets = await session.scalar(text("SELECT sealed_secret FROM second_factors"))
        actions = list(await session.scalars(text("SELECT action FROM audit_entries")))
    assert not any(code in stored for code in codes)
    assert secrets.startswith("v1.")
    assert {"second_factor_added", "recovery_code_used", "signed_in", "signed_out"} <= set(actions)


async def test_wrong_codes_are_slowed_down_and_a_new_password_step_clears_nothing(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        key, _ = await enrol(browser, clock)
    async with open_browser(build(site.house, clock)) as thief:
        for _ in range(3):
            await thief.sign_in(EMAIL)
            assert (await give_code(thief, "000000")).status_code == 422
        await thief.sign_in(EMAIL)
        clock.turn(milliseconds=1)
        answer = await give_code(thief, code_at(key, clock() + timedelta(seconds=30)))
        assert answer.status_code == 429


async def test_step_ends_in_time_and_belongs_to_its_browser(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as browser, open_browser(build(site.house, clock)) as other:
        await browser.sign_in(EMAIL)
        key, _ = await enrol(browser, clock)
        await browser.post("/sign-out", csrf_token=await browser.token())
        await browser.sign_in(EMAIL)
        clock.turn(seconds=60)
        assert (await other.get("/sign-in/code")).headers["location"] == "/sign-in"
        await other.token("/sign-in")
        form_token = other.client.cookies["tessera_sign_in"]
        answer = await other.post("/sign-in/code", code=code_at(key, clock()), form_token=form_token)
        assert answer.status_code == 403
        form_token = await browser.token("/sign-in/code")
        clock.turn(minutes=11)
        answer = await browser.post("/sign-in/code", code=code_at(key, clock()), form_token=form_token)
        assert answer.status_code == 403
        assert "took too long" in answer.text


async def test_factor_begins_with_a_fitting_code_only(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        assert (await act(browser, "confirm", code="123456")).status_code == 409
        await act(browser, "begin")
        page = (await browser.get("/account/second-factor")).text
        assert re.search(r'<svg[^>]*class="qr"', page)
        assert "style=" not in page
        key = read_key(page)
        for wrong in ("", "abc", "000000", code_at(key, clock() - timedelta(minutes=5)), "1" * 100_000):
            answer = await act(browser, "confirm", code=wrong)
            assert answer.status_code == 422
            assert "does not fit" in answer.text
        await act(browser, "begin")
        assert read_key((await browser.get("/account/second-factor")).text) != key
        assert (await act(browser, "confirm", code=code_at(key, clock()))).status_code == 422


async def test_everybody_can_be_asked_for_one(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock, second_factor="everybody")) as browser:
        await browser.sign_in(EMAIL)
        for path in ("/", "/account", "/account/password", "/admin/exports/runs"):
            answer = await browser.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/account/second-factor"), path
        page = await browser.get("/account/second-factor")
        assert "asks for a second factor" in page.text
        answer = await browser.post("/chain", chain="x", csrf_token=await browser.token("/account/second-factor"))
        assert answer.headers["location"] == "/account/second-factor"
        await enrol(browser, clock)
        assert (await browser.get("/")).status_code == 200
        await act(browser, "remove")
        assert (await browser.get("/")).headers["location"] == "/account/second-factor"


async def test_new_recovery_codes_replace_the_old(site: Site) -> None:
    clock = Hands()
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        assert (await act(browser, "codes")).status_code == 409
        _, old = await enrol(browser, clock)
        new = RECOVERY.findall((await act(browser, "codes")).text)
        assert len(new) == 10
        assert not set(old) & set(new)
        await browser.post("/sign-out", csrf_token=await browser.token())
        await browser.sign_in(EMAIL)
        assert (await give_code(browser, old[0])).status_code == 422
        assert (await give_code(browser, new[0])).status_code == 303
