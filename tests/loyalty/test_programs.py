"""Programs and tiers: numbers, codes, changes, deletion, events."""

from datetime import timedelta

import pytest

from tessera.access.chains.errors import ChainMissingError, ChainNotFoundError
from tessera.loyalty import (
    NewMembership,
    NewProgram,
    NewTier,
    ProgramChange,
    ProgramFilter,
    TierChange,
    TierFilter,
    create_memberships,
    create_programs,
    create_tiers,
    delete_programs,
    delete_tiers,
    list_programs,
    list_tiers,
    update_programs,
    update_tiers,
)
from tessera.loyalty.errors import (
    ProgramCodeTakenError,
    ProgramInUseError,
    ProgramNotFoundError,
    ProgramNumberTakenError,
    TierCodeTakenError,
    TierNotFoundError,
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
        with pytest.raises(ProgramNotFoundError):
            await create_tiers(session, stranger.actor, stranger.chain_id, [tier], now=NOON)
        with pytest.raises(ChainNotFoundError):
            await create_programs(session, stranger.actor, house.chain_id, [], now=NOON)
        narrowing = TierFilter(program_ids=[house.program_id, stranger.program_id])
        assert [one.id for one in await list_tiers(session, stranger.actor, narrowing)] == [stranger.tier_id]
        assert [one.id for one in await list_programs(session, stranger.actor, ProgramFilter())] == [
            stranger.program_id
        ]


async def test_chain_that_is_not_there_is_unknown(database: Database) -> None:
    with pytest.raises(ChainNotFoundError):
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

    assert rows[:2] == [("program.created", house.program_id), ("tier.created", house.tier_id)]
    assert [kind for (kind,) in kinds] == ["chain", "customer", "enterprise", "program", "tier"]


async def test_overdraft_is_the_programs_choice(database: Database, house: House) -> None:
    later = NOON + timedelta(hours=1)
    async with database.session() as session:
        new = NewProgram(name="a", code="a", allows_overdraft=True)
        (made,) = await create_programs(session, house.actor, house.chain_id, [new], now=NOON)
        changes = [
            ProgramChange(id=made.id, allows_overdraft=False),
            ProgramChange(id=house.program_id, allows_overdraft=True),
        ]
        changed = await update_programs(session, house.actor, None, changes, now=later)
        listed = await list_programs(session, house.actor, ProgramFilter())

    assert made.allows_overdraft
    assert [(one.id, one.allows_overdraft) for one in changed] == [(made.id, False), (house.program_id, True)]
    assert listed == changed
    assert {one.updated_at for one in listed} == {later}


async def test_stranger_changes_and_deletes_nothing(database: Database, house: House, stranger: House) -> None:
    program, tier = ProgramChange(id=house.program_id, name="x"), TierChange(id=house.tier_id, name="x")
    async with database.session() as session:
        for chain_id in (None, stranger.chain_id):
            with pytest.raises(ProgramNotFoundError):
                await update_programs(session, stranger.actor, chain_id, [program], now=NOON)
            with pytest.raises(ProgramNotFoundError):
                await delete_programs(session, stranger.actor, chain_id, [house.program_id], now=NOON)
            with pytest.raises(TierNotFoundError):
                await update_tiers(session, stranger.actor, chain_id, [tier], now=NOON)
            with pytest.raises(TierNotFoundError):
                await delete_tiers(session, stranger.actor, chain_id, [house.tier_id], now=NOON)
        with pytest.raises(ChainNotFoundError):
            await delete_programs(session, stranger.actor, house.chain_id, [house.program_id], now=NOON)
        with pytest.raises(ChainMissingError):
            await delete_programs(session, SYSTEM, None, [house.program_id], now=NOON)


async def test_program_in_use_is_kept_whatever_the_state(database: Database, house: House) -> None:
    item = NewMembership(account_id=house.account_ids[0], program_id=house.program_id)
    async with database.session() as session:
        await create_memberships(session, house.actor, house.chain_id, [item], now=NOON)
    with pytest.raises(ProgramInUseError):
        async with database.session() as session:
            await delete_programs(session, house.actor, None, [house.program_id], now=NOON)
    async with database.session() as session:
        assert [one.id for one in await list_tiers(session, house.actor, TierFilter())] == [house.tier_id]


MANY = """
WITH people AS (
  INSERT INTO accounts (chain_id, id, kind, last_name, creator_id, updater_id, created_at, updated_at)
  SELECT %(chain)s, gen_random_uuid(), 'customer', 'x', gen_random_uuid(), gen_random_uuid(), now(), now()
    FROM generate_series(1, %(count)s) RETURNING id)
INSERT INTO memberships (chain_id, id, account_id, program_id, tier_id, state, is_primary, creator_kind, updater_kind,
                         created_at, updated_at)
SELECT %(chain)s, gen_random_uuid(), id, %(program)s, %(tier)s, 'New', false, 'Static', 'Static', now(), now()
  FROM people
"""


async def test_many_memberships_lose_their_tier(database: Database, house: House) -> None:
    count = 5_000
    values = {"chain": house.chain_id, "program": house.program_id, "tier": house.tier_id, "count": count}
    async with await database.connect() as connection:
        await connection.execute(MANY.encode(), values)
    async with database.session() as session:
        await delete_tiers(session, house.actor, None, [house.tier_id], now=NOON)

    async with await database.connect() as connection:
        left = await connection.execute(
            "SELECT count(*) FROM memberships WHERE tier_id IS NULL AND updated_at = %s", [NOON]
        )
        assert await left.fetchone() == (count,)
        told = await connection.execute("SELECT count(*) FROM events WHERE name = 'membership.updated'")
        assert await told.fetchone() == (count,)
