"""Exports to mParticle, made, changed and run on pages."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.builders.house import create_export, create_members
from tests.builders.mparticle_receiver import ACCEPTED
from tests.builders.receivers import Receiver, run_receiver
from tests.web.conftest import Browser, Site
from tests.web.test_export_pages import ACTOR, NEW, PATH, Desk
from tests.web.test_run_pages import words

from tessera import connectors, exports
from tessera.connectors import NewProfile, address_policy
from tessera.exports import Definition

QUERY = "SELECT membership_id AS id, external_id, first_name, city, balance FROM members"
ROWS = (("id", "user_identity", "customer_id"), ("=gold", "user_attribute", "level"))


def grid(*rows: tuple[str, ...]) -> dict[str, str]:
    """Return the fields of the map's rows as a browser sends them."""
    columns = ("source", "target_kind", "target", "transform", "empty")
    return {
        f"p_lines-{number}-{column}": value
        for number, row in enumerate(rows)
        for column, value in zip(columns, row, strict=False)
    }


@dataclass
class Place:
    """A chain with a query, and a profile that leads to a receiver."""

    desk: Desk
    receiver: Receiver
    profile_id: UUID

    @property
    def fields(self) -> dict[str, str]:
        return {"profile_id": str(self.profile_id), "shards": "1", "p_row_mode": "profile", "p_send_mode": "bulk"}

    @property
    def new(self) -> str:
        asked = {"label": "To mParticle", "destination": "mparticle_outbound", "filter_seen": "yes"}
        query = {"query_id": str(self.desk.definition.query_id)}
        return f"{NEW}/{self.desk.definition.chain_id}/destination?{urlencode(asked | query)}"

    async def make(self) -> Definition:
        """Make an export with the map on its page."""
        done = await self.desk.send(self.new, **self.fields, **grid(*ROWS), step="save")
        found = re.fullmatch(rf"{PATH}/([0-9a-f-]+)/destination", done)
        assert found, done
        return await self.read(UUID(found[1]))

    async def read(self, definition_id: UUID) -> Definition:
        async with self.desk.site.house.database.session() as session:
            return await exports.get_definition(session, ACTOR, definition_id=definition_id)

    async def show(self, path: str, **fields: str) -> tuple[int, str]:
        """Send a form that is shown again; return status and page."""
        answer = await self.desk.owner.post(path, csrf_token=await self.desk.owner.token(), **self.fields, **fields)
        return answer.status_code, answer.text


@pytest.fixture
async def place(site: Site, owner: Browser) -> AsyncIterator[Place]:
    chain_id = await create_members(site.house.database, 4)
    async with run_receiver(lambda _: ACCEPTED) as receiver:
        export = await create_export(
            site.house, chain_id, receiver.url, query=QUERY, keys=("id",), body={"id": "{{ id }}"}
        )
        settings = {"pod": "Custom", "endpoint": f"{receiver.url}/v2", "api_key": "key", "api_secret": "secret"}
        async with site.house.database.session() as session:
            profile = await connectors.create_profile(
                session,
                ACTOR,
                chain_id=chain_id,
                new=NewProfile("mparticle_outbound", "standard", "mParticle", settings=settings),
                keys=site.house.resources.keys,
                policy=address_policy(site.house.resources.settings),
            )
        yield Place(Desk(site, owner, export), receiver, profile.id)


async def test_map_is_stored_as_lines_and_runs(place: Place) -> None:
    made = await place.make()
    assert made.settings["lines"] == [
        {"target": "user_identity", "name": "customer_id", "column": "id"},
        {"target": "user_attribute", "name": "level", "constant": "gold"},
    ]
    started = await place.desk.send(f"{PATH}/{made.id}/run")
    await place.desk.site.house.executor().execute(started.rpartition("/")[2])
    batches = [batch for received in place.receiver.received for batch in received.rows]
    assert [batch["user_attributes"] for batch in batches] == [{"level": "gold"}] * 4


async def test_columns_are_offered_and_mapped_automatically(place: Place) -> None:
    page = (await place.desk.owner.get(place.new)).text
    assert '<option value="first_name">' in page
    assert 'value="propose:p_lines"' in page
    status, mapped = await place.show(place.new, **grid(("balance", "user_attribute", "points")), do="propose:p_lines")
    assert status == 200
    names = re.findall(r'name="p_lines-\d-target" value="([^"]+)"', mapped)
    assert names == ["points", "customer_id", "$firstname", "$city"]
    assert "To mParticle" not in await place.desk.read(PATH)


async def test_stored_map_is_mapped_automatically(place: Place) -> None:
    made = await place.make()
    status, mapped = await place.show(f"{PATH}/{made.id}/destination", **grid(*ROWS), do="propose:p_lines")
    assert status == 200
    assert 'value="$firstname"' in mapped
    assert (await place.read(made.id)).version == made.version


@pytest.mark.parametrize(
    ("row", "cell", "fault"),
    [
        (("nowhere", "user_attribute", "x"), "source", "there is no column &#34;nowhere&#34;"),
        (("city", "user_identity", "colour"), "target", "is not a known identity type"),
        (("city", "user_attribute", "level"), "target", "another line fills"),
        (("city", "user_attribute", "x", "shout"), "transform", "give filters with"),
        (("city", "event_attribute", "x"), "target_kind", "rows are profiles"),
        (("city", "user_identity", "email", "", "send"), "empty", "never sent"),
    ],
)
async def test_fault_stands_at_its_cell(place: Place, row: tuple[str, ...], cell: str, fault: str) -> None:
    made = await place.make()
    status, page = await place.show(f"{PATH}/{made.id}/destination", **grid(*ROWS, row), step="save")
    assert status == 422
    start = page.index(f'id="p_lines-2-{cell}-words"')
    assert fault in page[start : start + 300]


async def test_map_without_an_identity_is_refused_as_a_whole(place: Place) -> None:
    status, page = await place.show(place.new, **grid(ROWS[1]), step="save")
    assert status == 422
    assert "at least one line must fill a user identity" in words(page)
    assert (await place.show(place.new, step="save"))[0] == 422


async def test_unchanged_map_stays_as_it_was_given(place: Place) -> None:
    made = await place.make()
    lines = [{**line, "empty": "omit"} for line in made.settings["lines"]]
    async with place.desk.site.house.database.session() as session:
        change = exports.DefinitionChange(settings={"lines": lines})
        keys, clock = place.desk.site.house.resources.keys, place.desk.site.house.resources.clock
        await exports.update_definition(session, ACTOR, made, change, keys=keys, now=clock())
    await place.desk.send(f"{PATH}/{made.id}/destination", **place.fields, **grid(*ROWS), version="2", step="save")
    stored = await place.read(made.id)
    assert (stored.settings["lines"], stored.version) == (lines, 2)
