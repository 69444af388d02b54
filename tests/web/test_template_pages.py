"""Pages of templates: drafts, the live request, tests that are sent, the list; the same with and without scripts."""

import json
import re
from html import unescape
from typing import Any

from tests.builders.house import ACTOR, TOKEN, create_export, create_members
from tests.builders.receivers import Reply, run_receiver
from tests.web.conftest import Browser, Site, open_browser

from tessera import outbound
from tessera.outbound import NewTemplate, Template

LIST = "/admin/integrations/connectors/http_api/templates"
ONE = "/admin/integrations/templates"
BODY = '{"id": "{{ id }}", "name": "{{ last_name }}"}'


async def make(site: Site, url: str = "https://crm.example.com", *, members: int = 2) -> Template:
    """Make a chain with members, and a definition with all that it needs; return its template."""
    chain = await create_members(site.house.database, members)
    definition = await create_export(site.house, chain, url)
    assert definition.template_id is not None
    async with site.house.database.session() as session:
        return await outbound.get_template(session, ACTOR, chain, definition.template_id)


async def read(site: Site, template: Template) -> Template:
    """Return the template as it is now."""
    async with site.house.database.session() as session:
        return await outbound.get_template(session, ACTOR, template.chain_id, template.id)


def typed(template: Template, **changed: Any) -> dict[str, Any]:
    """Return the editor's fields."""
    given = {
        "label": template.label,
        "query_id": str(template.query_id),
        "profile_id": str(template.profile_id),
        "method": "POST",
        "url_path": "/members",
        "body": BODY,
        "batch_size": "1",
        "version": str(template.version),
    }
    return {**given, **changed}


def path_of(template: Template) -> str:
    """Return the address of the template."""
    return f"{ONE}/{template.chain_id}/{template.id}"


async def test_create_line_offers_outbound_api_and_opens_a_draft(site: Site, owner: Browser) -> None:
    await create_members(site.house.database, 0)
    page = (await owner.get(LIST)).text
    (options,) = re.findall(r'<select[^>]*name="template_type".*?</select>', page, re.DOTALL)
    assert re.findall(r"<option[^>]*>([^<]+)<", options) == ["Outbound API"]
    token = await owner.token()
    made = await owner.post(LIST, csrf_token=token, display_name="New", template_type="outbound_api")
    assert made.headers["location"].endswith("/edit")
    editor = (await owner.get(made.headers["location"])).text
    (methods,) = re.findall(r'<select[^>]*name="method".*?</select>', editor, re.DOTALL)
    assert re.findall(r"<option[^>]*>([^<]+)<", methods) == ["POST", "GET", "PUT", "PATCH", "DELETE"]
    assert "Choose a query under Resource Name" in editor
    assert "draft" in (await owner.get(LIST)).text
    for fields in ({"display_name": "", "template_type": "outbound_api"}, {"display_name": "x", "template_type": "in"}):
        assert (await owner.post(LIST, csrf_token=token, **fields)).status_code == 422


async def test_draft_is_kept_as_it_stands_and_then_completed(site: Site, owner: Browser) -> None:
    whole = await make(site)
    async with site.house.database.session() as session:
        draft = await outbound.create_template(
            session, ACTOR, chain_id=whole.chain_id, new=NewTemplate("New", draft=True), keys=site.house.resources.keys
        )
    path, token = f"{path_of(draft)}/edit", await owner.token()
    half = {"label": "New", "method": "POST", "body": '{"half": ', "version": "1"}
    assert (await owner.post(path, csrf_token=token, do="draft", **half)).status_code == 303
    assert ((await read(site, draft)).shape.body, (await read(site, draft)).ready) == ('{"half":', False)
    refused = await owner.post(path, csrf_token=token, do="save", **{**half, "version": "2"})
    assert refused.status_code == 422
    assert "Choose the query" in refused.text
    done = await owner.post(path, csrf_token=token, do="save", **typed(whole, label="New", version="2"))
    assert done.status_code == 303
    assert (await read(site, draft)).ready


async def test_look_shows_the_request_and_carries_its_rows(site: Site, owner: Browser) -> None:
    template = await make(site)
    path, token = f"{path_of(template)}/edit/preview", await owner.token()

    page = await owner.post(path, csrf_token=token, do="preview", **typed(template))
    rows = unescape(re.findall(r'name="sample_rows" value="([^"]*)"', page.text)[0])
    carried = json.loads(rows)
    carried[0][4] = 'X"}, {"y": "{{ id }}\n'
    again = await owner.client.post(
        path,
        data={
            "csrf_token": token,
            "do": "preview",
            "sample_query": str(template.query_id),
            "sample_rows": json.dumps(carried),
            **typed(template),
        },
        headers={"HX-Request": "true"},
    )

    assert "https://crm.example.com/members" in page.text
    assert "<dt>Authorization</dt><dd>***</dd>" in page.text
    assert TOKEN not in page.text
    assert "O&#39;Neil 0" in page.text
    assert "<html" not in again.text
    assert r"X\&#34;}, {\&#34;y\&#34;: \&#34;{{ id }}\n" in again.text


