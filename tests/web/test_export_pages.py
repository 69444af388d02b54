"""The pages on which exports are made, changed, copied, run and deleted."""

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.builders.house import create_export, create_members, run_to_end
from tests.builders.receivers import run_receiver
from tests.web.conftest import Browser, Site, open_browser
from tests.web.test_run_pages import words

from tessera import connectors, exports, queries
from tessera.connectors import NewProfile, address_policy
from tessera.exports import Definition, DefinitionChange, MemberFilter, MemberRule, Operator, Selection
from tessera.platform.actors import command_line_actor
from tessera.platform.clock import now
from tessera.queries import NewQuery, Parameter, ParameterType

ACTOR = command_line_actor("test")
PATH = "/admin/exports/definitions"
NEW = f"{PATH}/new"
ALL_BUT_MEMBERS = frozenset({"exports:write", "queries:read", "http-templates:read", "connection-profiles:read"})


@dataclass
class Desk:
    """A chain with one export, and a browser that may change it."""

    site: Site
    owner: Browser
    definition: Definition

    @property
    def own(self) -> str:
        return f"{PATH}/{self.definition.id}"

    async def send(self, path: str, **fields: str) -> str:
        """Send a form; return where it leads, or the words of the page that comes instead."""
        answer = await self.owner.post(path, csrf_token=await self.owner.token(), **fields)
        return str(answer.headers.get("location") or f"{answer.status_code} {words(answer.text)}")

    async def read(self, path: str) -> str:
        return words((await self.owner.get(path)).text)

    async def stored(self) -> Definition:
        async with self.site.house.database.session() as session:
            return await exports.get_definition(session, ACTOR, definition_id=self.definition.id)

    async def change(self, change: DefinitionChange) -> None:
        async with self.site.house.database.session() as session:
            keys = self.site.house.resources.keys
            await exports.update_definition(session, ACTOR, self.definition, change, keys=keys, now=now())

    @property
    def filter_fields(self) -> dict[str, str]:
        return {"query_id": str(self.definition.query_id), "gate_rows": "warn"}

    @property
    def destination_fields(self) -> dict[str, str]:
        return {"template_id": str(self.definition.template_id), "shards": "1"}


@pytest.fixture
async def desk(site: Site, owner: Browser) -> AsyncIterator[Desk]:
    chain_id = await create_members(site.house.database, 25)
    async with run_receiver() as receiver:
        yield Desk(site, owner, await create_export(site.house, chain_id, receiver.url))


async def test_create_line_stores_nothing_yet(desk: Desk) -> None:
    place = await desk.send(PATH, label="Gold members", resource="query", destination="http_api")
    assert place.startswith(f"{NEW}/{desk.definition.chain_id}/filter?label=Gold+members")
    assert "Gold members" not in await desk.read(PATH)


async def test_create_line_says_what_it_lacks(desk: Desk) -> None:
    assert (await desk.send(PATH, label="", resource="query", destination="http_api")).startswith("422")


@pytest.mark.parametrize("first", ["filter", "destination"])
async def test_new_export_is_stored_once_it_is_whole(desk: Desk, first: str) -> None:
    second = "destination" if first == "filter" else "filter"
    fields: Mapping[str, dict[str, str]] = {"filter": desk.filter_fields, "destination": desk.destination_fields}
    asked = urlencode({"label": "Gold members", "destination": "http_api"})
    kept = await desk.send(f"{NEW}/{desk.definition.chain_id}/{first}?{asked}", **fields[first], step="save")
    assert kept.startswith(f"{NEW}/{desk.definition.chain_id}/{first}?")
    assert "Gold members" not in await desk.read(PATH)
    done = await desk.send(kept.replace(f"/{first}?", f"/{second}?"), **fields[second], step="save")
    assert re.fullmatch(rf"{PATH}/[0-9a-f-]{{36}}/{second}", done)
    assert "The export is saved." in await desk.read(done)
    assert "Gold members" in await desk.read(PATH)


async def test_next_leads_on_with_what_was_typed(desk: Desk) -> None:
    asked = urlencode({"label": "Gold members", "destination": "http_api"})
    fields = {**desk.filter_fields, "changes": "true", "first_run": "baseline", "most_refusals": "7"}
    place = await desk.send(f"{NEW}/{desk.definition.chain_id}/filter?{asked}", **fields, step="next")
    assert "/destination?" in place
    again = (await desk.owner.get(place.replace("/destination?", "/filter?"))).text
    assert 'value="7"' in again
    assert '<option value="baseline" selected>' in again


