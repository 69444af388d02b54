"""Exports of members by rules, made and changed on pages."""

from collections.abc import AsyncIterator
from urllib.parse import urlencode
from uuid import UUID

import pytest
from tests.builders.house import create_export, create_members, run_to_end
from tests.builders.receivers import run_receiver
from tests.web.conftest import Browser, Site
from tests.web.test_export_pages import ACTOR, NEW, PATH, Desk

from tessera import exports
from tessera.exports import Match, MemberFilter, MemberRule, Operator
from tessera.web.exports.destinations import DestinationType
from tessera.web.exports.drafts import Draft
from tessera.web.exports.member_step import form_values, read_members
from tessera.web.forms import Form

BODY = {"number": "{{ membership_number }}"}
QUERY = "SELECT membership_id, membership_number FROM members"


def fields_of(*rules: tuple[str, str, str], **more: str) -> dict[str, str]:
    """Return the fields of rules as a browser sends them."""
    cells = ("column", "operator", "value")
    rows = {
        f"rules-{number}-{cell}": value
        for number, rule in enumerate(rules)
        for cell, value in zip(cells, rule, strict=True)
    }
    return {"match": "all", **rows, **more}


@pytest.fixture
async def desk(site: Site, owner: Browser) -> AsyncIterator[Desk]:
    chain_id = await create_members(site.house.database, 9)
    async with run_receiver() as receiver:
        export = await create_export(
            site.house, chain_id, receiver.url, query=QUERY, keys=("membership_id",), body=BODY
        )
        yield Desk(site, owner, export)


def new_path(desk: Desk, step: str, **carried: str) -> str:
    asked = {"label": "Some members", "destination": "http_api", "resource": "person", **carried}
    return f"{NEW}/{desk.definition.chain_id}/{step}?{urlencode(asked)}"


async def test_create_line_leads_to_rules(desk: Desk) -> None:
    place = await desk.send(PATH, label="Some members", resource="person", destination="http_api")
    page = await desk.read(place)
    assert "Without a rule every member is exported." in page
    assert "Bigdata Query" not in page


async def test_members_by_rules_are_exported(desk: Desk) -> None:
    rules = fields_of(("balance", "at_least", "3"), ("membership_number", "one_of", "000004, 000005, 000001"))
    place = await desk.send(new_path(desk, "filter"), **rules, step="next")
    assert "/destination?" in place
    done = await desk.send(place, **desk.destination_fields, step="save")
    made = done.split("/")[-2]
    page = await desk.read(f"{PATH}/{made}/run")
    assert "Rows 2 " in page
    async with desk.site.house.database.session() as session:
        stored = await exports.get_definition(session, ACTOR, definition_id=UUID(made))
    assert stored.selection.filter == MemberFilter(
        (
            MemberRule("balance", Operator.AT_LEAST, (3,)),
            MemberRule("membership_number", Operator.ONE_OF, ("000004", "000005", "000001")),
        )
    )
    assert (await run_to_end(desk.site.house, stored)).sent == 2


async def test_summary_counts_typed_rules(desk: Desk) -> None:
    path = new_path(desk, "filter", template_id=str(desk.definition.template_id), shards="1", destination_seen="yes")
    rules = fields_of(("balance", "less", "4"), ("balance", "is", "8"), match="any")
    page = await desk.send(path.replace("/filter?", "/filter/look?"), **rules, do="look")
    assert "Rows now 5" in page
    assert "membership_number" in page


@pytest.mark.parametrize(
    ("rule", "cell", "fault"),
    [
        (("balance", "is", "much"), "value", "Enter a whole number, such as 12."),
        (("is_primary", "is", "maybe"), "value", "Enter true or false."),
        (("birth_date", "less", "May"), "value", "Enter a date as YYYY-MM-DD."),
        (("joined_at", "less", "May"), "value", "Enter a moment as YYYY-MM-DDTHH:MM, in UTC."),
        (("balance", "is", ""), "value", "Required."),
        (("", "is", "3"), "column", "Choose a column."),
        (("balance", "like", "3"), "operator", "Choose an operator."),
        (("balance", "contains", "3"), "operator", "Choose another operator."),
        (("city", "empty", "Bern"), "operator", "takes no value"),
    ],
)
async def test_fault_stands_beside_its_rule(desk: Desk, rule: tuple[str, str, str], cell: str, fault: str) -> None:
    path = new_path(desk, "filter", template_id=str(desk.definition.template_id), shards="1", destination_seen="yes")
    rules = fields_of(("city", "is", "Bern"), ("", "is", ""), rule)
    answer = await desk.owner.post(path, csrf_token=await desk.owner.token(), **rules, step="save")
    assert answer.status_code == 422
    place = answer.text.index(f'id="rules-1-{cell}-words"')
    assert fault in answer.text[place : place + 200]


def test_filter_comes_back_as_it_is_stored() -> None:
    stored = MemberFilter(
        (
            MemberRule("city", Operator.ONE_OF, ('Bern, "Old" Town', "Biel")),
            MemberRule("is_primary", Operator.IS, (True,)),
            MemberRule("balance", Operator.MORE, (12,)),
            MemberRule("email", Operator.NOT_EMPTY),
        ),
        Match.ANY,
        ("email", "city"),
    )
    form = Form(form_values(stored))
    draft = Draft("Members", DestinationType("http_api", "HTTP API", "requests"), "person")
    read = read_members(form, draft).selection.filter
    assert form.faults == {}
    assert read is not None
    assert (read.rules, read.match, set(read.columns)) == (stored.rules, stored.match, set(stored.columns))


async def test_chosen_columns_alone_are_read(desk: Desk) -> None:
    path = new_path(desk, "filter")
    place = await desk.send(path, **fields_of(), columns="city", step="next")
    answer = await desk.send(place, **desk.destination_fields, step="save")
    assert "uses membership_number" in answer
    assert "Columns: 1 chosen" in await desk.read(place.replace("/destination?", "/filter?"))
