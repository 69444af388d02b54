"""Hostile input in every field of both editors: a message or the text itself comes back, and nothing runs."""

import json
import re
from typing import Any

import pytest
from tests.builders.house import ACTOR, create_export, create_members
from tests.builders.receivers import run_receiver
from tests.web.conftest import Browser, Site

from tessera import outbound

ATTACKS = {
    "digits": "9" * 5_000,
    "script": "<script>alert(1)</script>",
    "attribute": '" autofocus onfocus="alert(1)',
    "expression": "{{ 7 * 7 }}{{ self.__init__.__globals__ }}${7*7}",
    "code zero": "a\0b",
    "line breaks": "a\r\nSet-Cookie: b=1\r\n\r\n<script>alert(1)</script>",
    "depth": "[" * 60_000,
    "length": "x" * 1_000_000,
    "words": "'; DROP TABLE queries; --",
    "direction": "\u202egnp.exe\ufeff",
}
QUERY_FIELDS = ("label", "internal_name", "description", "text", "key_columns", "parameter_name", "parameter_default")
TEMPLATE_FIELDS = (
    "label",
    "internal_name",
    "query_id",
    "profile_id",
    "method",
    "url_path",
    "header_name",
    "header_value",
    "header_secret",
    "body",
    "envelope",
    "batch_size",
    "max_body_bytes",
    "success_statuses",
    "idempotency_header",
    "error_items",
    "error_column",
    "version",
    "sample_rows",
    "sample_query",
)
EVERY = pytest.mark.parametrize("attack", list(ATTACKS))


def check(answer: Any, field: str) -> None:
    """A page came, and nothing that was typed is markup in it."""
    assert answer.status_code in (200, 303, 409, 422, 413), (field, answer.status_code)
    assert "<script>alert" not in answer.text
    assert not re.search(r'<[^>]*" autofocus onfocus="', answer.text)
    assert "set-cookie: b=1" not in str(answer.headers).lower()


@EVERY
async def test_query_editor_takes_no_harm(site: Site, owner: Browser, attack: str) -> None:
    chain = await create_members(site.house.database, 1)
    token, text = await owner.token(), ATTACKS[attack]
    fine = {"label": "Fine", "text": "SELECT id FROM memberships", "edit_internal_name": "true", "internal_name": "q"}
    fine |= {"parameter_name": "least", "parameter_type": "text", "parameter_default": "", "key_columns": ""}
    for field in QUERY_FIELDS:
        typed = {**fine, field: text}
        check(await owner.post(f"/analytics/queries/{chain}/new/preview", csrf_token=token, do="check", **typed), field)
        if attack != "length" or field != "text":
            check(await owner.post(f"/analytics/queries/{chain}/new", csrf_token=token, **typed), field)
    check(await owner.post("/analytics/queries", csrf_token=token, display_name=text), "display_name")
    page = (await owner.get("/analytics/queries")).text
    assert "<script>alert" not in page


@EVERY
async def test_template_editor_takes_no_harm(site: Site, owner: Browser, attack: str) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    assert definition.template_id is not None
    async with site.house.database.session() as session:
        template = await outbound.get_template(session, ACTOR, chain, definition.template_id)
        new = outbound.NewTemplate("Draft", draft=True)
        draft = await outbound.create_template(session, ACTOR, chain_id=chain, new=new, keys=site.house.resources.keys)
    token, text = await owner.token(), ATTACKS[attack]
    fine = {
        "label": "Fine",
        "query_id": str(template.query_id),
        "profile_id": str(template.profile_id),
        "method": "POST",
        "body": '{"id": "{{ id }}"}',
        "batch_size": "1",
        "header_name": "X-A",
        "header_value": "1",
        "header_secret": "",
    }
    one = f"/admin/integrations/templates/{chain}"
    for field in TEMPLATE_FIELDS:
        typed = {**fine, field: text, "edit_internal_name": "true" if field == "internal_name" else ""}
        check(await owner.post(f"{one}/{template.id}/edit/preview", csrf_token=token, do="preview", **typed), field)
        check(await owner.post(f"{one}/{draft.id}/edit", csrf_token=token, do="draft", **typed), field)
    list_path = "/admin/integrations/connectors/http_api/templates"
    made = await owner.post(list_path, csrf_token=token, display_name=text, template_type="outbound_api")
    check(made, "display_name")
    assert "<script>alert" not in (await owner.get(list_path)).text


@pytest.mark.parametrize(
    "value", ['quote " and \\ and {{ id }}', "line\nbreak\ttab", "{% if x %}{# #}", "</script>", "\u2028é😀"]
)
async def test_value_arrives_intact_and_changes_no_structure(site: Site, owner: Browser, value: str) -> None:
    chain = await create_members(site.house.database, 1)
    literal = value.replace("'", "''")
    async with run_receiver() as receiver:
        definition = await create_export(
            site.house,
            chain,
            receiver.url,
            query=f"SELECT membership_id AS id, '{literal}' AS hostile FROM members",
            body={"id": "{{ id }}", "plain": "{{ hostile }}", "inside": "a {{ hostile }} b"},
            batch_size=1,
        )
        path = f"/admin/integrations/templates/{chain}/{definition.template_id}/edit"
        page = await owner.get(path)
        fields = dict(re.findall(r'<option value="([0-9a-f-]{36})" selected>(Members|Receiver)<', page.text))
        chosen = {name: key for key, name in fields.items()}
        sent = await owner.post(
            f"{path}/preview",
            csrf_token=await owner.token(),
            do="send",
            label="Members",
            method="POST",
            query_id=chosen["Members"],
            profile_id=chosen["Receiver"],
            body=json.dumps({"id": "{{ id }}", "plain": "{{ hostile }}", "inside": "a {{ hostile }} b"}),
            batch_size="1",
        )
    assert "The test was sent" in sent.text
    (row,) = receiver.received[0].rows
    assert (set(row), row["plain"], row["inside"]) == ({"id", "plain", "inside"}, value, f"a {value} b")