async def test_fault_of_the_body_stands_at_its_character(site: Site, owner: Browser) -> None:
    template = await make(site)
    fields = typed(template, body='\r\n{"id": "{{ nobody }}"}')
    answer = await owner.post(f"{path_of(template)}/edit", csrf_token=await owner.token(), do="save", **fields)
    assert answer.status_code == 422
    assert 'data-fault-at="12"' in answer.text
    assert (await read(site, template)) == template


async def test_header_with_line_breaks_is_refused(site: Site, owner: Browser) -> None:
    template = await make(site)
    fields = typed(template, header_name="X-A", header_value="a\r\nB: c", header_secret="")
    answer = await owner.post(f"{path_of(template)}/edit", csrf_token=await owner.token(), do="save", **fields)
    assert (answer.status_code, 'id="headers-words"' in answer.text) == (422, True)


async def test_secret_header_is_masked_and_kept(site: Site, owner: Browser) -> None:
    template = await make(site)
    path, token = f"{path_of(template)}/edit", await owner.token()
    secret = {"header_name": "X-Key", "header_value": "canary-1", "header_secret": "true"}
    await owner.post(path, csrf_token=token, do="save", **typed(template, **secret))
    for page in (await owner.get(path), await owner.get(path_of(template))):
        assert "canary-1" not in page.text
    kept = {**secret, "header_value": "***"}
    await owner.post(path, csrf_token=token, do="save", **typed(template, version="2", **kept))
    given, keys = {"X-Key": "canary-1"}, site.house.resources.keys
    async with site.house.database.session() as session:
        assert not await outbound.differing_headers(session, ACTOR, template.chain_id, template.id, given, keys=keys)


async def test_typed_secret_is_not_shown_again_and_asked_for_anew(site: Site, owner: Browser) -> None:
    template = await make(site)
    path, token = f"{path_of(template)}/edit", await owner.token()
    secret = {"header_name": "X-Key", "header_value": "canary-1", "header_secret": "true"}
    for address, fields in ((path, {"body": "{"}), (f"{path}/preview", {})):
        page = (await owner.post(address, csrf_token=token, do="save", **typed(template, **secret, **fields))).text
        assert "canary-1" not in page
        assert "Type it again" in page
    again = typed(template, **{**secret, "header_value": ""})
    refused = await owner.post(path, csrf_token=token, do="save", **again)
    assert (refused.status_code, "a secret header needs its value" in refused.text) == (422, True)


async def test_test_is_asked_for_and_sent(site: Site, owner: Browser) -> None:
    async with run_receiver(lambda _: Reply(201, body=b'{"stored": 1}')) as receiver:
        template = await make(site, receiver.url)
        path, token = f"{path_of(template)}/edit/preview", await owner.token()
        asked = await owner.post(path, csrf_token=token, do="ask", **typed(template))
        assert receiver.received == []
        sent = await owner.post(path, csrf_token=token, do="send", **typed(template))
    (arrived,) = receiver.received
    assert "Send it now" in asked.text
    assert arrived.rows == [{"id": arrived.rows[0]["id"], "name": "O'Neil 0"}]
    assert "The test was sent: 201" in sent.text
    assert "&#34;stored&#34;" in sent.text
    assert TOKEN not in sent.text


async def test_list_shows_what_uses_them(site: Site, owner: Browser) -> None:
    template = await make(site)
    page = (await owner.get(LIST)).text
    assert re.search(r'data-label="Used by">1<', page)
    assert "Nothing matches" in (await owner.get(f"{LIST}?q=nobody")).text
    assert (await owner.get(ONE)).headers["location"] == LIST
    answer = await owner.post(f"{path_of(template)}/delete", csrf_token=await owner.token())
    assert (answer.status_code, "used by Members out" in answer.text) == (409, True)


async def test_copy_shows_its_own_details(site: Site, owner: Browser) -> None:
    template = await make(site)
    copied = await owner.post(f"{path_of(template)}/copy", csrf_token=await owner.token())
    assert str(template.id) not in copied.headers["location"]
    page = (await owner.get(copied.headers["location"])).text
    assert "<h1>Members (1)</h1>" in page
    assert "members_1" in page


async def test_personal_rows_need_the_permission(site: Site) -> None:
    template = await make(site)
    allowed = frozenset({"http-templates:write", "queries:read", "connection-profiles:read"})
    await site.add_user("author@example.com", permissions=allowed)
    async with open_browser(site.app) as author:
        await author.sign_in("author@example.com")
        page = await author.get(f"{path_of(template)}/edit")
    assert page.status_code == 200
    assert "members:read" in page.text
    assert "O&#39;Neil" not in page.text


async def test_outsider_and_reader_stay_out(site: Site, outsider: Browser, reader: Browser) -> None:
    template = await make(site)
    one = path_of(template)
    for browser, refused in ((outsider, 404), (reader, 403)):
        token = await browser.token()
        for path in (one, f"{one}/edit"):
            assert (await browser.get(path)).status_code == refused
        for path in ("edit", "edit/preview", "copy", "delete"):
            answer = await browser.post(f"{one}/{path}", csrf_token=token, do="send", **typed(template))
            assert answer.status_code == refused, path
