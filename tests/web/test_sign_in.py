"""Signing in at the door, and what the door gives away."""

import pytest
from tests.builders.house import SmallHouse
from tests.web.conftest import Browser, Site, build_site, open_browser

from tessera.platform.settings import load_settings
from tessera.web.headers import security_headers


async def test_right_password_opens_the_door(site: Site, stranger: Browser) -> None:
    await site.add_user("ada@example.com")
    answer = await stranger.sign_in("ADA@example.com ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await stranger.get("/")).status_code == 200


async def test_session_cookie_is_out_of_reach_of_scripts(site: Site, stranger: Browser) -> None:
    await site.add_user("ada@example.com")
    answer = await stranger.sign_in("ada@example.com")
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith("tessera_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_https_site_locks_its_cookie_to_the_host(house: SmallHouse, stranger: Browser, site: Site) -> None:
    await site.add_user("ada@example.com")
    settings = house.resources.settings.model_copy(update={"public_url": "https://tessera.example"})
    async with open_browser(build_site(house, settings=settings), "https://tessera.example") as browser:
        answer = await browser.sign_in("ada@example.com")
        cookies = answer.headers.get_list("set-cookie")
        assert any(line.startswith("__Host-tessera_session=") and "Secure" in line for line in cookies)
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_wrong_password_and_unknown_user_look_the_same(site: Site, stranger: Browser) -> None:
    await site.add_user("ada@example.com")
    wrong = await stranger.sign_in("ada@example.com", "not the password")
    unknown = await stranger.sign_in("eve@example.com", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace("ada@", "eve@") == unknown.text
    assert "tessera_session=" not in str(wrong.headers)


async def test_failures_are_slowed_down(site: Site, stranger: Browser) -> None:
    for _ in range(3):
        assert (await stranger.sign_in("ada@example.com", "not the password")).status_code == 422
    answer = await stranger.sign_in("ada@example.com", "not the password")
    assert answer.status_code == 429
    assert "Wait 1 second" in answer.text


async def test_typed_address_is_kept(stranger: Browser) -> None:
    answer = await stranger.sign_in("<ada>@example.com", "not the password")
    assert 'value="&lt;ada&gt;@example.com"' in answer.text


async def test_form_from_elsewhere_is_refused(site: Site, stranger: Browser) -> None:
    await site.add_user("ada@example.com")
    fields = {"email": "ada@example.com", "password": "a quiet sentence"}
    assert (await stranger.post("/sign-in", **fields)).status_code == 403
    await stranger.token("/sign-in")
    assert (await stranger.post("/sign-in", **fields, form_token="made up")).status_code == 403


async def test_sign_in_leads_back(site: Site, stranger: Browser) -> None:
    await site.add_user("ada@example.com")
    sent = await stranger.get("/admin/exports/runs?state=failed")
    assert sent.headers["location"] == "/sign-in?next=/admin/exports/runs%3Fstate%3Dfailed"
    assert 'name="next" value="/admin/exports/runs?state=failed"' in (await stranger.get(sent.headers["location"])).text
    answer = await stranger.sign_in("ada@example.com", next="/admin/exports/runs?state=failed")
    assert answer.headers["location"] == "/admin/exports/runs?state=failed"


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", "evil", "/a\r\nb", ""])
async def test_sign_in_leads_nowhere_else(site: Site, stranger: Browser, path: str) -> None:
    await site.add_user("ada@example.com")
    answer = await stranger.sign_in("ada@example.com", next=path)
    assert answer.headers["location"] == "/"


async def test_sign_out_ends_the_session(owner: Browser) -> None:
    cookie = owner.client.cookies["tessera_session"]
    answer = await owner.post("/sign-out", csrf_token=await owner.token())
    assert answer.headers["location"] == "/sign-in"
    owner.client.cookies.set("tessera_session", cookie)
    assert (await owner.get("/")).headers["location"] == "/sign-in?next=/"


async def test_signed_out_reads_so_once(owner: Browser) -> None:
    await owner.post("/sign-out", csrf_token=await owner.token())
    assert "You are signed out." in (await owner.get("/sign-in")).text
    assert "You are signed out." not in (await owner.get("/sign-in")).text


async def test_signed_in_user_needs_no_form(owner: Browser) -> None:
    assert (await owner.get("/sign-in")).headers["location"] == "/"


async def test_theme_is_kept_in_the_browser(owner: Browser) -> None:
    assert "data-theme" not in (await owner.get("/")).text.partition(">")[2].partition(">")[0]
    await owner.post("/theme", theme="dark", csrf_token=await owner.token())
    assert '<html lang="en" data-theme="dark">' in (await owner.get("/")).text
    await owner.post("/theme", theme="system", csrf_token=await owner.token())
    assert '<html lang="en">' in (await owner.get("/")).text


def test_plain_http_promises_no_https() -> None:
    settings = load_settings({})
    assert "Strict-Transport-Security" not in security_headers(settings)


async def test_https_site_locks_every_cookie_to_the_host(house: SmallHouse, site: Site) -> None:
    await site.add_user("ada@example.com")
    settings = house.resources.settings.model_copy(update={"public_url": "https://tessera.example"})
    async with open_browser(build_site(house, settings=settings), "https://tessera.example") as browser:
        answers = [await browser.get("/sign-in"), await browser.sign_in("ada@example.com")]
        token = await browser.token()
        answers += [await browser.post(path, csrf_token=token, theme="dark") for path in ("/theme", "/chain")]
        answers += [await browser.get("/reset-password?token=x"), await browser.post("/sign-out", csrf_token=token)]
    cookies = [line for answer in answers for line in answer.headers.get_list("set-cookie")]

    assert len({line.partition("=")[0] for line in cookies}) == 8
    for line in cookies:
        attributes = {part.strip().lower() for part in line.split(";")[1:]}
        assert line.startswith("__Host-tessera_")
        assert {"secure", "httponly", "path=/"} <= attributes
        assert not any(part.startswith("domain") for part in attributes)


async def test_cookie_that_a_neighbour_planted_is_no_form_token(house: SmallHouse, site: Site) -> None:
    await site.add_user("ada@example.com")
    settings = house.resources.settings.model_copy(update={"public_url": "https://tessera.example"})
    async with open_browser(build_site(house, settings=settings), "https://tessera.example") as browser:
        browser.client.cookies.set("tessera_sign_in", "planted")
        fields = {"email": "ada@example.com", "password": "a quiet sentence", "form_token": "planted"}
        assert (await browser.post("/sign-in", **fields)).status_code == 403
