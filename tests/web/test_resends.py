"""Failed rows are sent again from the page of their run."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from tests.builders.house import ACTOR, create_export, create_members, read_run, run_to_end
from tests.builders.receivers import Receiver, Reply, run_receiver
from tests.web.conftest import Browser, Site
from tests.web.test_run_pages import words

from tessera.exports import Run, log

POINTS = (
    "SELECT membership_id AS id, membership_number AS number, "
    "CASE WHEN balance < 3 THEN 'x' ELSE '1' END AS points FROM members"
)
BODY = {"id": "{{ id }}", "number": "{{ number }}", "points": "{{ points | int }}"}


@dataclass
class Failed:
    """An ended run, two rows of which were refused by us, and two by the receiver, which now takes all."""

    site: Site
    owner: Browser
    receiver: Receiver
    run: Run

    @property
    def path(self) -> str:
        return f"/admin/exports/runs/{self.run.id}"

    async def find_code(self) -> str:
        """Return the reason of the rows that the receiver refused."""
        async with self.site.house.database.session() as session:
            groups = await log.count_row_errors(session, ACTOR, self.run.id)
        return next(group.code for group in groups if group.phase == "send")

    async def send(self, **fields: str) -> Run:
        """Confirm, run what was started, and return it as it ended."""
        answer = await self.owner.post(f"{self.path}/resend", csrf_token=await self.owner.token(), **fields)
        found = re.fullmatch(r"/admin/exports/runs/([0-9a-f-]+)", answer.headers["location"])
        assert found
        await self.site.house.executor().execute(found[1])
        return await read_run(self.site.house, UUID(found[1]))


@pytest.fixture
async def failed(site: Site, owner: Browser) -> AsyncIterator[Failed]:
    chain_id = await create_members(site.house.database, 8)
    async with run_receiver() as receiver:
        refused = {"000004", "000005"}
        receiver.script = lambda got: Reply(422 if {row["number"] for row in got.rows} & refused else 200)
        definition = await create_export(site.house, chain_id, receiver.url, query=POINTS, body=BODY)
        run = await run_to_end(site.house, definition)
        receiver.script = lambda _: Reply()
        receiver.received.clear()
        yield Failed(site, owner, receiver, run)


async def test_question_names_rows_and_host(failed: Failed) -> None:
    page = words((await failed.owner.get(f"{failed.path}/resend")).text)
    assert f"Rows {failed.run.failed} all that failed" in page
    assert f"To {failed.receiver.url.removeprefix('http://')}" in page
    assert not failed.receiver.received


async def test_all_failed_rows_go_again(failed: Failed) -> None:
    again = await failed.send()
    assert (again.parent_id, again.selected) == (failed.run.id, failed.run.failed)


async def test_rows_of_one_reason_go_again(failed: Failed) -> None:
    page = (await failed.owner.get(failed.path)).text
    assert len(re.findall(rf"{failed.path}/resend\?code=([^\"]+)", page)) == 2
    code = await failed.find_code()
    question = words((await failed.owner.get(f"{failed.path}/resend?code={code}")).text)
    assert f"Rows 2 with the reason {code}" in question
    assert (await failed.send(code=code)).sent == 2
    assert sorted(failed.receiver.ids("number")) == ["000004", "000005"]


async def test_one_row_goes_again(failed: Failed) -> None:
    page = (await failed.owner.get(f"{failed.path}?view=rows")).text
    row = re.findall(r"/resend\?row=(\d+)", page)[-1]
    assert f"Row {row}" in words((await failed.owner.get(f"{failed.path}/resend?row={row}")).text)
    assert (await failed.send(row=row)).selected == 1


async def test_runs_lead_to_each_other(failed: Failed) -> None:
    again = await failed.send()
    assert f'href="/admin/exports/runs/{again.id}"' in (await failed.owner.get(failed.path)).text
    assert f'href="{failed.path}"' in (await failed.owner.get(f"/admin/exports/runs/{again.id}")).text


async def test_run_without_failures_offers_nothing(failed: Failed) -> None:
    again = await failed.send(code=await failed.find_code())
    path = f"/admin/exports/runs/{again.id}"
    assert "Resend" not in words((await failed.owner.get(path)).text)
    answer = await failed.owner.post(f"{path}/resend", csrf_token=await failed.owner.token())
    assert answer.status_code == 409
    assert "none can be sent again" in answer.text
