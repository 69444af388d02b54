"""Every page, light and dark, at desk and phone width, looked at by axe: nothing serious, whoever reads it."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from litestar.handlers import HTTPRouteHandler
from playwright.async_api import Page
from tests.browser.conftest import EMAIL, PASSWORD, Site
from tests.builders.house import ACTOR
from tests.builders.one_of_each import INSTEAD, PERSONAL, make_one_of_each
from tests.builders.phones import code_at

from tessera.access.factors import begin_factor, confirm_factor, find_pending_factor
from tessera.access.sign_in.resets import RESET_DIGEST
from tessera.access.sign_in.store import resets as reset_store
from tessera.access.users import find_user_by_email
from tessera.platform.clock import now
from tessera.web.pages import PAGES
from tessera.web.visits import ANYONE

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
NOBODY = "00000000-0000-0000-0000-000000000001"
# What axe finds, short enough to read in a failed test.
LOOK = """
async () => {
  const found = await axe.run(document);
  return found.violations.filter(({impact}) => ['serious', 'critical'].includes(impact)).map(
    ({id, impact, nodes}) => ({id, impact, nodes: nodes.slice(0, 3).map(({html, failureSummary}) =>
      html.slice(0, 200) + ' — ' + failureSummary.slice(0, 200))}));
}
"""
Looks = tuple[tuple[Literal["light", "dark"], int], ...]
# Both themes and both widths in two looks; every rule runs in each.
LOOKS: Looks = (("light", 1440), ("dark", 390))
EVERY_LOOK: Looks = (*LOOKS, ("dark", 1440), ("light", 390))
PARTS = 3

pytestmark = pytest.mark.timeout(300)


def page_paths() -> list[str]:
    """Return every path that answers a signed-in browser with a page of its own."""
    paths = {path for page in PAGES if shows_a_page(page) for path in page.paths}
    return sorted(
        path for path in paths if not path.endswith((".csv", "/file")) and not PERSONAL & set(PLACE.findall(path))
    )


def shows_a_page(page: HTTPRouteHandler) -> bool:
    """Say whether the handler answers with HTML when it is opened."""
    return "GET" in page.http_methods and page.opt["permission"] != ANYONE


def fill(path: str, ids: dict[str, str]) -> str:
    """Return an address of the path."""
    others = {name: other for part, name, other in INSTEAD if part in path}
    return PLACE.sub(lambda found: ids.get(others.get(found[1], found[1]), NOBODY), path)


async def look(page: Page, address: str, looks: Looks = EVERY_LOOK) -> list[str]:
    """Return what is wrong with a page in these themes at these widths; it is loaded once."""
    answer = await page.request.get(address)
    assert answer.status == 200, f"{address} answers {answer.status}"
    # Charts' figures and parts of pages are no pages.
    if not (await answer.text()).startswith("<!doctype html>"):
        return []
    await page.goto(address)
    return await look_at_shown(page, address, looks)


async def look_at_shown(page: Page, name: str, looks: Looks = EVERY_LOOK) -> list[str]:
    """Return what is wrong with the page that is shown."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    faults: list[str] = []
    for scheme, width in looks:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.set_viewport_size({"width": width, "height": 900})
        found: list[Any] = await page.evaluate(LOOK)
        faults += [f"{name} {scheme} {width}: {each}" for each in found]
    return faults


async def look_at_all(site: Site, page: Page, paths: Sequence[str], looks: Looks) -> None:
    """Look at pages of which there is one of each thing."""
    ids = await make_one_of_each(site.house)
    faults = [fault for path in paths for fault in await look(page, fill(path, ids), looks)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("part", range(PARTS))
async def test_axe_finds_nothing_serious(site: Site, signed_in: Page, part: int) -> None:
    await look_at_all(site, signed_in, page_paths()[part::PARTS], LOOKS)


@pytest.mark.prove(minutes=2)
async def test_axe_finds_nothing_serious_in_any_look(site: Site, signed_in: Page) -> None:
    await look_at_all(site, signed_in, page_paths(), EVERY_LOOK)


async def test_axe_finds_nothing_serious_at_the_door(site: Site, page: Page) -> None:
    faults = [fault for path in ("/sign-in", "/forgot-password") for fault in await look(page, path)]
    assert faults == []


async def test_axe_finds_nothing_serious_where_a_password_is_reset(site: Site, page: Page) -> None:
    keys, token = site.house.resources.keys, "a" * 43
    async with site.house.resources.database.session() as session:
        user = await find_user_by_email(session, ACTOR, EMAIL)
        assert user is not None
        await reset_store.replace_reset(session, user.id, keys.digest(token, RESET_DIGEST), now() + timedelta(hours=1))
    await page.goto(f"/reset-password?token={token}")
    await page.locator("#password").wait_for()
    assert await look_at_shown(page, "/reset-password") == []


async def test_axe_finds_nothing_serious_at_the_second_step(site: Site, page: Page) -> None:
    resources = site.house.resources
    async with resources.database.session() as session:
        user = await find_user_by_email(session, ACTOR, EMAIL)
        assert user is not None
        await begin_factor(session, resources, user, now=now())
        pending = await find_pending_factor(session, resources.keys, user)
        assert pending is not None
        code = code_at(pending.key, now())
        await confirm_factor(session, resources, ACTOR, user, code=code, now=now())
    await page.goto("/sign-in")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.locator("#code").wait_for()
    assert await look_at_shown(page, "/sign-in/code") == []