async def test_step_that_does_not_fit_stays_and_says_why(desk: Desk) -> None:
    page = await desk.send(f"{desk.own}/destination", **{**desk.destination_fields, "shards": "99"}, step="next")
    assert page.startswith("422")
    assert "Enter a whole number from 1 to 32." in page
    assert "Needs attention" in page


async def test_saved_step_changes_only_its_part(desk: Desk) -> None:
    place = await desk.send(
        f"{desk.own}/destination", **desk.destination_fields, p_rows_per_request="3", version="1", step="next"
    )
    assert place == f"{desk.own}/schedule"
    stored = await desk.stored()
    assert stored.settings["rows_per_request"] == 3
    assert stored.gates == desk.definition.gates


async def test_moving_on_without_a_change_saves_nothing(desk: Desk) -> None:
    fields = {**desk.destination_fields, "version": "1", "step": "back"}
    assert await desk.send(f"{desk.own}/destination", **fields) == f"{desk.own}/filter"
    assert (await desk.stored()).version == 1


async def test_changes_without_key_columns_are_refused_at_their_field(site: Site, owner: Browser) -> None:
    chain_id = await create_members(site.house.database, 1)
    desk = Desk(site, owner, await create_export(site.house, chain_id, "http://127.0.0.1:9", keys=()))
    fields = {**desk.filter_fields, "changes": "true", "first_run": "send", "most_refusals": "3", "version": "1"}
    assert "give the query Members key columns" in await desk.send(f"{desk.own}/filter", **fields, step="save")


async def test_change_of_another_user_is_not_overwritten(desk: Desk) -> None:
    await desk.change(DefinitionChange(description="Changed meanwhile"))
    page = await desk.send(f"{desk.own}/schedule", queue="high", version="1", step="save")
    assert page.startswith("409")


async def test_summary_counts_what_is_typed(desk: Desk) -> None:
    page = await desk.send(
        f"{desk.own}/destination/look", **desk.destination_fields, p_rows_per_request="10", do="look"
    )
    assert "Rows now 25 in 3 requests of up to 10" in page
    assert (await desk.stored()).version == 1


async def test_summary_shows_the_first_request_masked(desk: Desk) -> None:
    page = await desk.send(f"{desk.own}/filter/look", **desk.filter_fields, do="look")
    assert "POST http://127.0.0.1" in page
    assert "a-token-for-tests" not in page
    assert "Ada0" in page


async def test_summary_of_an_open_export_names_the_step(desk: Desk) -> None:
    asked = urlencode({"label": "Gold members", "destination": "http_api"})
    path = f"{NEW}/{desk.definition.chain_id}/filter/look?{asked}"
    assert "Fill in the step Destination first." in await desk.send(path, **desk.filter_fields, do="look")


async def test_run_asks_with_rows_host_and_requests(desk: Desk) -> None:
    page = await desk.read(f"{desk.own}/run")
    assert re.search(r"Rows 25 .*Requests 3 .*To 127\.0\.0\.1:\d+ .*Period none .*Confirm", page)


async def test_confirmed_run_starts_with_its_period(desk: Desk) -> None:
    fields = {"from": "2026-01-01T00:00", "to": "2026-02-01T00:00"}
    place = await desk.send(f"{desk.own}/run", **fields)
    async with desk.site.house.database.session() as session:
        (run,) = (await exports.list_runs(session, ACTOR, exports.RunFilter(desk.definition.id))).items
    assert place == f"/admin/exports/runs/{run.id}"
    assert run.period_from is not None
    assert run.period_from.month == 1


async def test_run_with_a_period_turned_round_is_refused(desk: Desk) -> None:
    page = await desk.send(f"{desk.own}/run", **{"from": "2026-02-01T00:00", "to": "2026-01-01T00:00"})
    assert "Enter a moment after From." in page


async def test_disabled_export_runs_when_a_user_starts_it(desk: Desk) -> None:
    assert await desk.send(f"{desk.own}/switch", enabled="false") == desk.own
    assert "This export is disabled" in await desk.read(desk.own)
    assert "A run that you start goes all the same." in await desk.read(f"{desk.own}/run")
    assert (await desk.send(f"{desk.own}/run")).startswith("/admin/exports/runs/")


async def test_copy_is_disabled_and_named(desk: Desk) -> None:
    place = await desk.send(f"{desk.own}/copy")
    page = await desk.read(place)
    assert "Members out (1)" in page
    assert "This export is disabled" in page


async def test_pop_up_changes_name_and_queue(desk: Desk) -> None:
    fields = {"label": "Members to the CRM", "description": "Nightly", "queue": "high", "version": "1"}
    assert await desk.send(f"{desk.own}/edit", **fields) == desk.own
    stored = await desk.stored()
    assert (stored.label, stored.internal_name, stored.queue) == ("Members to the CRM", "members_out", "high")


