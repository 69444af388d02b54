"""Export definitions and runs over the management API."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.api.conftest import TestClock
from tests.api.management.conftest import Desk
from tests.builders.house import create_export, create_members, make_settings, open_small_house, run_to_end
from tests.builders.key_files import ssh_key
from tests.builders.receivers import run_receiver

from tessera.access.keys import NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.api import build_api
from tessera.exports import Definition, Run
from tessera.platform.actors import system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

SYSTEM = system_actor("tests")


class Kept(NamedTuple):
    """The API of a chain with an export that has run."""

    desk: Desk
    definition: Definition
    run: Run


@pytest.fixture
async def kept(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Kept]:
    """A chain with an export that has run, and a desk that may do everything in it."""
    async with (
        open_small_house(database, query_address, keys, make_settings(tmp_path)) as house,
        run_receiver() as receiver,
    ):
        chain_id = await create_members(database, 25)
        definition = await create_export(house, chain_id, receiver.url)
        run = await run_to_end(house, definition)
        app = Litestar(
            build_api(),
            state=State({"resources": house.resources, "engine": house.engine}),
            openapi_config=None,
            logging_config=None,
        )
        async with database.session() as session:
            new = NewApiKey("exports", chains=frozenset({chain_id}), roles=frozenset({ADMIN_ROLE_ID}))
            (made,) = await create_api_keys(session, SYSTEM, keys, [new], now=now())
        yield Kept(Desk(app, house.resources, TestClock(), chain_id, made.text), definition, run)


async def test_run_tells_what_it_did(kept: Kept) -> None:
    desk, definition, run = kept
    (told,) = (await desk.good("GET", f"/runs?definition_id={definition.id}"))["items"]
    assert (told["id"], told["state"], told["selected"], told["sent"]) == (str(run.id), "completed", 25, 25)
    assert (await desk.good("GET", "/runs?state=failed"))["items"] == []
    name = definition.internal_name.upper()
    assert [one["id"] for one in (await desk.good("GET", f"/runs?q={name}&page=1"))["items"]] == [str(run.id)]
    nothing = await desk.good("GET", "/runs?q=nothing+like+it")
    assert (nothing["items"], nothing["total"]) == ([], 0)
    requests = await desk.good("GET", f"/runs/{run.id}/requests?limit=2")
    assert (requests["total"], requests["next"], requests["items"][0]["row_count"]) == (3, 2, 10)
    assert (await desk.good("GET", f"/runs/{run.id}/errors"))["items"] == []
    ended = await desk.call("POST", f"/runs/{run.id}/cancel")
    assert (ended.status, ended.data["code"]) == (409, "run_ended")


async def test_records_say_by_id_who_made_and_changed_them(kept: Kept) -> None:
    desk, definition, run = kept
    maker, changer = [await desk.make_key(label, chains=None) for label in ("maker", "changer")]
    made, changed = ("api_key", str(maker.key.id)), ("api_key", str(changer.key.id))
    makers, changers = desk.with_key(maker.text), desk.with_key(changer.text)
    template = await desk.good("GET", f"/http-templates/{definition.template_id}")
    key = {"chain_id": str(desk.chain_id), "type": "rsa_private_key", "label": "Login", "material": ssh_key("rsa")}
    new: dict[str, dict[str, Any]] = {
        f"/export-definitions/{definition.id}/copy": {},
        f"/queries/{definition.query_id}/copy": {},
        f"/http-templates/{definition.template_id}/copy": {},
        f"/connection-profiles/{template['profile_id']}/copy": {},
        "/encryption-keys": key,
        "/roles": {"label": "Night desk"},
    }

    for path, members in new.items():
        asset = await makers.good("POST", path, status=201, **members)
        after = await changers.good("PATCH", f"/{path.split('/')[1]}/{asset['id']}", label="Another label")
        assert {(one["created_by_kind"], one["created_by_id"]) for one in (asset, after)} == {made}, path
        assert [(one["updated_by_kind"], one["updated_by_id"]) for one in (asset, after)] == [made, changed], path
    third = await makers.good("POST", "/api-keys", status=201, label="third", role_ids=[str(ADMIN_ROLE_ID)])
    started = await makers.good("POST", f"/export-definitions/{definition.id}/run", status=202)

    assert (third["api_key"]["created_by_kind"], third["api_key"]["created_by_id"]) == made
    assert (started["started_by_kind"], started["started_by_id"]) == made
    assert (run.started_by_kind, run.started_by_id) == ("command_line", None)


async def test_definition_is_kept(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    shown = await desk.call("GET", path)
    assert shown.headers["etag"] == '"1"'
    copy = await desk.good("POST", f"{path}/copy", status=201)
    assert (copy["label"], copy["internal_name"], copy["enabled"]) == ("Members out (1)", "members_out_1", False)
    changed = await desk.good(
        "PATCH", f"/export-definitions/{copy['id']}", label="CRM", settings={"concurrency": 3}, enabled=True
    )
    assert (changed["label"], changed["settings"]["concurrency"], changed["version"]) == ("CRM", 3, 2)
    found = await desk.good("GET", "/export-definitions?q=cr")
    assert [item["id"] for item in found["items"]] == [copy["id"]]
    run = await desk.good("POST", f"/export-definitions/{copy['id']}/run", status=202)
    assert (run["state"], run["trigger"]) == ("pending", "api")
    again = await desk.call("POST", f"/export-definitions/{copy['id']}/run")
    assert (again.status, again.data["code"]) == (409, "run_active")
    refused = await desk.call("DELETE", f"/export-definitions/{copy['id']}")
    assert (refused.status, refused.data["code"]) == (409, "in_use")


async def test_unused_definition_is_deleted(kept: Kept) -> None:
    desk, definition, _ = kept
    body = {"chain_id": str(definition.chain_id), "label": "New", "query": "members", "template": "members"}
    made = await desk.good("POST", "/export-definitions", status=201, **body)
    taken = await desk.call("POST", "/export-definitions", **body, internal_name="NEW")
    assert (taken.status, taken.data["code"]) == (409, "internal_name_taken")
    odd = await desk.call("POST", "/export-definitions", **body, internal_name="a b")
    assert (odd.status, odd.data["code"]) == (422, "internal_name_invalid")
    assert (await desk.call("DELETE", f"/export-definitions/{made['id']}")).status == 204
    assert (await desk.call("GET", f"/export-definitions/{made['id']}")).status == 404


async def test_deletion_of_an_old_version_is_refused(kept: Kept) -> None:
    desk, definition, _ = kept
    body = {"chain_id": str(definition.chain_id), "label": "New", "query": "members", "template": "members"}
    made = await desk.good("POST", "/export-definitions", status=201, **body)
    path = f"/export-definitions/{made['id']}"
    await desk.good("PATCH", path, label="Newer")
    late = await desk.send("DELETE", path, headers={"If-Match": '"1"'})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    assert (await desk.send("DELETE", path, headers={"If-Match": '"2"'})).status == 204


async def test_definition_takes_no_incomplete_template(kept: Kept) -> None:
    desk, definition, _ = kept
    chain = {"chain_id": str(definition.chain_id)}
    await desk.good("POST", "/http-templates", status=201, **chain, label="Draft", draft=True)
    made = await desk.call("POST", "/export-definitions", **chain, label="New", query="members", template="draft")
    assert (made.status, made.data["code"]) == (409, "template_incomplete")
    changed = await desk.call("PATCH", f"/export-definitions/{definition.id}", template="draft")
    assert (changed.status, changed.data["code"]) == (409, "template_incomplete")


async def test_change_on_an_old_version_is_refused(kept: Kept) -> None:
    desk, definition, _ = kept
    path = f"/export-definitions/{definition.id}"
    await desk.good("PATCH", path, label="First")
    late = await desk.send("PATCH", path, b'{"label": "Second"}', headers={"If-Match": '"1"'})
    assert (late.status, late.data["code"]) == (412, "version_conflict")
    assert (await desk.good("GET", path))["label"] == "First"
