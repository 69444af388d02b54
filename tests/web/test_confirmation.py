"""What changes secrets, users or roles asks who it is, keeps what was typed, and goes on with the very same request."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from litestar import Litestar, Response, Router, post
from litestar.datastructures import UploadFile
from litestar.di import Provide
from sqlalchemy import text
from tests.builders.house import SmallHouse, make_settings
from tests.builders.identity_provider import IdentityProvider, run_provider
from tests.builders.phones import code_at
from tests.web.conftest import PASSWORD, Browser, Site, open_browser
from tests.web.test_provider import link
from tests.web.test_second_factor import EMAIL, Hands, build, enrol

from tessera.web.failures import FAILURE_HANDLERS
from tessera.web.headers import SecurityHeaders
from tessera.web.visits import PageVisit, provide_visit

HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


@post("/secret", permission="users:admin", fresh=True)
async def change_secret(visit: PageVisit) -> Response[Any]:
    """Tell what arrived."""
    sent = await visit.request.form()
    files = [
        [name, file.filename, file.content_type, (await file.read()).decode("latin-1")]
        for name, file in sent.multi_items()
        if isinstance(file, UploadFile)
    ]
    return Response(
        {"fields": [list(pair) for pair in await visit.fields()], "files": files}, media_type="application/json"
    )


@post("/perhaps", permission="users:admin", fresh=lambda form: form.get("role") == "admin")
async def change_perhaps(visit: PageVisit) -> Response[Any]:
    """Tell that it arrived."""
    return Response("done")


def build_with_secrets(house: SmallHouse, clock: Any, **given: Any) -> Litestar:
    app = build(house, clock, **given)
    app.register(
        Router(
            "/",
            route_handlers=[change_secret, change_perhaps],
            dependencies={"visit": Provide(provide_visit)},
            exception_handlers=FAILURE_HANDLERS,
            middleware=[SecurityHeaders()],
        )
    )
    return app


@asynccontextmanager
async def stale(site: Site, clock: Hands, **given: Any) -> AsyncIterator[Browser]:
    """A browser whose user signed in an hour ago."""
    await site.add_user(EMAIL)
    async with open_browser(build_with_secrets(site.house, clock, **given)) as browser:
        await browser.sign_in(EMAIL)
        clock.turn(hours=1)
        yield browser


def hidden(page: str) -> list[tuple[str, str]]:
    return [
        (html.unescape(name), html.unescape(value))
        for name, value in HIDDEN.findall(page.partition('class="confirm')[2])
    ]


async def send_again(browser: Browser, page: str, **typed: str) -> Any:
    """Send the form of the question as a browser does."""
    fields = [*hidden(page), *((f"tessera_confirm_{name}", value) for name, value in typed.items())]
    action = re.search(r'class="confirm form" method="post" action="([^"]*)"', page)
    assert action is not None
    parts = [(name, (None, value)) for name, value in fields]
    return await browser.client.post(html.unescape(action[1]), files=parts, follow_redirects=False)


async def test_recent_sign_in_is_enough(site: Site) -> None:
    await site.add_user(EMAIL)
    clock = Hands()
    async with open_browser(build_with_secrets(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        clock.turn(minutes=14)
        answer = await browser.post("/secret", a="1", csrf_token=await browser.token())
        assert ["a", "1"] in answer.json()["fields"]


async def test_question_carries_everything_and_goes_on(site: Site) -> None:
    clock = Hands()
    async with stale(site, clock) as browser:
        token = await browser.token()
        typed = [
            ("csrf_token", token),
            ("name", "<script>\"x\" & 'y'</script>"),
            ("text", "first\r\nsecond\r\n"),
            ("many", "1"),
            ("many", "2"),
            ("secret", "a-typed-secret"),
            ("empty", ""),
            ("größe", "ü\u2028"),
        ]
        content = bytes(range(256))
        parts: list[Any] = [(name, (None, value)) for name, value in typed]
        parts += [("file", ('a "b".key', content, "application/x-key")), ("file", ("c.txt", b"", "text/plain"))]
        page = await browser.client.post("/secret?from=list&x=%22", files=parts)
        assert page.status_code == 200
        assert "Confirm it is you" in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "<script>&" not in page.text
        assert '"x" &' not in page.text
        wrong = await send_again(browser, page.text, password="not the password")
        assert "That does not fit" in wrong.text
        answer = await send_again(browser, wrong.text, password=PASSWORD)
        arrived = answer.json()
        assert sorted(tuple(pair) for pair in arrived["fields"]) == sorted(typed)
        assert arrived["files"][0] == ["file", 'a "b".key', "application/x-key", content.decode("latin-1")]
        assert len(arrived["files"]) == 2
        again = await browser.post("/secret", csrf_token=token)
        assert again.json()["fields"] == [["csrf_token", token]]
    async with site.house.database.session() as session:
        actions = list(await session.scalars(text("SELECT action FROM audit_entries")))
        everything = str((await session.execute(text("SELECT * FROM audit_entries"))).all())
    assert actions.count("sign_in_confirmed") == 1
    assert "a-typed-secret" not in everything


async def test_form_decides_whether_it_matters(site: Site) -> None:
    async with stale(site, Hands()) as browser:
        token = await browser.token()
        assert (await browser.post("/perhaps", role="reader", csrf_token=token)).text == "done"
        assert "Confirm it is you" in (await browser.post("/perhaps", role="admin", csrf_token=token)).text


async def test_permission_and_token_come_first(site: Site) -> None:
    clock = Hands()
    async with stale(site, clock) as browser:
        assert (await browser.post("/secret", csrf_token="made up")).status_code == 403
        proof = {"tessera_confirm_asked": "true", "tessera_confirm_password": PASSWORD}
        assert (await browser.post("/secret", **proof)).status_code == 403
        assert "Confirm it is you" in (await browser.post("/secret", csrf_token=await browser.token())).text
    await site.add_user("reader@example.com", permissions=frozenset())
    async with open_browser(build_with_secrets(site.house, clock)) as reader:
        await reader.sign_in("reader@example.com")
        clock.turn(hours=1)
        answer = await reader.post("/secret", csrf_token=await reader.token())
        assert answer.status_code == 403
        assert "users:admin" in answer.text
    async with open_browser(build_with_secrets(site.house, clock)) as stranger:
        assert (await stranger.post("/secret", **proof)).headers["location"] == "/sign-in"


async def test_guesses_are_slowed_down(site: Site) -> None:
    async with stale(site, Hands()) as browser:
        page = (await browser.post("/secret", csrf_token=await browser.token())).text
        for _ in range(3):
            page = (await send_again(browser, page, password="a wrong guess")).text
        page = (await send_again(browser, page, password=PASSWORD)).text
        assert "Wait 1 second" in page
        assert "Confirm it is you" in page


@pytest.mark.parametrize("file", ["x", "[]", "[1,2,3,4]", '["a","b","c","%%%"]', "[" * 5000, "\x00"])
async def test_made_up_file_is_dropped(site: Site, file: str) -> None:
    async with stale(site, Hands()) as browser:
        fields = {"tessera_confirm_file": file, "tessera_confirm_asked": "1", "tessera_confirm_password": PASSWORD}
        answer = await browser.post("/secret", csrf_token=await browser.token(), **fields)
        assert answer.json()["files"] == []


async def test_second_factor_is_asked_for_too(site: Site) -> None:
    await site.add_user(EMAIL)
    clock = Hands()
    async with open_browser(build_with_secrets(site.house, clock)) as browser:
        await browser.sign_in(EMAIL)
        key, _ = await enrol(browser, clock)
        clock.turn(hours=1)
        page = (await browser.post("/secret", csrf_token=await browser.token())).text
        assert "Code of your second factor" in page
        page = (await send_again(browser, page, password=PASSWORD)).text
        assert "That does not fit" in page
        code = code_at(key, clock())
        answer = await send_again(browser, page, password=PASSWORD, code=code)
        assert "fields" in answer.json()
        clock.turn(minutes=16)
        page = (await browser.post("/secret", csrf_token=await browser.token())).text
        assert "That does not fit" in (await send_again(browser, page, password=PASSWORD, code=code)).text


async def test_provider_confirms_in_another_tab(site: Site) -> None:
    clock = Hands()
    async with run_provider() as provider:
        await link(site, provider)
        async with site.house.database.session() as session:
            await session.execute(text("UPDATE users SET password_hash = NULL"))
        given = provider.settings()
        async with open_browser(build_with_secrets(site.house, clock, **given)) as browser:
            assert (await come_back(browser, provider, "/sign-in/provider")).status_code == 303
            clock.turn(hours=1)
            page = (await browser.post("/secret", a="kept", csrf_token=await browser.token())).text
            assert "Confirm with Example Login in a new tab" in page
            assert 'type="password"' not in page
            assert "has not confirmed it yet" in (await send_again(browser, page)).text
            way = "/sign-in/provider?purpose=confirm"
            provider.auth_time = clock().timestamp() - 600
            provider.bend = lambda claims: claims | {"iat": clock().timestamp(), "exp": clock().timestamp() + 60}
            assert "did not ask you to sign in again" in (await come_back(browser, provider, way)).text
            provider.auth_time = clock().timestamp()
            provider.person.subject = "somebody else"
            assert "as somebody else" in (await come_back(browser, provider, way)).text
            provider.person.subject = "ada-1815"
            assert "Close this tab" in (await come_back(browser, provider, way)).text
            assert ["a", "kept"] in (await send_again(browser, page)).json()["fields"]


async def come_back(browser: Browser, provider: IdentityProvider, path: str) -> Any:
    there = (await browser.get(path)).headers["location"]
    async with httpx.AsyncClient() as client:
        back = (await client.get(there)).headers["location"]
    return await browser.get(back.removeprefix("http://tessera.test"))


async def test_large_files_are_not_carried(site: Site) -> None:
    async with stale(site, Hands()) as browser:
        parts: list[Any] = [
            ("csrf_token", (None, await browser.token())),
            ("file", ("a", b"x" * 6_000_000, "text/plain")),
        ]
        answer = await browser.client.post("/secret", files=parts)
        assert answer.status_code == 422
        assert "too large" in answer.text


def test_settings_name_the_minutes(tmp_path: Any) -> None:
    assert make_settings(tmp_path).fresh_minutes == 15