async def test_internal_name_changes_once_it_is_unlocked(desk: Desk) -> None:
    fields = {"label": "Members out", "internal_name": "crm", "queue": "normal", "version": "1"}
    await desk.send(f"{desk.own}/edit", **fields)
    assert (await desk.stored()).internal_name == "members_out"
    await desk.send(f"{desk.own}/edit", **{**fields, "version": "2"}, edit_internal_name="true")
    assert (await desk.stored()).internal_name == "crm"


async def test_taking_over_makes_the_user_own_it(desk: Desk) -> None:
    assert "Take over" in await desk.read(f"{desk.own}/edit")
    assert await desk.send(f"{desk.own}/take-over") == desk.own
    owner = (await desk.stored()).owner
    assert owner is not None
    assert owner.name == "Owner"
    assert "Take over" not in await desk.read(f"{desk.own}/edit")


async def test_export_without_runs_is_deleted_after_asking(desk: Desk) -> None:
    assert "It never ran" in await desk.send(f"{desk.own}/delete")
    assert await desk.send(f"{desk.own}/delete", confirmed="yes") == PATH
    assert "No exports yet" in await desk.read(PATH)


async def test_export_with_runs_says_to_disable_it(desk: Desk) -> None:
    await run_to_end(desk.site.house, desk.definition)
    page = await desk.send(f"{desk.own}/delete")
    assert "This export has 1 run on record" in page
    assert "Disable it instead" in page
    assert (await desk.send(f"{desk.own}/delete", confirmed="yes")).startswith("409")


async def test_list_shows_the_last_run(desk: Desk) -> None:
    assert "Never run" in await desk.read(PATH)
    await run_to_end(desk.site.house, desk.definition)
    page = await desk.read(PATH)
    assert "HTTP API · Query" in page
    assert "25 of 25 sent" in page
    assert "by hand" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=MEMBERS_OUT", True),
        ("q=nothing", False),
        ("kind=http_api", True),
        ("kind=mparticle_outbound", False),
        ("status=never", True),
        ("status=completed", False),
        ("enabled=yes", True),
        ("enabled=no", False),
        ("sort=-last_run&size=25", True),
        ("sort=nonsense&size=-3&status=x&enabled=x&kind=x", True),
        ("q=members&kind=http_api&status=never&enabled=yes", True),
        ("page=9", False),
    ],
)
async def test_list_is_narrowed_by_its_address(desk: Desk, asked: str, found: bool) -> None:
    page = (await desk.owner.get(f"{PATH}?{asked}")).text
    assert (f'href="{desk.own}"' in page) is found


async def test_reader_sees_facts_and_no_forms(desk: Desk, reader: Browser) -> None:
    page = (await reader.get(desk.own)).text
    assert "HTTP Operation" in words(page)
    assert "step-form" not in page
    assert (await reader.get(f"{desk.own}/filter")).status_code == 403


async def test_summary_hides_members_from_those_who_may_not_see_them(desk: Desk) -> None:
    await desk.site.add_user("author@example.com", permissions=ALL_BUT_MEMBERS)
    async with open_browser(desk.site.app) as author:
        await author.sign_in("author@example.com")
        fields = {**desk.filter_fields, "csrf_token": await author.token()}
        page = (await author.post(f"{desk.own}/filter/look", do="look", **fields)).text
        question = (await author.get(f"{desk.own}/run")).text
    assert "members:read" in words(page)
    assert "Ada0" not in page
    assert "members:read" in words(question)


async def test_step_that_is_none_is_not_there(desk: Desk) -> None:
    assert (await desk.owner.get(f"{desk.own}/nonsense")).status_code == 404


LINES = {
    "p_lines-0-source": "number",
    "p_lines-0-target_kind": "user_identity",
    "p_lines-0-target": "customer_id",
}
FILTER = MemberFilter((MemberRule("membership_number", Operator.ONE_OF, ("000001", "000002")),))
RULE = {
    "match": "all",
    "rules-0-column": "membership_number",
    "rules-0-operator": "one_of",
    "rules-0-value": "000001, 000002",
}


