"""Every registered connector type keeps the promises that the core relies on."""

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.builders.places import OWNER, POLICY
from tests.conformance.examples import CANARY, EXAMPLES, WITHOUT_PROBE
from tests.conformance.profiles import Maker

from tessera import connectors
from tessera.connectors import Profile
from tessera.connectors.contract import TooManyProfilesError
from tessera.connectors.contract.registry import connector_types, get_connector
from tessera.connectors.contract.types import ConnectorType, Property, PropertyKind
from tessera.connectors.errors import NotCopyableError, UrlNotAllowedError
from tessera.connectors.profile_checks import check_input
from tessera.platform.assets.errors import SettingsInvalidError

TYPES = list(connector_types().values())
KINDS = [(each.key, variant.key) for each in TYPES for variant in each.variants]
LIMITED = [each for each in TYPES if each.capabilities.most_per_chain is not None]
DRAFTED = [kind for kind in KINDS if get_connector(kind[0]).capabilities.most_per_chain is None]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "connectors.md"
CREATORS = 20


def properties_of(kind: tuple[str, str]) -> list[Property]:
    """Return the properties that such a profile shows."""
    return get_connector(kind[0]).shown_properties(kind[1], EXAMPLES[kind])


def is_typed(each: Property) -> bool:
    """Say whether the property is one that somebody types a text into."""
    return each.kind in (PropertyKind.TEXT, PropertyKind.URL) and each.follows is None


def test_every_variant_has_an_example() -> None:
    assert set(EXAMPLES) == set(KINDS)


@pytest.mark.parametrize("connector", TYPES, ids=lambda each: each.key)
def test_type_is_declared_whole(connector: ConnectorType) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", connector.key)
    assert all((connector.tile, connector.label, connector.icon, connector.group))
    assert connector.about.endswith(".")
    assert len({variant.key for variant in connector.variants}) == len(connector.variants) > 0
    assert len({each.key for each in connector.properties}) == len(connector.properties) > 0
    assert (connector.probe is None) is (connector.key in WITHOUT_PROBE)
    assert all(label for label in connector.probe_options.values())


@pytest.mark.parametrize("connector", TYPES, ids=lambda each: each.key)
def test_properties_are_declared_whole(connector: ConnectorType) -> None:
    for each in connector.properties:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", each.key)
        assert each.label
        assert each.help.endswith((".", "?")), each.key
        assert bool(each.choices) is (each.kind is PropertyKind.ENUM), each.key
        assert set(each.choice_labels) <= set(each.choices), each.key
        assert bool(each.refers_to) is (each.kind is PropertyKind.REFERENCE), each.key
        assert each.default is None or not each.secret, each.key
        shown = each.shown_when
        deciding = {variant.key for variant in connector.variants} | {other.key for other in connector.properties}
        assert shown is None or shown.key in {"variant"} | deciding, each.key


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_defaults_pass_their_own_checks(kind: tuple[str, str]) -> None:
    connector = get_connector(kind[0])
    defaults = {each.key: each.default for each in properties_of(kind) if each.default not in (None, "")}
    checked = check_input(connector, kind[1], {**defaults, **EXAMPLES[kind]}, stored={}, sealed={}, policy=POLICY)
    assert checked.missing == []
    for each in properties_of(kind):
        if each.default not in (None, "") and each.key not in EXAMPLES[kind]:
            assert checked.settings[each.key] == (
                list(each.default) if isinstance(each.default, tuple) else each.default
            )


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
async def test_example_makes_a_profile_that_tells_no_secret(maker: Maker, kind: tuple[str, str]) -> None:
    made = await maker.create(*kind)
    secrets = {each.key for each in properties_of(kind) if each.secret} & set(EXAMPLES[kind])
    assert made.ready
    assert set(made.secrets) == secrets
    assert not secrets & set(made.settings)
    async with maker.database.session() as session:
        tables = ("connection_profiles", "audit_entries", "events")
        rows = [await session.execute(text(f"SELECT x::text FROM {table} x")) for table in tables]
        stored = "".join(each for row in rows for each in row.scalars())
    assert CANARY not in f"{made!r}{stored}"
    assert made.label in stored


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
async def test_unknown_property_is_refused(kind: tuple[str, str]) -> None:
    with pytest.raises(SettingsInvalidError) as raised:
        check_input(get_connector(kind[0]), kind[1], {**EXAMPLES[kind], "fly": 1}, stored={}, sealed={}, policy=POLICY)
    assert list(raised.value.details["faults"]) == ["fly"]  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_bad_values_are_faults_and_never_errors(kind: tuple[str, str]) -> None:
    connector = get_connector(kind[0])
    bad: tuple[Any, ...] = ("\x00", "a\r\nb", "\ud800", "x" * 1_000_000, "[" * 100_000, 10**30, 1.5, [1], {"a": [{}]})
    for each in properties_of(kind):
        for value in bad:
            with suppress(SettingsInvalidError, UrlNotAllowedError):
                check_input(
                    connector, kind[1], {**EXAMPLES[kind], each.key: value}, stored={}, sealed={}, policy=POLICY
                )


