"""One's own account: the password, the sessions, and nobody else's."""

from tests.web.conftest import PASSWORD, Browser, Site, open_browser
from tests.web.test_second_factor import EMAIL, Hands, build

from tessera.web.account.browser_names import describe_browser

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NEW = "another quiet sentence"


async def change(browser: Browser, current: str = PASSWORD, password: str = NEW, again: str = NEW) -> int:
    fields = {"current": current, "password": password, "again": again}
    answer = await browser.post("/account/password", csrf_token=await browser.token(), **fields)
    assert NEW not in answer.text
    return int(answer.status_code)


async def test_new_password_signs_the_others_out(site: Site, owner: Browser) -> None:
    async with open_browser(site.app) as other:
        await other.sign_in("owner@example.com")
        assert await change(owner, current="not the password") == 422
        assert await change(owner, password="short", again="short") == 422
        assert await change(owner, again="another one altogether") == 422
        assert (await other.get("/account")).status_code == 200
        assert await change(owner) == 303
        assert (await owner.get("/account")).status_code == 200
        assert (await other.get("/account")).status_code == 303
        assert (await other.sign_in("owner@example.com", NEW)).status_code == 303


async def test_guessing_the_current_password_is_slowed_down(site: Site) -> None:
    await site.add_user(EMAIL)
    async with open_browser(build(site.house, Hands())) as ada:
        await ada.sign_in(EMAIL)
        for _ in range(3):
            assert await change(ada, current="not the password") == 422
        assert await change(ada) == 429


async def test_sessions_are_listed_and_ended(site: Site, owner: Browser, reader: Browser) -> None:
    async with open_browser(site.app) as other:
        other.client.headers["User-Agent"] = FIREFOX
        await other.sign_in("owner@example.com")
        page = (await owner.get("/account/sessions")).text
        assert "Firefox on Linux" in page
        assert page.count("<span>This one</span>") == 1
        path = page.split('action="/account/sessions/')[-1].partition('"')[0]
        # Somebody else's session is not there.
        answer = await reader.post(f"/account/sessions/{path}", csrf_token=await reader.token())
        assert answer.status_code == 404
        assert (await other.get("/account")).status_code == 200
        answer = await owner.post(f"/account/sessions/{path}", csrf_token=await owner.token())
        assert answer.headers["location"] == "/account/sessions"
        assert (await other.get("/account")).status_code == 303
        await other.sign_in("owner@example.com")
        await owner.post("/account/sessions/end-others", csrf_token=await owner.token())
        assert (await other.get("/account")).status_code == 303
        assert (await owner.get("/account")).status_code == 200
        assert (await reader.get("/account")).status_code == 200


async def test_hostile_browser_name_is_only_text(site: Site, owner: Browser) -> None:
    async with open_browser(site.app) as other:
        other.client.headers["User-Agent"] = "<script>alert(1)</script>" * 200
        await other.sign_in("owner@example.com")
    page = (await owner.get("/account/sessions")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_menu_leads_to_the_account(owner: Browser) -> None:
    assert 'href="/account"' in (await owner.get("/")).text


def test_browsers_have_names() -> None:
    assert describe_browser(FIREFOX) == "Firefox on Linux"
    chrome = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
    )
    assert describe_browser(chrome) == "Chrome on Windows"
    assert describe_browser(f"{chrome} Edg/140.0") == "Edge on Windows"
    assert describe_browser("curl/8.5") == "curl/8.5"
    assert describe_browser(None) == "Unknown browser"
