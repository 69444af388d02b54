"""Pages of queries: made, looked into, changed, copied, deleted, downloaded; the same with and without scripts."""

import re
from typing import Any
from uuid import UUID

from tests.builders.house import ACTOR, create_export, create_members
from tests.web.conftest import Browser, Site, open_browser

from tessera import queries
from tessera.queries import NewQuery, Query

LIST = "/analytics/queries"
TEXT = 'SELECT membership_id AS id, balance AS "Points, now", last_name FROM members'


async def make(site: Site, *, members: int = 3, label: str = "Members") -> Query:
    """Make a chain with members and a query."""
    chain = await create_members(site.house.database, members)
    async with site.house.database.session() as session:
        return await queries.create_query(
            session, ACTOR, site.house.engine, chain_id=chain, new=NewQuery(label, TEXT, key_columns=("id",))
        )


async def read(site: Site, query: Query) -> Query:
    """Return the query as it is now."""
    async with site.house.database.session() as session:
        return await queries.get_query(session, ACTOR, query.chain_id, query.id)


def typed(query: Query, **changed: str) -> dict[str, Any]:
    """Return the editor's fields."""
    given = {"label": query.label, "text": query.text, "key_columns": "id", "version": str(query.version)}
    return {**given, **changed}


async def test_name_opens_the_editor_and_save_stores_the_query(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    token = await owner.token()
    begun = await owner.post(LIST, csrf_token=token, display_name="Gold & silver")
    assert begun.headers["location"] == f"{LIST}/{chain}/new?label=Gold%20%26%20silver"
    page = (await owner.get(begun.headers["location"])).text
    assert 'value="Gold &amp; silver"' in page
    assert "data-editor" in page
    fields = {"label": "Gold & silver", "text": "SELECT id\r\n  FROM memberships", "description": "who"}
    saved = await owner.post(
        f"{LIST}/{chain}/new",
        csrf_token=token,
        **fields,
        parameter_name="least",
        parameter_type="int",
        parameter_default="5",
    )
    assert saved.status_code == 303
    shown = (await owner.get(saved.headers["location"])).text
    assert "gold_silver" in shown
    assert ":least" in shown


async def test_empty_name_is_marked(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 0)
    answer = await owner.post(LIST, csrf_token=await owner.token(), display_name=" ")
    assert answer.status_code == 422
    assert 'id="display_name-words"' in answer.text


async def test_list_is_searched_sorted_and_paged(site: Site, owner: Browser) -> None:
    query = await make(site, label="Zebra")
    async with site.house.database.session() as session:
        for number in range(55):
            await queries.copy_query(session, ACTOR, query=query)
            assert number < 55
    first = (await owner.get(f"{LIST}?sort=-label")).text
    assert "of 56" in first
    assert (await owner.get(f"{LIST}?q=zebra&page=2")).text.count('class="lead"') == 6
    assert "Nothing matches" in (await owner.get(f"{LIST}?q=nobody")).text
    assert "There is no such page" in (await owner.get(f"{LIST}?page=9")).text
    assert (await owner.get(f"{LIST}?sort=;drop&q=%00&page=x")).status_code == 200


async def test_fault_stands_at_its_place(site: Site, owner: Browser) -> None:
    query = await make(site)
    fields = typed(query, text="SELECT membership_id AS id,\r\n  nobody FROM members")
    answer = await owner.post(f"{LIST}/{query.chain_id}/{query.id}/edit", csrf_token=await owner.token(), **fields)
    assert answer.status_code == 422
    assert 'data-fault-at="2:3"' in answer.text
    assert "there is no column nobody" in answer.text
    assert (await read(site, query)) == query


async def test_looks_save_nothing(site: Site, owner: Browser) -> None:
    query = await make(site)
    path, token = f"{LIST}/{query.chain_id}/{query.id}/edit/preview", await owner.token()
    page = await owner.post(path, csrf_token=token, do="preview", **typed(query, label="Other"))
    count = await owner.post(path, csrf_token=token, do="count", **typed(query))
    check = await owner.client.post(
        path, data={"csrf_token": token, "do": "check", **typed(query)}, headers={"HX-Request": "true"}
    )
    assert "O&#39;Neil 2" in page.text
    assert 'value="Other"' in page.text
    assert "3 rows" in count.text
    assert "<html" not in check.text
    assert "3 columns" in check.text
    broken = await owner.post(path, csrf_token=token, do="preview", **typed(query, text="DROP TABLE members"))
    assert (broken.status_code, "a query begins with SELECT" in broken.text) == (200, True)
    assert await read(site, query) == query


async def test_editor_begins_with_a_query_that_runs(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 3)
    path = f"{LIST}/{chain}/new"
    start = re.search(r"<textarea[^>]*>\n(SELECT [^<]+)</textarea>", (await owner.get(path)).text)
    assert start
    page = await owner.post(
        f"{path}/preview", csrf_token=await owner.token(), do="preview", label="Members", text=start[1]
    )
    assert "3 rows" in page.text


async def test_first_rows_are_shown_as_json_shows_them(site: Site, owner: Browser) -> None:
    query = await make(site)
    path = f"{LIST}/{query.chain_id}/{query.id}/edit/preview"
    text = "SELECT 1 AS id, true AS yes, 0.00000001 AS t, jsonb_build_object('d', 1.50) AS j, ARRAY[1, NULL] AS l"
    page = await owner.post(path, csrf_token=await owner.token(), do="preview", **typed(query, text=text))
    for shown in (">true<", ">0.00000001<", ">{&#34;d&#34;:1.50}<", ">[1,null]<"):
        assert shown in page.text


async def test_plan_warns_in_words(site: Site, owner: Browser) -> None:
    query = await make(site)
    path = f"{LIST}/{query.chain_id}/{query.id}/edit/preview"
    fields = typed(query, key_columns="")
    page = await owner.post(path, csrf_token=await owner.token(), do="preview", **fields)
    assert "There are no key columns" in page.text


async def test_change_by_somebody_else_is_a_conflict(site: Site, owner: Browser) -> None:
    query = await make(site)
    path, token = f"{LIST}/{query.chain_id}/{query.id}/edit", await owner.token()
    assert (await owner.post(path, csrf_token=token, **typed(query, label="First"))).status_code == 303
    late = await owner.post(path, csrf_token=token, **typed(query, label="Second"))
    assert late.status_code == 409
    assert "changed by another user" in late.text
    assert 'value="Second"' in late.text


async def test_internal_name_changes_only_when_unlocked(site: Site, owner: Browser) -> None:
    query = await make(site)
    path, token = f"{LIST}/{query.chain_id}/{query.id}/edit", await owner.token()
    await owner.post(path, csrf_token=token, **typed(query, internal_name="other"))
    assert (await read(site, query)).internal_name == "members"
    fields = typed(query, internal_name="Crm_2", edit_internal_name="true", version="2")
    await owner.post(path, csrf_token=token, **fields)
    assert (await read(site, query)).internal_name == "Crm_2"
    for wrong in ("a b", "a-b", "é", ""):
        fields = typed(query, internal_name=wrong, edit_internal_name="true", version="3")
        answer = await owner.post(path, csrf_token=token, **fields)
        assert (answer.status_code, 'id="internal_name-words"' in answer.text) == (422, True)


async def test_columns_are_downloaded_as_one_line(site: Site, owner: Browser) -> None:
    query = await make(site)
    answer = await owner.get(f"{LIST}/{query.chain_id}/{query.id}/columns.csv")
    assert answer.content == b'id,"Points, now",last_name\r\n'
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="members_columns.csv"'


async def test_copy_shows_its_own_details(site: Site, owner: Browser) -> None:
    query = await make(site)
    copied = await owner.post(f"{LIST}/{query.chain_id}/{query.id}/copy", csrf_token=await owner.token())
    assert copied.status_code == 303
    assert str(query.id) not in copied.headers["location"]
    assert "<h1>Members (1)</h1>" in (await owner.get(copied.headers["location"])).text


async def test_query_in_use_is_kept_and_says_by_whom(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    path = f"{LIST}/{chain}/{definition.query_id}"
    assert "Members out" in (await owner.get(path)).text
    answer = await owner.post(f"{path}/delete", csrf_token=await owner.token())
    assert answer.status_code == 409
    assert re.search(r"is used by Members, Members out", answer.text)


async def test_unused_query_is_deleted(site: Site, owner: Browser) -> None:
    query = await make(site)
    answer = await owner.post(f"{LIST}/{query.chain_id}/{query.id}/delete", csrf_token=await owner.token())
    assert answer.headers["location"] == LIST
    assert (await owner.get(f"{LIST}/{query.chain_id}/{query.id}")).status_code == 404


async def test_personal_rows_need_the_permission(site: Site) -> None:
    query = await make(site)
    await site.add_user("author@example.com", permissions=frozenset({"queries:write"}))
    async with open_browser(site.app) as author:
        await author.sign_in("author@example.com")
        path, token = f"{LIST}/{query.chain_id}/{query.id}/edit", await author.token(LIST)
        page = await author.post(f"{path}/preview", csrf_token=token, do="preview", **typed(query))
        saved = await author.post(path, csrf_token=token, **typed(query))
    assert "O&#39;Neil" not in page.text
    assert "members:read" in page.text
    assert saved.status_code == 403


async def test_outsider_and_reader_stay_out(site: Site, outsider: Browser, reader: Browser) -> None:
    query = await make(site)
    one = f"{LIST}/{query.chain_id}/{query.id}"
    for browser, refused in ((outsider, 404), (reader, 403)):
        token = await browser.token()
        assert (await browser.get(one)).status_code == refused
        assert (await browser.get(f"{one}/edit")).status_code == refused
        assert (await browser.get(f"{one}/columns.csv")).status_code == refused
        for path in ("edit", "edit/preview", "copy", "delete"):
            answer = await browser.post(f"{one}/{path}", csrf_token=token, do="preview", **typed(query))
            assert answer.status_code == refused, path
    assert "Members" not in (await outsider.get(LIST)).text.split("<main")[1]
    new = await outsider.post(
        f"{LIST}/{query.chain_id}/new/preview", csrf_token=await outsider.token(), do="preview", **typed(query)
    )
    assert "O&#39;Neil" not in new.text
    assert UUID(int=7) != query.chain_id
