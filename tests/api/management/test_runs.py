"""Runs over the management API: held ones released and dropped, and rows that failed as a page, a sum and a file."""

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from litestar import Litestar
from litestar.datastructures import State
from tests.api.conftest import TestClock
from tests.api.management.conftest import Desk
from tests.builders.house import (
    QUERY,
    SmallHouse,
    create_export,
    create_members,
    make_settings,
    open_small_house,
    run_to_end,
)
from tests.builders.receivers import run_receiver

from tessera.access.keys import NewApiKey, create_api_keys
from tessera.access.roles import ADMIN_ROLE_ID
from tessera.api import build_api
from tessera.exports import Definition
from tessera.platform.actors import system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.secrets import KeyRing

# Numbers 1000 to 2499: the first thousand are written in one go, the others in a second.
MEMBERS, REFUSED = 2500, 1500
WITH_PLACE = QUERY.replace(
    "balance,", "balance, CASE WHEN membership_number < '001000' THEN membership_number END AS place,"
)
BLIND = frozenset({"exports:read"})


class Kept(NamedTuple):
    """The API, and the parts that execute runs behind it."""

    desk: Desk
    house: SmallHouse
    definition: Definition


@pytest.fixture
async def kept(database: Database, query_address: str, keys: KeyRing, tmp_path: Path) -> AsyncIterator[Kept]:
    """A chain with an export whose first rows arrive one by one, and whose others cannot be rendered."""
    async with (
        open_small_house(database, query_address, keys, make_settings(tmp_path)) as house,
        run_receiver() as receiver,
    ):
        chain_id = await create_members(database, MEMBERS)
        shape: dict[str, Any] = {"url_path": "members/{{ place }}", "batch_size": 1}
        definition = await create_export(house, chain_id, receiver.url, query=WITH_PLACE, keys=("number",), **shape)
        state = State({"resources": house.resources, "engine": house.engine})
        app = Litestar(build_api(), state=state, openapi_config=None, logging_config=None)
        async with database.session() as session:
            new = NewApiKey("exports", chains=frozenset({chain_id}), roles=frozenset({ADMIN_ROLE_ID}))
            (made,) = await create_api_keys(session, system_actor("tests"), keys, [new], now=now())
        yield Kept(Desk(app, house.resources, TestClock(), chain_id, made.text), house, definition)


async def test_rows_that_failed_are_listed_counted_and_written_to_a_file(kept: Kept) -> None:
    desk, house, definition = kept
    run = await run_to_end(house, definition)
    path = f"/runs/{run.id}/errors"
    listed = await desk.good("GET", f"{path}?limit=1")
    summed = await desk.good("GET", f"{path}/summary")
    file = await desk.send("GET", f"{path}?limit=1", headers={"Accept": "text/csv"})
    lines = list(csv.DictReader(file.body.decode().splitlines()))

    assert (listed["total"], listed["items"][0]["ordinal"], listed["items"][0]["code"]) == (REFUSED, 1001, "value_null")
    (reason,) = summed["reasons"]
    assert (summed["rows"], reason["rows"], reason["first_row"]) == (REFUSED, REFUSED, 1001)
    assert (reason["code"], reason["message"]) == ("value_null", listed["items"][0]["message"])
    assert file.headers["content-type"].startswith("text/csv")
    assert file.headers["content-disposition"] == f'attachment; filename="run_{run.id}_errors.csv"'
    assert [int(line["row"]) for line in lines] == list(range(1001, MEMBERS + 1))
    assert (lines[0]["number"], lines[0]["place"], lines[0]["last_name"]) == ("001000", "", "O'Neil 1000")


async def test_rows_of_members_stay_hidden_in_the_file(kept: Kept) -> None:
    desk, house, definition = kept
    run = await run_to_end(house, definition)
    blind = await desk.with_new_key(permissions=BLIND)
    path = f"/runs/{run.id}/errors"
    file = await blind.send("GET", path, headers={"Accept": "text/csv"})
    summed = await blind.good("GET", f"{path}/summary")

    assert file.body.decode().splitlines()[0] == "row,phase,code,message"
    assert b"O'Neil" not in file.body
    assert b"Hidden, because" in file.body
    assert summed["reasons"][0]["message"].startswith("Hidden, because")
    stranger = await desk.with_new_key(chains=frozenset())
    for asked in (path, f"{path}/summary"):
        assert (await stranger.send("GET", asked, headers={"Accept": "text/csv"})).status == 404


async def test_held_run_is_released_or_dropped(kept: Kept) -> None:
    desk, house, definition = kept
    path = f"/export-definitions/{definition.id}"
    query = await desk.good("POST", f"/queries/{definition.query_id}/copy", status=201)
    await desk.good("PATCH", f"/queries/{query['id']}", text=f"{WITH_PLACE} WHERE balance < 0")
    await desk.good("PATCH", path, query=query["internal_name"], gates={"empty": "hold"})
    held = [await run_to_end(house, definition)]
    shown = await desk.good("GET", f"/runs/{held[0].id}")
    blind = await desk.with_new_key(permissions=frozenset({"exports:write"}))

    assert [one["id"] for one in (await desk.good("GET", "/runs?state=held"))["items"]] == [str(held[0].id)]
    assert shown["held_at"] is not None
    assert shown["findings"] == [{"gate": "empty", "level": "hold", "message": "The query selected no row."}]
    again = await desk.call("POST", f"{path}/run")
    assert (again.status, again.data["code"]) == (409, "run_active")
    assert (await blind.call("POST", f"/runs/{held[0].id}/release")).status == 403
    released = await desk.good("POST", f"/runs/{held[0].id}/release")
    assert (released["state"], released["released_by"]) == ("pending", "exports")
    twice = await desk.call("POST", f"/runs/{held[0].id}/release")
    assert (twice.status, twice.data["code"]) == (409, "run_not_held")
    await house.executor().execute(str(held[0].id))
    assert (await desk.good("GET", f"/runs/{held[0].id}"))["state"] == "completed"

    held.append(await run_to_end(house, definition))
    dropped = await desk.good("POST", f"/runs/{held[1].id}/cancel")
    assert (dropped["state"], dropped["error_code"]) == ("cancelled", "dropped")


async def test_parked_rows_are_listed_and_tried_again(kept: Kept) -> None:
    desk, house, definition = kept
    path = f"/export-definitions/{definition.id}"
    rows = f"{path}/parked-rows"
    await desk.good("PATCH", path, changes={"most_refusals": 1}, gates={"rows": "off"})
    await run_to_end(house, definition)
    blind = await desk.with_new_key(permissions=BLIND)
    listed = await desk.good("GET", f"{rows}?limit=2&page=2")
    hidden = await blind.good("GET", f"{rows}?limit=1")
    skipped = await run_to_end(house, definition)

    first, second = listed["items"]
    assert (listed["total"], first["code"], first["refusals"]) == (REFUSED, "value_null", 1)
    assert first["values"] in {f"{number:06}" for number in range(1000, MEMBERS)}
    assert (hidden["items"][0]["values"], hidden["items"][0]["message"]) == (None, None)
    assert (skipped.skipped, skipped.failed) == (REFUSED, 0)
    assert (await blind.call("POST", f"{rows}/retry")).status == 403
    assert await desk.good("POST", f"{rows}/retry", keys=[first["key"], second["key"]]) == {"rows": 2}
    assert (await run_to_end(house, definition)).failed == 2
    assert await desk.good("POST", f"{rows}/retry") == {"rows": REFUSED}
