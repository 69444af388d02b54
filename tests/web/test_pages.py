"""What every page keeps: sign-in, permission, tokens in forms, strict headers, tenancy."""

import re
from uuid import UUID

import pytest
from litestar.handlers import HTTPRouteHandler
from tests.builders.house import create_export, create_members, run_to_end
from tests.builders.receivers import run_receiver
from tests.web.conftest import Browser, Site

from tessera.web.documents.how_tos import WRITTEN
from tessera.web.navigation import how_to_of
from tessera.web.pages import PAGES, check_declared
from tessera.web.visits import ANYONE

NOBODY = UUID(int=1)


def fill(path: str) -> str:
    """Return an address of a route, with ids that nobody has."""
    return re.sub(r"\{\w+:(\w+)\}", lambda found: "1" if found[1] == "int" else str(NOBODY), path)


def addresses(method: str) -> list[str]:
    """Return an address of every page with this method that is not open to anyone."""
    return sorted(
        fill(path)
        for page in PAGES
        if method in page.http_methods and page.opt["permission"] != ANYONE
        for path in page.paths
    )


async def test_pages_need_sign_in(stranger: Browser) -> None:
    for path in addresses("GET"):
        answer = await stranger.get(path)
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in?next="), path


async def test_actions_need_sign_in(stranger: Browser) -> None:
    for path in addresses("POST"):
        answer = await stranger.post(path, csrf_token="made up")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path


async def test_actions_need_the_token(owner: Browser) -> None:
    for path in addresses("POST"):
        for fields in ({}, {"csrf_token": "made up"}, {"csrf_token": ""}):
            answer = await owner.post(path, **fields)
            assert answer.status_code == 403, path
            assert "expired" in answer.text, path


async def test_token_may_come_as_a_header(owner: Browser) -> None:
    token = await owner.token()
    answer = await owner.client.post("/theme", headers={"X-CSRF-Token": token}, follow_redirects=False)
    assert answer.status_code == 303


async def test_token_of_another_session_is_refused(owner: Browser, reader: Browser) -> None:
    assert (await owner.post("/sign-out", csrf_token=await reader.token())).status_code == 403


async def test_every_answer_is_strict(owner: Browser) -> None:
    for path in [*addresses("GET"), "/sign-in", "/static/favicon.svg", "/static/nothing.css"]:
        headers = (await owner.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; "), path
        assert "unsafe" not in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "same-origin", path


async def test_pages_hold_nothing_inline(owner: Browser) -> None:
    for path in [*addresses("GET"), "/sign-in"]:
        text = (await owner.get(path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|<script(?![^>]* src=)", text), path
        assert not re.search(r"""(?:src|href|action)="(?!/|#|\?)""", text), path


async def test_pages_are_not_cached(owner: Browser) -> None:
    assert (await owner.get("/")).headers["cache-control"] == "no-store"
    assert "immutable" in (await owner.get("/static/favicon.svg")).headers["cache-control"]


async def test_reader_sees_and_changes_nothing(site: Site, owner: Browser, reader: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    path = f"/admin/exports/definitions/{definition.id}"
    assert f'href="{path}/run"' in (await owner.get(path)).text
    assert f'href="{path}/run"' not in (await reader.get(path)).text
    answer = await reader.post(f"{path}/run", csrf_token=await reader.token())
    assert answer.status_code == 403
    assert "exports:write" in answer.text


async def test_outsider_finds_nothing(site: Site, outsider: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    async with run_receiver() as receiver:
        definition = await create_export(site.house, chain, receiver.url)
        run = await run_to_end(site.house, definition)
    token = await outsider.token()
    paths = (f"runs/{run.id}", f"runs/{run.id}/progress", f"runs/{run.id}/rates", f"runs/{run.id}/requests/0")
    for path in (*paths, f"definitions/{definition.id}"):
        assert (await outsider.get(f"/admin/exports/{path}")).status_code == 404
    for path in (f"runs/{run.id}/cancel", f"definitions/{definition.id}/run"):
        assert (await outsider.post(f"/admin/exports/{path}", csrf_token=token)).status_code == 404
    for path in ("/", "/admin/exports/runs", "/admin/exports/definitions"):
        assert definition.label not in (await outsider.get(path)).text


async def test_user_without_rights_sees_an_empty_house(site: Site, stranger: Browser) -> None:
    await site.add_user("new@example.com", permissions=frozenset())
    await stranger.sign_in("new@example.com")
    home = await stranger.get("/")
    assert "Ask an administrator" in home.text
    assert "/admin/" not in home.text
    assert (await stranger.get("/admin/exports/runs")).status_code == 403


async def test_unknown_address_is_a_page(owner: Browser) -> None:
    answer = await owner.get("/no/such/page")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


async def test_expired_polling_goes_to_the_door(stranger: Browser) -> None:
    answer = await stranger.get(f"/admin/exports/runs/{NOBODY}/progress", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


def test_page_without_permission_stops_the_start() -> None:
    async def show_secret() -> None: ...

    with pytest.raises(TypeError, match="must declare a permission"):
        check_declared(HTTPRouteHandler("/secret", http_method="GET")(show_secret))


def test_places_of_menus_are_pages() -> None:
    from tessera.web.navigation import SECTIONS

    paths = {path for page in PAGES if "GET" in page.http_methods for path in page.paths}
    assert {place.path for section in SECTIONS for group in section.groups for place in group.places} <= paths


async def test_every_page_leads_to_a_how_to(owner: Browser, stranger: Browser) -> None:
    names = {how_to_of(path) for path in addresses("GET")}
    assert {"points", "write-a-query", "receive-from-mparticle"} & names
    for name in sorted(names):
        page = (await stranger.get(f"/docs/how-to/{name}")).text
        assert '<article class="prose-page">' in page, name
        assert not re.search(r'href="[^"]*\.md', page), name
    assert 'href="/docs/how-to/points"' in (await owner.get("/loyalty/tiers")).text


async def test_every_how_to_is_listed_under_its_title(stranger: Browser) -> None:
    page = (await stranger.get("/docs/how-to")).text
    written = {path.stem: path.read_text(encoding="utf-8") for path in WRITTEN.glob("*.md") if path.stem != "README"}
    for name, text in written.items():
        assert f'<a href="/docs/how-to/{name}">{text.partition(chr(10))[0].removeprefix("# ")}</a>' in page
    assert 'href="/docs/how-to"' in (await stranger.get("/docs/how-to/points")).text


@pytest.mark.parametrize("name", ["nothing", "..%2f..%2fREADME", "README.md", "%00"])
async def test_unknown_how_to_is_not_found(owner: Browser, name: str) -> None:
    assert (await owner.get(f"/docs/how-to/{name}")).status_code == 404


async def test_missing_page_keeps_the_menu(owner: Browser, stranger: Browser) -> None:
    for path in ("/nothing", "/admin/nothing/here", "/admin/access/nothing", "/loyalty/nothing"):
        inside, outside = await owner.get(path), await stranger.get(path)
        assert (path, inside.status_code, outside.status_code) == (path, 404, 404)
        assert (path, "/loyalty/memberships" in inside.text) == (path, True)
        assert "/loyalty/memberships" not in outside.text
