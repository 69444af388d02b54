"""Files make what is there what they describe: once, all of it or nothing, and never with a secret in the open."""

from dataclasses import replace

import pytest
import yaml
from sqlalchemy import text
from tests.builders.house import ACTOR, TOKEN, SmallHouse, create_members
from tests.configuration.conftest import Apply, Export

from tessera import configuration, connectors, outbound
from tessera.configuration import Action, ConfigurationError
from tessera.configuration.documents import Kind
from tessera.configuration.shapes import is_described, read_spec
from tessera.exports import Definition
from tessera.platform.errors import DeniedError

CRM = """
chain: Harbour Hotels
queries:
  guests:
    label: Guests
    text: SELECT membership_number AS number, balance FROM members
    key_columns: [number]
profiles:
  crm:
    label: CRM
    type: http_api
    variant: bearer
    settings:
      base_url: http://127.0.0.1:9/crm
      static_headers:
        - {name: X-Team, value: blue}
        - {name: X-Key, secret: true, value: {env: CRM_KEY}}
    secrets:
      token: {env: CRM_TOKEN}
templates:
  guests:
    label: Guests
    query: guests
    profile: crm
    request:
      method: PUT
      url_path: guests/{{ number }}
      headers:
        - {name: X-Trace, value: "{{ number }}"}
        - {name: X-Sign, secret: true, value: {env: SIGN}}
      body: {points: "{{ balance }}", tags: [a, "b {{ number }}"]}
exports:
  guests_out:
    label: Guests out
    query: guests
    template: guests
    owner: ada@example.com
    settings:
      concurrency: 4
"""
SECRETS = {"CRM_TOKEN": "first-token", "CRM_KEY": "first-key", "SIGN": "first-sign"}


def actions(outcome: configuration.Outcome) -> dict[str, str]:
    return {f"{change.kind.singular} {change.name}": change.action.value for change in outcome.changes}


async def test_what_was_written_changes_nothing_when_applied(apply: Apply, export: Export) -> None:
    written = await export()
    outcome = await apply(written)
    assert outcome.empty, outcome.changes
    assert len(outcome.changes) == 4
    assert await export() == written
    assert TOKEN not in written
    assert "blue-moon-42" not in written
    assert "X-Team" in written


async def test_kept_secret_does_not_follow_to_another_host(apply: Apply, export: Export) -> None:
    await apply(CRM.partition("templates:")[0], **SECRETS)
    written = await export()
    with pytest.raises(ConfigurationError, match="does not follow"):
        await apply(written.replace("127.0.0.1:9/", "127.0.0.1:10/"))
    assert await export() == written
    moved = await apply(CRM.partition("templates:")[0].replace("127.0.0.1:9/", "127.0.0.1:10/"), **SECRETS)
    assert actions(moved)["profile crm"] == "update"


async def test_what_stays_is_not_judged_by_the_settings_of_this_shell(
    house: SmallHouse, definition: Definition, export: Export
) -> None:
    """The server allows http:// and the receiver's private network, the shell of the command does not."""
    document = configuration.read_documents({"test.yaml": await export()})
    settings = house.resources.settings.model_copy(update={"allow_insecure_http": False, "allowed_networks": ()})
    strict = replace(house.resources, settings=settings)

    async with house.database.session() as session:
        scope = configuration.make_scope(session, ACTOR, definition.chain_id, strict, house.engine)
        outcome = await configuration.apply_configuration(scope, document)
        assert outcome.empty

        (profile,) = (item for item in document.items if item.kind is Kind.PROFILES)
        moved = replace(profile, values={**profile.values, "settings": {"base_url": "http://127.0.0.1:9/other"}})
        with pytest.raises(ConfigurationError, match="https"):
            await configuration.apply_configuration(scope, replace(document, items=[moved]))


def test_a_number_in_place_of_a_truth_is_a_difference() -> None:
    (item,) = configuration.read_documents({"test.yaml": "templates: {t: {label: T, request: {body: {a: 1}}}}"}).items

    assert is_described(item, read_spec(item), "t", {"label": "T", "request": {"body": {"a": 1}}})
    assert not is_described(item, read_spec(item), "t", {"label": "T", "request": {"body": {"a": True}}})
    assert not is_described(item, read_spec(item), "T", {"label": "T", "request": {"body": {"a": 1}}})


