"""Saved queries: made, changed, found by their own chain only, deleted when nobody needs them."""

from dataclasses import replace
from typing import Any

import pytest
from tests.builders.towns import Town

from tessera.platform.actors import Actor, ActorKind
from tessera.platform.assets import InUseError, Target, VersionConflictError, record_references
from tessera.platform.assets.errors import NameTakenError
from tessera.platform.db import driver
from tessera.platform.errors import DeniedError, InvalidError
from tessera.platform.ids import new_id
from tessera.queries import (
    Column,
    ColumnType,
    NewQuery,
    Parameter,
    ParameterType,
    QueryNotFoundError,
    copy_query,
    count_query,
    create_query,
    delete_query,
    get_query,
    list_queries,
    list_query_choices,
    preview_query,
    update_query,
)

GOLD = NewQuery(
    "Gold members",
    "SELECT membership_id, email, balance FROM members WHERE tier_code = :tier",
    parameters=(Parameter("tier", ParameterType.TEXT, "GOLD"),),
    key_columns=("membership_id",),
)


def person(town: Town, *permissions: str, chain: str = "north") -> Actor:
    """Return a user of one chain; without permissions given, with all."""
    return Actor(ActorKind.USER, new_id(), "Nora", frozenset({getattr(town, chain)}), frozenset(permissions) or None)


async def fetch(town: Town, sql: str, *values: object) -> Any:
    """Ask the database itself."""
    async with town.database.session() as session:
        return await (await (await driver(session)).execute(sql, values)).fetchall()


async def test_created_query_knows_its_columns(town: Town) -> None:
    actor = person(town)
    async with town.database.session() as session:
        query = await create_query(session, actor, town.engine(), chain_id=town.north, new=GOLD)
    assert query.columns[0] == Column("membership_id", ColumnType.UUID)
    assert query.internal_name.startswith("gold_members")
    assert (query.version, query.created_by, query.parameters) == (1, "Nora", GOLD.parameters)
    assert len((await preview_query(actor, town.engine(), town.north, query)).rows) == 30
    assert await count_query(actor, town.engine(), town.north, query) == 30
    events = await fetch(town, "SELECT name FROM events WHERE subject_id = %s", query.id)
    entries = await fetch(town, "SELECT action, actor_name FROM audit_entries WHERE object_id = %s", query.id)
    assert (events, entries) == ([("query.created",)], [("created", "Nora")])


async def test_same_label_gets_the_next_name(town: Town) -> None:
    new = replace(GOLD, label="Twins")
    async with town.database.session() as session:
        made = [await create_query(session, person(town), town.engine(), chain_id=town.north, new=new) for _ in "ab"]
        assert [query.internal_name for query in made] == ["twins", "twins_1"]
        found = await get_query(session, person(town), town.north, "TWINS_1")
        assert found == made[1]
        given = replace(new, internal_name="Twins")
        with pytest.raises(NameTakenError, match="is taken"):
            await create_query(session, person(town), town.engine(), chain_id=town.north, new=given)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"label": "  "}, "The label needs"),
        ({"internal_name": "a-b"}, "may hold only letters"),
        ({"key_columns": ("number",)}, "number is not in the result"),
        ({"key_columns": ("email", "email")}, "one comes twice"),
        ({"text": "SELECT emial FROM members"}, "Did you mean email"),
        ({"text": "DELETE FROM members"}, "a query begins with SELECT"),
    ],
)
async def test_unusable_query_is_not_stored(town: Town, change: dict[str, Any], said: str) -> None:
    async with town.database.session() as session:
        with pytest.raises(InvalidError, match=said):
            await create_query(session, person(town), town.engine(), chain_id=town.north, new=replace(GOLD, **change))


async def test_second_change_of_one_version_loses(town: Town) -> None:
    actor = person(town)
    async with town.database.session() as session:
        query = await create_query(session, actor, town.engine(), chain_id=town.north, new=replace(GOLD, label="Race"))
        more = replace(GOLD, label="Race", text="SELECT membership_id FROM members", parameters=())
        changed = await update_query(session, actor, town.engine(), query=query, new=more)
        assert (changed.version, changed.internal_name, len(changed.columns)) == (2, "race", 1)
        with pytest.raises(VersionConflictError):
            await update_query(session, actor, town.engine(), query=query, new=GOLD)
    entries = await fetch(town, "SELECT after FROM audit_entries WHERE object_id = %s AND action = 'updated'", query.id)
    assert set(entries[0][0]) == {"text", "parameters"}


async def test_outsider_finds_nothing(town: Town) -> None:
    charlie = person(town, chain="south")
    async with town.database.session() as session:
        query = await create_query(session, person(town), town.engine(), chain_id=town.north, new=GOLD)
        for name in (query.id, str(query.id), query.internal_name):
            for chain in (town.north, town.south):
                with pytest.raises(QueryNotFoundError):
                    await get_query(session, charlie, chain, name)
        assert (await list_queries(session, charlie, town.north)).total == 0
        with pytest.raises(QueryNotFoundError):
            await create_query(session, charlie, town.engine(), chain_id=town.north, new=GOLD)
        with pytest.raises(QueryNotFoundError):
            await update_query(session, charlie, town.engine(), query=query, new=GOLD)
        with pytest.raises(QueryNotFoundError):
            await delete_query(session, charlie, query=query)
    with pytest.raises(QueryNotFoundError):
        await preview_query(charlie, town.engine(), town.north, query)


