"""What the page of a run says on top, and what a user decides there."""

import csv
from io import StringIO

from sqlalchemy import text
from tests.builders.house import SmallHouse, create_export, create_members, read_run, run_to_end
from tests.builders.receivers import Reply, run_receiver
from tests.web.conftest import Browser, Site
from tests.web.test_run_pages import POINTS, make_run, words

from tessera import exports
from tessera.exports import DefinitionChange, GateLevel, Gates, Run
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now

ACTOR = command_line_actor("test")
DISOWN = text("UPDATE export_definitions SET owner = NULL, owner_kind = NULL, owner_id = NULL WHERE id = :id")
FORMULA = (
    "SELECT membership_id AS id, '=1+1' AS note, CASE WHEN balance < 2 THEN 'x' ELSE '1' END AS points FROM members"
)


async def make_held(house: SmallHouse, url: str = "http://127.0.0.1:9") -> Run:
    """Run an export that holds because it selects nothing."""
    chain_id = await create_members(house.database, 3)
    definition = await create_export(
        house,
        chain_id,
        url,
        query=f"SELECT * FROM ({POINTS}) AS none WHERE points = '2'",
        body={"id": "{{ id }}", "points": "{{ points }}"},
    )
    async with house.database.session() as session:
        change = DefinitionChange(gates=Gates(empty=GateLevel.HOLD))
        held = await exports.update_definition(session, ACTOR, definition, change, keys=house.resources.keys, now=now())
    return await run_to_end(house, held)


async def send(browser: Browser, path: str) -> str:
    answer = await browser.post(path, csrf_token=await browser.token())
    return str(answer.headers.get("location") or f"{answer.status_code} {words(answer.text)}")


async def test_held_run_says_what_its_gate_found(site: Site, owner: Browser) -> None:
    run = await make_held(site.house)
    page = (await owner.get(f"/admin/exports/runs/{run.id}")).text
    assert "No row selected The query selected no row." in words(page)
    assert "hx-get" not in page


async def test_released_run_goes_on(site: Site, owner: Browser) -> None:
    run = await make_held(site.house)
    path = f"/admin/exports/runs/{run.id}"
    assert await send(owner, f"{path}/release") == path
    await site.house.executor().execute(str(run.id))
    assert (await read_run(site.house, run.id)).state == "completed"
    assert (await send(owner, f"{path}/release")).startswith("409")


async def test_dropped_run_sends_nothing(site: Site, owner: Browser) -> None:
    run = await make_held(site.house)
    path = f"/admin/exports/runs/{run.id}"
    assert await send(owner, f"{path}/drop") == path
    page = words((await owner.get(path)).text)
    assert "This run was cancelled" in page
    assert "Dropped by Owner while it was held." in page


async def test_run_without_an_owner_is_taken_over(site: Site, owner: Browser) -> None:
    chain_id = await create_members(site.house.database, 2)
    async with run_receiver() as receiver:
        definition = await create_export(site.house, chain_id, receiver.url)
        async with site.house.database.session() as session:
            await session.execute(DISOWN, {"id": definition.id})
        run = await run_to_end(site.house, definition)
        path = f"/admin/exports/runs/{run.id}"
        assert "Take over and release" in words((await owner.get(path)).text)
        await send(owner, f"{path}/release")
        await site.house.executor().execute(str(run.id))
    assert (await read_run(site.house, run.id)).sent == 2
    async with site.house.database.session() as session:
        stored = await exports.get_definition(session, ACTOR, definition_id=definition.id)
    assert stored.owner is not None
    assert stored.owner.name == "Owner"


async def test_reader_cannot_release(site: Site, reader: Browser) -> None:
    run = await make_held(site.house)
    path = f"/admin/exports/runs/{run.id}"
    assert "Release" not in words((await reader.get(path)).text).replace("Release it if", "")
    assert (await send(reader, f"{path}/release")).startswith("403")


async def test_failed_run_says_why_and_what_next(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, Reply(422, body=b'{"error": "no"}'), batch_size=1, members=2)
    page = words((await owner.get(f"/admin/exports/runs/{run.id}")).text)
    assert "This run failed Nothing arrived: all 2 rows" in page
    assert "Correct what the reasons name, then run it again." in page
    assert "2 The receiver answered 422" in page
    assert "Refused 422 2" in page


async def test_csv_holds_reasons_and_values(site: Site, owner: Browser) -> None:
    body = {"id": "{{ id }}", "note": "{{ note }}", "points": "{{ points | int }}"}
    run = await make_run(site.house, query=FORMULA, body=body, members=5)
    answer = await owner.get(f"/admin/exports/runs/{run.id}/errors.csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="run_{run.id}_errors.csv"'
    head, *rows = csv.reader(StringIO(answer.text))
    assert head == ["row", "phase", "code", "message", "id", "note", "points"]
    assert [(row[1], row[5], row[6]) for row in rows] == [("render", "'=1+1", "x")] * 2


async def test_csv_hides_members_from_those_who_may_not_see_them(site: Site, reader: Browser) -> None:
    run = await make_run(site.house, Reply(422), batch_size=1, members=1)
    text_of_file = (await reader.get(f"/admin/exports/runs/{run.id}/errors.csv")).text
    assert "Hidden, because it may describe members." in text_of_file
    assert "Ada0" not in text_of_file


async def test_failed_rows_show_under_their_columns(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, query=POINTS, body={"id": "{{ id }}", "points": "{{ points | int }}"})
    page = words((await owner.get(f"/admin/exports/runs/{run.id}?view=rows")).text)
    assert "Reason id points" in page


async def test_waiting_shows_on_the_time_line(site: Site, owner: Browser) -> None:
    replies = [Reply(503, {"Retry-After": "0"}), Reply()]
    chain_id = await create_members(site.house.database, 1)
    async with run_receiver(lambda _: replies.pop(0) if len(replies) > 1 else replies[0]) as receiver:
        run = await run_to_end(site.house, await create_export(site.house, chain_id, receiver.url))
    page = words((await owner.get(f"/admin/exports/runs/{run.id}?view=time-line")).text)
    assert "Slowed down 1 request waits for another try: the receiver answered 503" in page


async def test_runs_of_one_export_are_listed(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, members=1)
    assert "Runs of Members out" in words((await owner.get(f"/admin/exports/runs?definition={run.definition_id}")).text)
