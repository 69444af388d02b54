"""Export definitions in files: every part, what is left out, older files, and what is refused."""

from pathlib import Path

import pytest
import yaml
from tests.builders.house import ACTOR, SmallHouse
from tests.builders.key_files import ssh_key
from tests.builders.pages import read_page
from tests.configuration.conftest import Apply, Export

from tessera import exports
from tessera.configuration import Action, ConfigurationError, Outcome
from tessera.exports import Definition

QUERIES = """
queries:
  rich:
    label: Rich
    text: SELECT membership_id AS id, membership_number AS number, balance, first_name, last_name FROM members
          WHERE balance >= :least
    parameters: [{name: least, type: int, default: 0}]
    key_columns: [id]
"""
FULL = """
exports:
  rich_out:
    label: Rich out
    query: rich
    template: members
    description: For the night
    settings: {rows_per_request: 5, concurrency: 2}
    parameters: {least: 2}
    period: month
    changes: {first_run: baseline, removals: true, most_refusals: 5}
    gates: {rows: warn, rows_percent: 20, empty: fail}
    thresholds: {refused_percent: 5, least_rows: 10}
    schedule: {cron: 30 6 * * 1-5, zone: Europe/Berlin, to_date: '2090-12-31', policies: {overlap: after}}
    notices: {error: {addresses: [ada@example.com]}}
    queue: low
    shards: 4
    owner: ada@example.com
    enabled: false
"""
SHORT = "exports: {rich_out: {label: Rich out, query: rich, template: members, owner: ada@example.com}}"
BATCHES = SHORT.replace("template: members", "template: members, rows_per_request: 5, concurrency: 2")


async def find(house: SmallHouse, chain_id: object, name: str = "rich_out") -> Definition:
    async with house.database.session() as session:
        found = await exports.list_definitions(session, ACTOR, search=name)
    (definition,) = found.items
    return definition


def changed(outcome: Outcome) -> dict[str, tuple[object, object]]:
    return {
        each.path: (each.before, each.after)
        for change in outcome.changes
        if change.action is Action.UPDATE
        for each in change.fields
    }


async def test_every_part_of_an_export_comes_back_as_it_was_written(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export
) -> None:
    await apply(QUERIES)
    await apply(FULL)
    stored = await find(house, definition.chain_id)

    assert (stored.settings, stored.shards, stored.enabled) == ({"rows_per_request": 5, "concurrency": 2}, 4, False)
    assert stored.selection.changes is not None
    assert stored.selection.changes.removals
    assert yaml.safe_load(await export())["exports"]["rich_out"] == yaml.safe_load(FULL)["exports"]["rich_out"]
    assert (await apply(FULL)).empty
    assert (await apply(await export())).empty


async def test_what_is_left_out_has_its_default_but_the_owner_stays(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export
) -> None:
    await apply(QUERIES)
    await apply(FULL)
    outcome = await apply(SHORT.replace(", owner: ada@example.com", ""))
    stored = await find(house, definition.chain_id)

    assert changed(outcome)["gates.rows"] == ("warn", "hold")
    assert changed(outcome)["queue"] == ("low", "normal")
    assert (stored.settings, stored.selection.period) == ({"rows_per_request": None, "concurrency": None}, None)
    assert stored.owner is not None
    assert stored.owner.name == "Ada"
    assert yaml.safe_load(await export())["exports"]["rich_out"] == yaml.safe_load(SHORT)["exports"]["rich_out"]


async def test_older_file_says_the_same_with_its_settings_beside_the_label(apply: Apply, export: Export) -> None:
    await apply(QUERIES)
    await apply(SHORT)
    outcome = await apply(BATCHES)

    assert changed(outcome) == {"settings.rows_per_request": (None, 5), "settings.concurrency": (None, 2)}
    assert (await apply(BATCHES)).empty
    written = yaml.safe_load(await export())["exports"]["rich_out"]
    assert written["settings"] == {"rows_per_request": 5, "concurrency": 2}
    assert "concurrency" not in written


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("settings: {speed: 3}", "There is no such setting here. There are: rows_per_request, concurrency"),
        ("settings: {concurrency: 0}", "Requests in flight"),
        ("settings: {concurrency: 2}, concurrency: 3", "concurrency is here twice. Keep the one below settings"),
        ("parameters: {most: 3}", "has no parameter most"),
        ("period: fortnight", "period"),
        ("gates: {rows: shout}", "gates"),
        ("profile: none", "no connection profile none"),
        ("kind: pigeons", "There is no export kind 'pigeons'. There are: requests"),
        ("shards: 99", "a number from 1 to 32"),
        ("schedule: {cron: '61 * * * *'}", "61"),
        ("schedule: {cron: 0 6 * * *, once_at: '2090-01-01T06:00:00'}", "Keep one of them"),
        ("notices: {error: {addresses: [nobody]}}", "nobody"),
        ("filter: {}", "not both"),
    ],
)
async def test_unfit_part_is_refused_with_its_place(apply: Apply, more: str, message: str) -> None:
    await apply(QUERIES)
    with pytest.raises(ConfigurationError, match=rf"test.yaml, line 1: export rich_out: .*{message}"):
        await apply(SHORT.replace("template: members", f"template: members, {more}"))