async def test_export_by_a_filter_keeps_it(site: Site, owner: Browser) -> None:
    chain_id = await create_members(site.house.database, 5)
    query = "SELECT membership_id, membership_number FROM members"
    body = {"number": "{{ membership_number }}"}
    export = await create_export(
        site.house, chain_id, "http://127.0.0.1:9", query=query, keys=("membership_id",), body=body
    )
    desk = Desk(site, owner, export)
    await desk.change(DefinitionChange(query_id=None, selection=Selection(filter=FILTER)))
    assert "HTTP API · Person" in await desk.read(PATH)
    page = (await owner.get(f"{desk.own}/filter")).text
    assert 'value="000001,000002"' in page
    assert "Bigdata Query" not in words(page)
    fields = {**RULE, "gate_rows": "warn", "version": "2", "step": "save"}
    assert await desk.send(f"{desk.own}/filter", **fields) == f"{desk.own}/filter"
    stored = await desk.stored()
    assert stored.selection.filter == FILTER
    assert stored.gates.rows == "warn"
    assert "Rows 2 " in await desk.read(f"{desk.own}/run")


async def test_parameters_are_fields_of_their_types(site: Site, owner: Browser) -> None:
    chain_id = await create_members(site.house.database, 5)
    desk = Desk(site, owner, await create_export(site.house, chain_id, "http://127.0.0.1:9"))
    query_id = await create_parametered(site, chain_id)
    name = f"param-{query_id.hex}-"
    page = (await owner.get(f"{desk.own}/filter")).text
    assert f'name="{name}least" type="number"' in page
    assert f'name="{name}since" type="date"' in page
    typed = {f"{name}least": "3", f"{name}since": "2020-01-31", f"{name}active": "true", f"{name}rate": "1.5"}
    fields = {"query_id": str(query_id), "version": "1", "step": "save", "period": "month"}
    wrong = await desk.send(f"{desk.own}/filter", **fields, **{**typed, f"{name}rate": "much"})
    assert "Enter a number, such as 12.50." in wrong
    assert await desk.send(f"{desk.own}/filter", **fields, **typed) == f"{desk.own}/filter"
    selection = (await desk.stored()).selection
    assert selection.parameters == {"least": 3, "since": "2020-01-31", "active": True, "rate": "1.5"}
    assert selection.period == "month"
    assert 'value="2020-01-31"' in (await owner.get(f"{desk.own}/filter")).text


async def create_parametered(site: Site, chain_id: UUID) -> UUID:
    """Save a query with a parameter of each type that a form has a field for."""
    parameters = (
        Parameter("least", ParameterType.INT, 1),
        Parameter("since", ParameterType.DATE),
        Parameter("active", ParameterType.BOOL),
        Parameter("rate", ParameterType.DECIMAL),
        Parameter("at", ParameterType.TIMESTAMP),
        Parameter("word", ParameterType.TEXT),
    )
    text = (
        "SELECT membership_id AS id, membership_number AS number, balance, first_name, last_name FROM members"
        " WHERE balance >= :least AND (:since IS NULL OR :active OR balance > :rate OR :at IS NULL OR :word = '')"
    )
    new = NewQuery("With parameters", text, parameters=parameters, key_columns=("id",))
    async with site.house.database.session() as session:
        made = await queries.create_query(session, ACTOR, site.house.engine, chain_id=chain_id, new=new)
    return made.id


async def test_export_to_mparticle_shows_its_batch(site: Site, owner: Browser) -> None:
    chain_id = await create_members(site.house.database, 3)
    desk = Desk(site, owner, await create_export(site.house, chain_id, "http://127.0.0.1:9"))
    profile_id = await create_mparticle_profile(site, chain_id)
    asked = {"label": "To mParticle", "destination": "mparticle_outbound", "filter_seen": "yes"}
    address = urlencode({**asked, "query_id": str(desk.definition.query_id)})
    path = f"{NEW}/{chain_id}/destination"
    fields = {"profile_id": str(profile_id), "shards": "2", **LINES}
    page = await desk.send(f"{path}/look?{address}", **fields, do="look")
    assert "Rows now 3" in page
    assert "customer_id" in page
    assert "Authorization ***" in page
    done = await desk.send(f"{path}?{address}", **fields, step="save")
    assert done.endswith("/destination")
    assert "mParticle · Query" in await desk.read(PATH)
    assert f'href="{done.removesuffix("/destination")}"' in (await owner.get(f"{PATH}?kind=mparticle_outbound")).text


async def create_mparticle_profile(site: Site, chain_id: UUID) -> UUID:
    """Make a profile that leads to mParticle's place, where nobody listens."""
    settings = {"pod": "Custom", "endpoint": "http://127.0.0.1:9/v2", "api_key": "key", "api_secret": "secret"}
    resources = site.house.resources
    async with site.house.database.session() as session:
        made = await connectors.create_profile(
            session,
            ACTOR,
            chain_id=chain_id,
            new=NewProfile("mparticle_outbound", "standard", "mParticle", settings=settings),
            keys=resources.keys,
            policy=address_policy(resources.settings),
        )
    return made.id
