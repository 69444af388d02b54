"""Programs and tiers: numbers, codes, events."""

import pytest

from tessera.loyalty import (
    NewProgram,
    NewTier,
    ProgramFilter,
    TierFilter,
    create_programs,
    create_tiers,
    list_programs,
    list_tiers,
)
from tessera.loyalty.errors import (
    ChainMissingError,
    ProgramCodeTakenError,
    ProgramNumberTakenError,
    TierCodeTakenError,
    UnknownChainError,
    UnknownProgramError,
)
from tessera.platform.db import Database
from tessera.platform.ids import new_id

from .conftest import NOON, SYSTEM, House


async def test_numbers_rise_and_may_be_chosen(database: Database, house: House) -> None:
    items = [NewProgram(name="a", code="a"), NewProgram(name="b", code="b", number=40), NewProgram(name="c", code="c")]
    async with database.session() as session:
        made = await create_programs(session, house.actor, house.chain_id, items, now=NOON)

    assert [program.number for program in made] == [2, 40, 41]


async def test_number_stays_taken_after_deletion(database: Database, house: House) -> None:
    async with await database.connect() as connection:
        await connection.execute("UPDATE programs SET deleted_at = now()")
    async with database.session() as session:
        (made,) = await create_programs(
            session, house.actor, house.chain_id, [NewProgram(name="a", code="ONE")], now=NOON
        )
    assert made.number == 2

    items = [NewProgram(name="b", code="b", number=1)]
    with pytest.raises(ProgramNumberTakenError):
        async with database.session() as session:
            await create_programs(session, house.actor, house.chain_id, items, now=NOON)


async def test_codes_are_taken(database: Database, house: House) -> None:
    with pytest.raises(ProgramCodeTakenError, match="ONE"):
        async with database.session() as session:
            await create_programs(session, house.actor, house.chain_id, [NewProgram(name="a", code="ONE")], now=NOON)
    tier = NewTier(program_id=house.program_id, name="a", code="GOLD", ordering=1)
    with pytest.raises(TierCodeTakenError, match="GOLD"):
        async with database.session() as session:
            await create_tiers(session, house.actor, house.chain_id, [tier], now=NOON)


async def test_stranger_adds_and_sees_nothing(database: Database, house: House, stranger: House) -> None:
    tier = NewTier(program_id=house.program_id, name="a", code="a", ordering=1)
    async with database.session() as session:
        with pytest.raises(UnknownProgramError):
            await create_tiers(session, stranger.actor, stranger.chain_id, [tier], now=NOON)
        with pytest.raises(UnknownChainError):
            await create_programs(session, stranger.actor, house.chain_id, [], now=NOON)
        narrowing = TierFilter(program_ids=[house.program_id, stranger.program_id])
        assert [one.id for one in await list_tiers(session, stranger.actor, narrowing)] == [stranger.tier_id]
        assert [one.id for one in await list_programs(session, stranger.actor, ProgramFilter())] == [
            stranger.program_id
        ]


async def test_chain_that_is_not_there_is_unknown(database: Database) -> None:
    with pytest.raises(UnknownChainError):
        async with database.session() as session:
            await create_programs(session, SYSTEM, new_id(), [NewProgram(name="a", code="a")], now=NOON)


async def test_who_sees_all_chains_names_the_ones_meant(database: Database, house: House, stranger: House) -> None:
    async with database.session() as session:
        with pytest.raises(ChainMissingError):
            await list_programs(session, SYSTEM, ProgramFilter())
        narrowing = ProgramFilter(chain_ids=[house.chain_id, stranger.chain_id])
        found = await list_programs(session, SYSTEM, narrowing)

    assert {program.id for program in found} == {house.program_id, stranger.program_id}


async def test_additions_are_told_once_each(database: Database, house: House) -> None:
    async with await database.connect() as connection:
        rows = await (await connection.execute("SELECT name, subject_id FROM events ORDER BY sequence")).fetchall()
        kinds = await (
            await connection.execute("SELECT object_kind FROM audit_entries WHERE action = 'created' ORDER BY 1")
        ).fetchall()

    assert rows[:2] == [("loyalty.program.added", house.program_id), ("loyalty.tier.added", house.tier_id)]
    assert [kind for (kind,) in kinds] == ["chain", "customer", "enterprise", "program", "tier"]