async def test_example_of_the_documentation_works(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export, tmp_path: Path
) -> None:
    example = read_page("how-to/configuration-as-files.md").split("```yaml\n")[1].split("```")[0]
    for secret, text in (("crm-token", "a-token"), ("partner.pem", ssh_key("rsa"))):
        (tmp_path / secret).write_text(text)
    example = example.replace("/run/secrets", str(tmp_path))

    outcome = await apply(example, CRM_KEY="a-key")
    stored = await find(house, definition.chain_id, "guests_out")

    assert {change.action for change in outcome.changes} == {Action.CREATE}
    assert (stored.settings["concurrency"], stored.gates.rows_percent) == (4, 25)
    assert (await apply(example, CRM_KEY="a-key")).empty
    assert (await apply(await export())).empty


async def test_owner_who_is_not_there_is_refused(apply: Apply) -> None:
    await apply(QUERIES)
    with pytest.raises(ConfigurationError, match=r"There is no user bob@example\.com"):
        await apply(SHORT.replace("ada@", "bob@"))


TIMED = SHORT.replace("template: members", "template: members, schedule: {cron: 30 6 * * *, zone: Europe/Berlin}")
FILTERED = SHORT.replace("query: rich", "filter: {rules: [{column: balance, operator: at_least, values: [100]}]}")
NUMBERS = """
queries: {numbers: {label: Numbers, text: SELECT membership_number FROM members}}
templates: {numbers: {label: Numbers, query: numbers, profile: crm, request: {method: GET, url_path: members}}}
"""


async def test_plan_says_a_schedule_in_words(apply: Apply) -> None:
    await apply(QUERIES)
    await apply(SHORT)
    first = changed(await apply(TIMED))
    second = changed(await apply(TIMED.replace("30 6", "0 7").replace("zone", "enabled: false, zone")))
    last = changed(await apply(SHORT))

    assert first["schedule"] == (None, "Every day at 06:30 (Europe/Berlin)")
    assert second["schedule"] == (first["schedule"][1], "Every day at 07:00 (Europe/Berlin), switched off")
    assert second["schedule.cron"] == ("30 6 * * *", "0 7 * * *")
    assert last["schedule"] == (second["schedule"][1], None)


async def test_filter_takes_the_place_of_a_query(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export
) -> None:
    profile = yaml.safe_load(await export())["profiles"]
    await apply(NUMBERS.replace("crm", next(iter(profile))))
    filtered = FILTERED.replace("template: members", "template: numbers")
    await apply(filtered)
    stored = await find(house, definition.chain_id)

    assert (stored.query_id, stored.selection.filter is None) == (None, False)
    assert yaml.safe_load(await export())["exports"]["rich_out"] == yaml.safe_load(filtered)["exports"]["rich_out"]
    assert (await apply(await export())).empty


async def test_further_targets_stay_and_are_not_in_files(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export
) -> None:
    await apply(QUERIES)
    await apply(SHORT)
    stored = await find(house, definition.chain_id)
    hook = {"channel": "webhook", "lists": ["error"], "settings": {"url": "https://hooks.example.com/x"}}
    async with house.database.session() as session:
        await exports.set_notice_rules(
            session, ACTOR, house.resources, definition_id=stored.id, given={"targets": [hook]}
        )
    mailed = SHORT.replace("template: members", "template: members, notices: {success: {addresses: [bo@example.com]}}")
    await apply(mailed)
    after = (await find(house, definition.chain_id)).notices

    assert (after.success.addresses, len(after.targets)) == (("bo@example.com",), 1)
    assert "hooks.example.com" not in await export()
    with pytest.raises(ConfigurationError, match="have secrets and are not described in files"):
        await apply(mailed.replace("{success:", "{targets: [], success:"))
