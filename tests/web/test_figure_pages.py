"""Figures on the home page and on their own: numbers, links, tables, and who sees them."""

import re

from tests.builders.house import ACTOR, create_members
from tests.web.conftest import Browser, Site

from tessera import loyalty
from tessera.platform.clock import now
from tessera.platform.db import driver

TAGS = re.compile(r"<[^>]+>")


def words(page: str) -> str:
    """Return what is read on a page, blanks put together."""
    return " ".join(TAGS.sub(" ", page).split())


async def earn(site: Site, points: int) -> None:
    """Give points to one member."""
    async with site.house.database.session() as session:
        connection = await driver(session)
        rows = await connection.execute("SELECT chain_id, id FROM memberships ORDER BY sequence LIMIT 1")
        ((chain_id, membership_id),) = await rows.fetchall()
        item = loyalty.Earning(membership_id=membership_id, points=points, idempotency_key="one")
        await loyalty.earn_points(session, ACTOR, chain_id, [item], now=now())


async def test_home_shows_four_figures(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 12)
    await earn(site, 2500)
    page = (await owner.get("/")).text

    assert re.search(r"Members 12 \+12 in 30 days", words(page))
    assert re.search(r"Points in 30 days 2,500 earned", words(page))
    assert re.search(r"Enrolments 12 in 30 days", words(page))
    for part in ("members", "points", "movements", "enrolments"):
        assert f'href="/loyalty/figures#{part}"' in page
    assert page.count("<polyline") == 5
    assert len(re.findall(r"<td>\d{4}-\d\d-\d\d</td>", page)) == 30


async def test_empty_chain_shows_no_figures(site: Site, owner: Browser) -> None:
    assert "Points outstanding" not in (await owner.get("/")).text


async def test_home_says_that_the_past_is_being_counted(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 1)
    async with site.house.database.session() as session:
        await (await driver(session)).execute("INSERT INTO uncounted_chains SELECT id FROM chains")

    assert "are being counted" in words((await owner.get("/")).text)
    assert "Being counted" in words((await owner.get("/loyalty/figures")).text)
    await loyalty.count_figures(site.house.database)
    assert "Points outstanding" in words((await owner.get("/")).text)


async def test_reader_of_exports_sees_no_figures(site: Site, reader: Browser) -> None:
    await create_members(site.house.database, 3)
    home = words((await reader.get("/")).text)

    assert "Points outstanding" not in home
    assert (await reader.get("/loyalty/figures")).status_code == 403


async def test_reader_of_programs_sees_figures_without_links(site: Site, stranger: Browser) -> None:
    await create_members(site.house.database, 3)
    await site.add_user("ana@example.com", permissions=frozenset({"programs:read"}))
    await stranger.sign_in("ana@example.com")
    home = (await stranger.get("/")).text

    assert "Points outstanding" in home
    assert "/loyalty/figures#" not in home


async def test_outsider_sees_no_figures(site: Site, outsider: Browser) -> None:
    await create_members(site.house.database, 3)

    assert "Points outstanding" not in (await outsider.get("/")).text
    assert "Harbour" not in (await outsider.get("/loyalty/figures")).text


async def test_charts_come_with_their_tables(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 4)
    page = (await owner.get("/loyalty/figures?days=90")).text

    assert re.findall(r'class="chart" id="(\w+)"', page) == [
        "members",
        "points",
        "movements",
        "enrolments",
    ]
    assert len(re.findall(r"<td>\d{4}-\d\d-\d\d</td>", page)) == 4 * 90
    assert (await owner.get("/loyalty/figures?days=1e9&program=x")).status_code == 200