async def test_new_things_are_made_in_the_order_of_need(apply: Apply, export: Export) -> None:
    outcome = await apply(CRM, **SECRETS)
    assert "first-" not in await export()
    assert actions(outcome) == {
        "profile crm": "create",
        "query guests": "create",
        "template guests": "create",
        "export guests_out": "create",
    }
    assert (await apply(CRM, **SECRETS)).empty
    assert (await apply(await export())).empty


async def test_one_difference_is_one_change(apply: Apply) -> None:
    await apply(CRM, **SECRETS)
    outcome = await apply(CRM.replace("concurrency: 4", "concurrency: 8"), **SECRETS)
    (changed,) = [change for change in outcome.changes if change.action is Action.UPDATE]
    assert [(each.path, each.before, each.after) for each in changed.fields] == [("settings.concurrency", 4, 8)]
    assert outcome.count(Action.KEEP) == 3


@pytest.mark.parametrize(
    ("name", "path"),
    [("CRM_TOKEN", "secrets.token"), ("CRM_KEY", "settings.static_headers"), ("SIGN", "request.headers")],
)
async def test_changed_secret_is_told_of_and_not_shown(apply: Apply, name: str, path: str) -> None:
    await apply(CRM, **SECRETS)
    outcome = await apply(CRM, **(SECRETS | {name: "second"}))
    (changed,) = [change for change in outcome.changes if change.action is Action.UPDATE]
    assert [each.path for each in changed.fields] == [path]
    assert "second" not in str(changed)
    assert (await apply(CRM, **(SECRETS | {name: "second"}))).empty
    assert not (await apply(CRM, **SECRETS)).empty


async def test_secret_that_is_not_named_is_kept(house: SmallHouse, apply: Apply, definition: Definition) -> None:
    await apply(CRM, **SECRETS)
    kept = CRM.replace("{env: CRM_TOKEN}", "kept").replace("{env: CRM_KEY}", "kept").replace("{env: SIGN}", "kept")
    assert (await apply(kept)).empty
    await apply(kept.replace("label: CRM", "label: The CRM"))
    async with house.database.session() as session:
        same = await connectors.differing_secrets(
            session,
            ACTOR,
            definition.chain_id,
            (await connectors.get_profile(session, ACTOR, definition.chain_id, "crm")).id,
            {"token": "first-token", "static_headers:x-key": "first-key"},
            keys=house.resources.keys,
        )
    assert same == frozenset()


async def test_new_profile_without_its_secret_is_incomplete(house: SmallHouse, apply: Apply) -> None:
    await apply("profiles: {bare: {label: Bare, type: http_api, variant: bearer, settings: {}}}")
    async with house.database.session() as session:
        found = await connectors.list_profiles(session, ACTOR, connectors.ProfileFilter(search="bare"))
    assert not found.items[0].ready


async def test_body_is_stored_and_written_down_as_it_is_written(
    house: SmallHouse, definition: Definition, apply: Apply, export: Export
) -> None:
    body = """{country: NO, time: 12:30:00, n: 1_000, digits: 0.12345678901234567890, tiny: 0.00000001, large: 1e+20,
        padded: 1.50, one: 1, texts: ["1e5", "0o17", "01234", "1.5", "true", "~", "0x1F", ".inf"]}"""
    changed = CRM.replace('{points: "{{ balance }}", tags: [a, "b {{ number }}"]}', body)
    await apply(changed, **SECRETS)
    async with house.database.session() as session:
        template = await outbound.get_template(session, ACTOR, definition.chain_id, "guests")
    assert template.shape.body is not None
    assert "".join(template.shape.body.split()) == (
        '{"country":"NO","time":"12:30:00","n":"1_000","digits":0.12345678901234567890,"tiny":0.00000001,'
        '"large":1e+20,"padded":1.50,"one":1,"texts":["1e5","0o17","01234","1.5","true","~","0x1F",".inf"]}'
    )
    written = await export()
    assert "0.12345678901234567890" in written
    assert (await apply(written)).empty
    for value, other in (("one: 1", "one: true"), ("padded: 1.50", "padded: 1.5"), ("...890", "...891")):
        outcome = await apply(changed.replace(value.removeprefix("..."), other.removeprefix("...")), **SECRETS)
        assert actions(outcome)["template guests"] == "update", value
        await apply(changed, **SECRETS)