async def test_lists_are_by_label(town: Town) -> None:
    actor = person(town, chain="south")
    async with town.database.session() as session:
        for label in ("zebra list", "Aardvark list"):
            new = replace(GOLD, label=label)
            await create_query(session, actor, town.engine(), chain_id=town.south, new=new)
        page = await list_queries(session, actor, town.south)
    assert [query.label for query in page.items] == ["Aardvark list", "zebra list"]
    assert page.total == 2


async def test_rows_about_people_need_leave_to_see_members(town: Town) -> None:
    reader = person(town, "queries:write")
    with pytest.raises(DeniedError, match="members:read"):
        await count_query(reader, town.engine(), town.north, GOLD)
    async with town.database.session() as session:
        with pytest.raises(DeniedError, match="members:read"):
            await create_query(session, reader, town.engine(), chain_id=town.north, new=GOLD)
    tiers = NewQuery("Tiers", "SELECT code FROM tiers")
    assert await count_query(reader, town.engine(), town.north, tiers) == 1


async def test_levels_are_asked_for(town: Town) -> None:
    reader, writer = person(town, "queries:read", "members:read"), person(town, "queries:write", "members:read")
    async with town.database.session() as session:
        with pytest.raises(DeniedError):
            await create_query(session, reader, town.engine(), chain_id=town.north, new=GOLD)
        query = await create_query(session, writer, town.engine(), chain_id=town.north, new=GOLD)
        with pytest.raises(DeniedError):
            await update_query(session, reader, town.engine(), query=query, new=GOLD)
        with pytest.raises(DeniedError):
            await delete_query(session, writer, query=query)


async def test_deleted_query_is_gone(town: Town) -> None:
    async with town.database.session() as session:
        query = await create_query(session, person(town), town.engine(), chain_id=town.north, new=GOLD)
        await delete_query(session, person(town), query=query)
        with pytest.raises(QueryNotFoundError):
            await get_query(session, person(town), town.north, query.id)


async def test_query_in_use_stays(town: Town) -> None:
    async with town.database.session() as session:
        query = await create_query(session, person(town), town.engine(), chain_id=town.north, new=GOLD)
        for label in ("Mails", "CRM"):
            row = {"id": new_id(), "chain_id": town.north, "label": label}
            await record_references(session, "http_template", row, [Target("query", query.id)])
    async with town.database.session() as session:
        with pytest.raises(InUseError, match="is used by CRM, Mails") as refused:
            await delete_query(session, person(town), query=query)
        assert await get_query(session, person(town), town.north, query.id) == query
    assert (refused.value.code, refused.value.details["users"]) == ("in_use", ["CRM", "Mails"])


async def test_copy_has_the_next_free_names(town: Town) -> None:
    async with town.database.session() as session:
        new = replace(GOLD, label="Copied", description="who is gold")
        query = await create_query(session, person(town), town.engine(), chain_id=town.north, new=new)
        first = await copy_query(session, person(town), query=query)
        second = await copy_query(session, person(town), query=query)
        again = await copy_query(session, person(town), query=first)
    assert [each.label for each in (first, second, again)] == ["Copied (1)", "Copied (2)", "Copied (1) (1)"]
    assert [each.internal_name for each in (first, second)] == ["copied_1", "copied_2"]
    assert (first.text, first.parameters, first.columns) == (query.text, query.parameters, query.columns)
    assert first.description == "who is gold"


async def test_copy_of_personal_data_needs_the_permission(town: Town) -> None:
    async with town.database.session() as session:
        query = await create_query(session, person(town), town.engine(), chain_id=town.north, new=GOLD)
        with pytest.raises(DeniedError, match="members:read"):
            await copy_query(session, person(town, "queries:write"), query=query)


async def test_list_is_searched_and_sorted(town: Town) -> None:
    async with town.database.session() as session:
        for label in ("Zebra list", "Ape list"):
            new = replace(GOLD, label=label)
            await create_query(session, person(town), town.engine(), chain_id=town.north, new=new)

        def found(**asked: Any) -> Any:
            return list_queries(session, person(town), town.north, search="A LIST", **asked)

        assert [query.label for query in (await found()).items] == ["Zebra list"]
        both = await list_queries(session, person(town), None, search=" list", sort="-label")
        assert [query.label for query in both.items] == ["Zebra list", "Ape list"]
        assert (await list_queries(session, person(town), None, search=" list", sort="; drop")).total == 2
        stranger = person(town, chain="south")
        assert (await list_queries(session, stranger, town.north, search=" list")).items == []
        assert await list_query_choices(session, stranger, town.north) == []
        labels = [label for _, label in await list_query_choices(session, person(town), town.north)]
        assert labels == sorted(labels, key=str.lower)
        assert {"Ape list", "Zebra list"} <= set(labels)
