"""Every page, light and dark, looked at by axe: nothing serious, whoever reads it and with whatever."""

import re
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
import pytest
from litestar.handlers import HTTPRouteHandler
from playwright.async_api import Page
from tests.browser.conftest import Site
from tests.builders.one_of_each import INSTEAD, PERSONAL, make_one_of_each

from tessera.web.pages import PAGES
from tessera.web.visits import ANYONE

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PLACE = re.compile(r"\{(\w+)(?::\w+)?\}")
NOBODY = "00000000-0000-0000-0000-000000000001"
# What axe finds, short enough to read in a failed test.
LOOK = """
async (rules) => {
  const found = await axe.run(document, rules ? {runOnly: {type: 'rule', values: rules}} : {});
  return found.violations.filter(({impact}) => ['serious', 'critical'].includes(impact)).map(
    ({id, impact, nodes}) => ({id, impact, nodes: nodes.slice(0, 3).map(({html, failureSummary}) =>
      html.slice(0, 200) + ' — ' + failureSummary.slice(0, 200))}));
}
"""
SCHEMES: tuple[tuple[Literal["light", "dark"], list[str] | None], ...] = (("light", None), ("dark", ["color-contrast"]))
PARTS = 3

pytestmark = pytest.mark.timeout(300)


def page_paths() -> list[str]:
    """Return every path that answers a signed-in browser with a page of its own."""
    paths = {path for page in PAGES if shows_a_page(page) for path in page.paths}
    return sorted(path for path in paths if not path.endswith(".csv") and not PERSONAL & set(PLACE.findall(path)))


def shows_a_page(page: HTTPRouteHandler) -> bool:
    """Say whether the handler answers with HTML when it is opened."""
    return "GET" in page.http_methods and page.opt["permission"] != ANYONE


def fill(path: str, ids: dict[str, str]) -> str:
    """Return an address of the path."""
    others = {name: other for part, name, other in INSTEAD if part in path}
    return PLACE.sub(lambda found: ids.get(others.get(found[1], found[1]), NOBODY), path)


async def look(page: Page, address: str) -> list[str]:
    """Return what is wrong with a page, in light and in dark; only colours differ between the two."""
    answer = await page.request.get(address)
    assert answer.status == 200, f"{address} answers {answer.status}"
    # Charts' figures and parts of pages are no pages.
    if not (await answer.text()).startswith("<!doctype html>"):
        return []
    faults: list[str] = []
    for scheme, rules in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.goto(address)
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[Any] = await page.evaluate(LOOK, rules)
        faults += [f"{address} {scheme}: {each}" for each in found]
    return faults


@pytest.mark.parametrize("part", range(PARTS))
async def test_axe_finds_nothing_serious(site: Site, signed_in: Page, part: int) -> None:
    ids = await make_one_of_each(site.house)
    faults = [fault for path in page_paths()[part::PARTS] for fault in await look(signed_in, fill(path, ids))]
    assert not faults, "\n".join(faults)


async def test_axe_finds_nothing_serious_at_the_door(site: Site, page: Page) -> None:
    faults = [fault for path in ("/sign-in", "/forgot-password") for fault in await look(page, path)]
    assert faults == []
