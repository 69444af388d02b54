"""Parked rows on the page of their export: shown, hidden, tried again."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text
from tests.builders.house import create_export, create_members, run_to_end
from tests.builders.receivers import Receiver, Reply, run_receiver
from tests.web.conftest import Browser, Site, open_browser
from tests.web.test_export_pages import ACTOR, ALL_BUT_MEMBERS, PATH
from tests.web.test_run_pages import words

from tessera.exports import Changes, Definition, GateLevel, Gates, Run, Selection, log

OPEN = Gates(rows=GateLevel.OFF, removals=GateLevel.OFF)
BODY = {"number": "{{ number }}"}
QUERY = "SELECT membership_number AS number, balance FROM members"


@dataclass
class Parked:
    """An export of ten members, one of which the receiver refused twice, and the one before it once it is told to."""

    site: Site
    owner: Browser
    receiver: Receiver
    definition: Definition

    @property
    def own(self) -> str:
        return f"{PATH}/{self.definition.id}"

    async def run(self) -> Run:
        return await run_to_end(self.site.house, self.definition)

    async def try_again(self, **fields: str) -> str:
        path = f"{self.own}/parked/forget"
        answer = await self.owner.post(path, csrf_token=await self.owner.token(), **fields)
        return str(answer.headers.get("location"))

    async def keys(self) -> list[str]:
        async with self.site.house.database.session() as session:
            page = await log.list_parked_rows(session, ACTOR, self.definition.id)
        return [str(row.key) for row in page.items]


@pytest.fixture
async def parked(site: Site, owner: Browser) -> AsyncIterator[Parked]:
    chain_id = await create_members(site.house.database, 10)
    refused = {"000005", "000006"}
    async with run_receiver(
        lambda got: Reply(422 if {row["number"] for row in got.rows} & refused else 200)
    ) as receiver:
        choices = {"selection": Selection(changes=Changes(most_refusals=2)), "gates": OPEN}
        definition = await create_export(
            site.house, chain_id, receiver.url, query=QUERY, keys=("number",), body=BODY, choices=choices
        )
        made = Parked(site, owner, receiver, definition)
        await made.run()
        assert await made.keys() == []
        await made.run()
        yield made


async def test_parked_rows_say_key_reason_and_times(parked: Parked) -> None:
    page = words((await parked.owner.get(parked.own)).text)
    assert "Parked rows" in page
    assert "000005" in page
    assert "2 times" in page
    assert "422" in page
    assert "000005" in words((await parked.owner.get(f"{parked.own}/parked")).text)
    assert (await parked.run()).skipped == 2


async def test_row_tried_again_is_sent_by_the_next_run(parked: Parked) -> None:
    parked.receiver.script = lambda _: Reply()
    first, _ = await parked.keys()
    assert await parked.try_again(key=first) == parked.own
    assert "The next run sends them again." in words((await parked.owner.get(parked.own)).text)
    run = await parked.run()
    assert (run.sent, run.skipped) == (1, 1)


async def test_all_parked_rows_are_tried_again(parked: Parked) -> None:
    parked.receiver.script = lambda _: Reply()
    await parked.try_again()
    assert await parked.keys() == []
    assert "Parked rows" not in words((await parked.owner.get(parked.own)).text)
    assert (await parked.run()).sent == 2
    async with parked.site.house.database.session() as session:
        found = await session.execute(
            text("SELECT actor_name, after FROM audit_entries WHERE action = 'refusals_forgotten' AND object_id = :id"),
            {"id": parked.definition.id},
        )
        assert [(row[0], row[1]) for row in found.all()] == [("Owner", {"rows": 2})]


async def test_full_refresh_sends_parked_rows_too(parked: Parked) -> None:
    parked.receiver.script = lambda _: Reply()
    assert "Full refresh" in words((await parked.owner.get(f"{parked.own}/run")).text)
    answer = await parked.owner.post(f"{parked.own}/run", csrf_token=await parked.owner.token(), full_refresh="true")
    await parked.site.house.executor().execute(answer.headers["location"].rpartition("/")[2])
    assert await parked.keys() == []


async def test_those_who_may_not_see_members_see_neither_key_nor_reason(parked: Parked) -> None:
    await parked.site.add_user("author@example.com", permissions=ALL_BUT_MEMBERS)
    async with open_browser(parked.site.app) as other:
        await other.sign_in("author@example.com")
        for path in (parked.own, f"{parked.own}/parked"):
            page = words((await other.get(path)).text)
            assert "2 times" in page
            assert "hidden" in page
            assert "000005" not in page
