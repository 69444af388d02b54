"""The check of what must agree finds what a broken trigger or index would have let through."""

import psycopg
import pytest

from tessera.platform.db import Database

from .conftest import NOON, House, build_house
from .ledgers import Ledger, build_ledger

# As the superuser, with triggers and foreign keys asleep: what only a defect or a hand in the database could do.
ASLEEP = "SET session_replication_role = replica; SET search_path = tessera; "


@pytest.fixture
async def ledger(database: Database, house: House) -> Ledger:
    """Return the points of the test's chain."""
    return await build_ledger(database, house)


CASES = [
    ("balances", "UPDATE memberships SET balance = 11 WHERE id = {first}"),
    ("balances", "UPDATE memberships SET balance = 0 WHERE id = {second}"),
    (
        "balances",
        (
            "INSERT INTO points_movements"
            " (chain_id, membership_id, sequence, kind, points, balance, source, created_at)"
            " SELECT chain_id, id, 1000, 'earn', 1, 1, 'x', now() FROM memberships WHERE id = {second}"
        ),
    ),
    ("running_balances", "UPDATE points_movements SET balance = 4 WHERE points = 3"),
    ("lots", "UPDATE points_lots SET remaining = 11"),
    ("tiers", "UPDATE memberships SET tier_id = gen_random_uuid() WHERE id = {first}"),
    ("tiers", "UPDATE memberships SET tier_id = {tier}; UPDATE tiers SET deleted_at = now()"),
    (
        "primaries",
        (
            "DROP INDEX uq_memberships_account_id_primary, uq_memberships_account_id_program_id;"
            " UPDATE memberships SET is_primary = true,"
            " account_id = (SELECT account_id FROM memberships WHERE id = {first})"
        ),
    ),
]


@pytest.mark.parametrize(("check", "damage"), CASES)
async def test_damage_is_found(admin_address: str, ledger: Ledger, check: str, damage: str) -> None:
    await ledger.earn(0, 3)
    await ledger.earn(0, 7, expires_at=NOON.replace(year=2100))
    assert await ledger.faults() == []
    places = {"first": ledger.ids[0], "second": ledger.ids[1], "tier": ledger.house.tier_id}
    with psycopg.connect(admin_address) as connection:
        connection.execute((ASLEEP + damage.format(**{name: f"'{place}'" for name, place in places.items()})).encode())
    (fault,) = await ledger.faults()

    assert (fault.check, fault.chain_id, fault.count) == (check, ledger.house.chain_id, len(fault.ids))
    assert fault.message.startswith(f"{fault.count} ")


async def test_only_the_first_are_named_and_only_of_ones_own(
    admin_address: str, database: Database, stranger: House
) -> None:
    ledger = await build_ledger(database, await build_house(database, "Harbour", 25))
    with psycopg.connect(admin_address) as connection:
        connection.execute((ASLEEP + "UPDATE memberships SET balance = 1").encode())
    (fault,) = await ledger.faults()
    assert (fault.check, fault.count, fault.ids) == ("balances", 25, sorted(ledger.ids)[:20])

    ledger.actor = stranger.actor
    assert await ledger.faults() == []
