"""The pages of exports, with real runs behind them."""

import re
from typing import Any

from tests.builders.file_exports import create_file_export, rows_of
from tests.builders.house import BODY, SmallHouse, create_export, create_members, run_to_end, start_run
from tests.builders.receivers import Reply, run_receiver
from tests.web.conftest import Browser, Site

from tessera.exports import Run

POINTS = "SELECT membership_id AS id, CASE WHEN balance = 7 THEN '<seven>' ELSE '1' END AS points FROM members"


async def make_run(house: SmallHouse, reply: Reply | None = None, *, members: int = 30, **given: Any) -> Run:
    chain = await create_members(house.database, members)
    async with run_receiver(lambda _: reply or Reply()) as receiver:
        return await run_to_end(house, await create_export(house, chain, receiver.url, **given))


def words(html: str) -> str:
    """Return the text of a page, blanks folded."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_fresh_house_shows_first_steps(owner: Browser) -> None:
    home = words((await owner.get("/")).text)
    assert "First steps" in home
    assert "Create a chain" in home


async def test_definition_without_runs_is_the_next_step(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    await create_export(site.house, chain, "http://127.0.0.1:9")
    home = words((await owner.get("/")).text)
    assert "Create an export definition (done)" in home
    assert "Run it (done)" not in home


async def test_run_button_starts_a_run(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    definition = await create_export(site.house, chain, "http://127.0.0.1:9")
    path = f"/admin/exports/definitions/{definition.id}/run"
    answer = await owner.post(path, csrf_token=await owner.token())
    assert answer.headers["location"].startswith("/admin/exports/runs/")
    page = words((await owner.get(answer.headers["location"])).text)
    assert "Run started." in page
    assert "Waiting for a worker" in page
    again = await owner.post(path, csrf_token=await owner.token())
    assert again.status_code == 409
    assert "has an active run already" in again.text


async def test_ended_run_adds_up(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, query=POINTS, body={"id": "{{ id }}", "points": "{{ points | int }}"})
    page = await owner.get(f"/admin/exports/runs/{run.id}")
    assert "30 rows selected" in words(page.text)
    assert "sent 29 unchanged 0 failed 1 skipped 0" in words(page.text)
    assert "Completed with errors" in words(page.text)
    assert "hx-get" not in page.text


async def test_active_run_asks_for_itself(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    run = await start_run(site.house, await create_export(site.house, chain, "http://127.0.0.1:9"))
    page = (await owner.get(f"/admin/exports/runs/{run.id}?view=rows&page=2")).text
    address = f"/admin/exports/runs/{run.id}/progress?view=rows&amp;page=2"
    assert f'hx-get="{address}"' in page
    fragment = (await owner.get(address.replace("&amp;", "&"))).text
    assert fragment.strip().startswith('<div id="run-live">')
    assert "<html" not in fragment


async def test_failed_rows_tell_who_refused_and_why(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, query=POINTS, body={"id": "{{ id }}", "points": "{{ points | int }}"})
    page = (await owner.get(f"/admin/exports/runs/{run.id}?view=rows")).text
    assert "by us, before sending" in words(page)
    assert "<seven>" not in page
    assert "&lt;seven&gt;" in page


async def test_refused_rows_name_the_receiver(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, Reply(422, body=b'{"error": "no e-mail"}'), batch_size=1, members=2)
    page = words((await owner.get(f"/admin/exports/runs/{run.id}?view=rows")).text)
    assert "by the receiver" in page


async def test_requests_are_filtered_by_outcome(site: Site, owner: Browser) -> None:
    run = await make_run(site.house)
    path = f"/admin/exports/runs/{run.id}"
    assert "/requests/2" in (await owner.get(f"{path}?state=sent")).text
    assert "Nothing matches" in (await owner.get(f"{path}?state=failed")).text
    assert "/requests/2" in (await owner.get(f"{path}?state=nonsense&page=none")).text


async def test_request_shows_both_sides_without_the_token(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, Reply(200, body=b'{"stored": "<b>3</b>"}'), body=BODY, members=3)
    page = (await owner.get(f"/admin/exports/runs/{run.id}/requests/0")).text
    assert "POST http://127.0.0.1" in page
    assert "Authorization: ***" in page
    assert "a-token-for-tests" not in page
    assert "&lt;b&gt;3&lt;/b&gt;" in page
    assert "<b>3" not in page
    assert (await owner.get(f"/admin/exports/runs/{run.id}/requests/99")).status_code == 404


async def test_time_line_tells_the_story(site: Site, owner: Browser) -> None:
    run = await make_run(site.house, members=3)
    page = words((await owner.get(f"/admin/exports/runs/{run.id}?view=time-line")).text)
    assert re.search("Created by test .* Started worker .* Rows selected 3 rows .* Completed", page)


async def test_charts_get_their_numbers(site: Site, owner: Browser) -> None:
    run = await make_run(site.house)
    rates = (await owner.get(f"/admin/exports/runs/{run.id}/rates")).json()
    assert rates["active"] is False
    assert sum(rates["requests"]) == 3
    assert len(rates["seconds"]) == len(rates["p50"]) == len(rates["p95"]) == len(rates["p99"])
    assert (sum(rates["rows"]), sum(rates["accepted"]), sum(rates["retries"])) == (30, 3, 0)


async def test_cancelled_run_says_so(site: Site, owner: Browser) -> None:
    chain = await create_members(site.house.database, 1)
    run = await start_run(site.house, await create_export(site.house, chain, "http://127.0.0.1:9"))
    path = f"/admin/exports/runs/{run.id}"
    answer = await owner.post(f"{path}/cancel", csrf_token=await owner.token())
    assert answer.headers["location"] == path
    await site.house.executor().execute(str(run.id))
    assert "Cancelled" in words((await owner.get(path)).text)
    assert (await owner.post(f"{path}/cancel", csrf_token=await owner.token())).status_code == 409


async def test_home_names_what_needs_attention(site: Site, owner: Browser) -> None:
    await make_run(site.house, Reply(401), members=1)
    home = words((await owner.get("/")).text)
    assert "1 thing needs attention" in home
    assert "Members out failed" in home


async def test_home_is_calm_when_all_is_well(site: Site, owner: Browser) -> None:
    await make_run(site.house, members=1)
    assert "Nothing needs attention" in words((await owner.get("/")).text)


async def test_list_keeps_its_filter(site: Site, owner: Browser) -> None:
    await make_run(site.house, members=1)
    assert "Members out" in words((await owner.get("/admin/exports/runs?state=completed")).text)
    assert "Nothing matches" in words((await owner.get("/admin/exports/runs?state=failed")).text)
    assert "Nothing matches" in words((await owner.get("/admin/exports/runs?page=9")).text)


async def test_kept_file_is_downloaded(site: Site, owner: Browser, reader: Browser, outsider: Browser) -> None:
    chain = await create_members(site.house.database, 3)
    run = await run_to_end(site.house, await create_file_export(site.house, chain, None))
    path = f"/admin/exports/runs/{run.id}/file"
    answer = await owner.get(path)
    assert (answer.status_code, answer.content) == (200, rows_of(3))
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''members_001.csv"
    assert answer.headers["content-length"] == str(len(rows_of(3)))
    assert answer.headers["cache-control"] == "no-store"
    assert (await reader.get(path)).status_code == 403
    assert (await outsider.get(path)).status_code in (403, 404)
