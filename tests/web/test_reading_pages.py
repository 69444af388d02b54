"""The pages of queries, connection profiles and templates, which are there to read."""

import re
from uuid import UUID

import pytest
from tests.builders.house import create_export, create_members
from tests.web.conftest import Browser, Site

from tessera.exports import Definition


@pytest.fixture
async def definition(site: Site) -> Definition:
    chain = await create_members(site.house.database, 3)
    return await create_export(site.house, chain, "http://127.0.0.1:9/api")


TEMPLATES = "/admin/integrations/connectors/http_api/templates"


async def first_link(browser: Browser, path: str, start: str | None = None) -> str:
    found = re.search(rf'href="({start or path}/[0-9a-f-]{{36}}/[0-9a-f-]{{36}})"', (await browser.get(path)).text)
    assert found is not None
    return found[1]


async def test_template_shows_its_request(definition: Definition, owner: Browser) -> None:
    page = (await owner.get(await first_link(owner, TEMPLATES, "/admin/integrations/templates"))).text
    assert "POST members" in page
    assert "{{ first_name }} {{ last_name }}" in page
    assert f'href="/analytics/queries/{definition.chain_id}/{definition.query_id}"' in page


async def test_query_shows_text_columns_and_rows(definition: Definition, owner: Browser) -> None:
    path = await first_link(owner, "/analytics/queries")
    page = (await owner.get(path)).text
    assert "SELECT membership_id AS id" in page
    assert "uuid" in page
    assert "O&#39;Neil 2" not in page
    assert "O&#39;Neil 2" in (await owner.get(f"{path}?preview=1")).text


async def test_preview_of_members_needs_their_permission(site: Site, definition: Definition, stranger: Browser) -> None:
    await site.add_user("analyst@example.com", permissions=frozenset({"queries:read"}))
    await stranger.sign_in("analyst@example.com")
    page = (await stranger.get(f"/analytics/queries/{definition.chain_id}/{definition.query_id}?preview=1")).text
    assert "members:read" in page
    assert "O&#39;Neil" not in page


async def test_outsider_reads_nothing(definition: Definition, owner: Browser, outsider: Browser) -> None:
    for path, start in ((TEMPLATES, "/admin/integrations/templates"), ("/analytics/queries", "/analytics/queries")):
        assert (await outsider.get(await first_link(owner, path, start))).status_code == 404
        assert not re.search(rf'href="{start}/[0-9a-f-]{{36}}', (await outsider.get(path)).text)
    await outsider.post("/chain", csrf_token=await outsider.token(), chain=str(definition.chain_id))
    assert str(definition.query_id) not in (await outsider.get("/analytics/queries")).text


async def test_chain_is_chosen_in_the_top_bar(site: Site, definition: Definition, owner: Browser) -> None:
    other = await create_members(site.house.database, 0, chain="Alpine Lodges")
    for chain, listed in ((other, False), (definition.chain_id, True), (UUID(int=3), False)):
        await owner.post("/chain", csrf_token=await owner.token(), chain=str(chain))
        assert (str(definition.query_id) in (await owner.get("/analytics/queries")).text) is listed