async def test_failure_in_the_middle_leaves_nothing(house: SmallHouse, apply: Apply) -> None:
    with pytest.raises(ConfigurationError, match=r"line 22: template guests: .*nothing") as raised:
        await apply(CRM.replace("{{ balance }}", "{{ nothing }}"), **SECRETS)
    assert raised.value.details["file"] == "test.yaml"
    async with house.database.session() as session:
        count = await session.execute(text("SELECT count(*) FROM connection_profiles WHERE internal_name = 'crm'"))
        assert count.scalar_one() == 0


@pytest.mark.parametrize(
    "line", ["    text: SELECT membership_number AS number, balance FROM members", "    owner: ada@example.com"]
)
async def test_description_that_cannot_be_stored_is_refused(apply: Apply, line: str) -> None:
    described = CRM.replace(line, f'{line}\n    description: "a\\0b"')
    with pytest.raises(ConfigurationError, match="description may have at most"):
        await apply(described, **SECRETS)


@pytest.mark.parametrize(
    ("line", "message"),
    [("query: guests", "no query"), ("profile: crm", "no connection profile"), ("template: guests", "no template")],
)
async def test_reference_that_cannot_be_a_name_is_missing(apply: Apply, line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"There is {message} a\0b"):
        await apply(CRM.replace(line, line.split(maxsplit=1)[0] + ' "a\\0b"'), **SECRETS)


async def test_prune_deletes_what_is_left_out(apply: Apply, export: Export) -> None:
    await apply(CRM, **SECRETS)
    written = yaml.safe_load(await export())
    fewer = {**written, "exports": {"guests_out": written["exports"]["guests_out"]}}
    fewer["templates"] = {"guests": written["templates"]["guests"]}
    assert (await apply(yaml.safe_dump(fewer))).empty
    outcome = await apply(yaml.safe_dump(fewer), prune=True)
    gone = [(change.kind.singular, change.name) for change in outcome.changes if change.action is Action.DELETE]
    assert gone == [("export", "members_out"), ("template", "members")]
    assert (await apply(yaml.safe_dump(fewer), prune=True)).empty


async def test_another_chain_gets_the_same(house: SmallHouse, apply: Apply, export: Export) -> None:
    await apply(CRM, **SECRETS)
    written = (
        (await export())
        .replace("token: kept", "token: {env: CRM_TOKEN}")
        .replace("value: kept", "value: {env: CRM_KEY}")
    )
    other = await create_members(house.database, 1, chain="Hill Hotels")
    document = configuration.read_documents({"all.yaml": written})
    async with house.database.session() as session:
        scope = configuration.make_scope(session, ACTOR, other, house.resources, house.engine)
        scope = configuration.Scope(
            session,
            ACTOR,
            other,
            scope.keys,
            scope.policy,
            scope.engine,
            configuration.scope.secret_reader(SECRETS),
            scope.now,
            scope.resources,
        )
        outcome = await configuration.apply_configuration(scope, document)
        assert {change.action for change in outcome.changes} == {Action.CREATE}
        again = await configuration.export_configuration(scope, "Harbour Hotels")
    assert again == await export()


async def test_outsider_applies_nothing(house: SmallHouse, definition: Definition) -> None:
    other = await create_members(house.database, 1, chain="Hill Hotels")
    from tessera.platform.actors import Actor, ActorKind

    charlie = Actor(ActorKind.USER, None, "Charlie", frozenset({other}))
    reader = Actor(ActorKind.USER, None, "Rita", None, frozenset({"queries:read", "connection-profiles:read"}))
    document = configuration.read_documents(
        {"crm.yaml": CRM.replace("{env: CRM_KEY}", "kept").replace("{env: SIGN}", "kept")}
    )
    for actor, error in ((charlie, ConfigurationError), (reader, (ConfigurationError, DeniedError))):
        async with house.database.session() as session:
            scope = configuration.make_scope(session, actor, definition.chain_id, house.resources, house.engine)
            with pytest.raises(error):
                await configuration.apply_configuration(scope, document)