@pytest.mark.parametrize("kind", DRAFTED, ids="-".join)
async def test_draft_keeps_what_was_typed(maker: Maker, kind: tuple[str, str]) -> None:
    draft = await maker.create(*kind, {}, draft=True)
    required = [each for each in properties_of(kind) if each.required and each.key in EXAMPLES[kind]]
    assert draft.ready is not bool(required)
    typed = next((each for each in required if is_typed(each)), None)
    if typed is not None:
        kept = await maker.create(*kind, {typed.key: EXAMPLES[kind][typed.key]}, draft=True)
        assert kept.settings[typed.key] == EXAMPLES[kind][typed.key]


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
async def test_copy_works_exactly_where_capabilities_say_so(maker: Maker, kind: tuple[str, str]) -> None:
    made = await maker.create(*kind)
    copyable = get_connector(kind[0]).capabilities.copyable
    async with maker.database.session() as session:
        try:
            copy = await connectors.copy_profile(session, OWNER, maker.chain_id, made.id, keys=maker.keys)
        except NotCopyableError:
            assert not copyable
            return
    assert copyable
    assert (copy.variant, copy.settings, set(copy.secrets)) == (made.variant, made.settings, set(made.secrets))
    assert (copy.label, copy.internal_name) == (f"{made.label} (1)", f"{made.internal_name}_1")


@pytest.mark.parametrize("connector", LIMITED, ids=lambda each: each.key)
async def test_limit_holds_among_many_creators(maker: Maker, connector: ConnectorType) -> None:
    await fill_up(maker, connector)


async def test_limit_of_any_type_would_hold(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    connector = get_connector("http_api")
    limited = replace(connector, capabilities=replace(connector.capabilities, most_per_chain=2))
    monkeypatch.setattr("tessera.connectors.profiles.get_connector", lambda _: limited)
    made = await fill_up(maker, limited)
    async with maker.database.session() as session:
        with pytest.raises(TooManyProfilesError):
            await connectors.copy_profile(session, OWNER, maker.chain_id, made[0].id, keys=maker.keys)


async def fill_up(maker: Maker, connector: ConnectorType) -> list[Profile]:
    """Let many create at once, and see that the limit, and nothing else, stops the others."""
    # Names of their own: two creators of the same name would refuse each other without any limit.
    made = await asyncio.gather(
        *(
            maker.create(connector.key, connector.variants[0].key, internal_name=f"example_{number}")
            for number in range(CREATORS)
        ),
        return_exceptions=True,
    )
    refused = [type(each) for each in made if isinstance(each, BaseException)]
    most = connector.capabilities.most_per_chain
    assert most is not None
    assert refused == [connector.capabilities.full] * (CREATORS - most)
    async with maker.database.session() as session:
        statement = text("SELECT count(*) FROM connection_profiles WHERE type = :kind")
        assert await session.scalar(statement, {"kind": connector.key}) == most
    return [each for each in made if isinstance(each, Profile)]


@pytest.mark.parametrize("connector", TYPES, ids=lambda each: each.key)
def test_reference_names_the_type_and_its_properties(connector: ConnectorType) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f"\nKey `{connector.key}`" in page
    section = re.split(r"^###? ", page.split(f"\n### Properties of {connector.label}\n", 1)[1], flags=re.MULTILINE)[0]
    for each in connector.properties:
        assert f"| `{each.key}` | {each.label} |" in section
