"""Uniqueness of memberships is a switch of the deployment."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tessera.loyalty import NewMembership, create_memberships, settle_uniqueness
from tessera.loyalty.errors import MembershipDoublesError, MembershipExistsError
from tessera.platform.db import Database
from tessera.platform.db.migrations import act_as_owner
from tessera.platform.settings import SettingsError, load_settings
from tessera.wiring import prepare_schema

from .conftest import NOON, House

ALL = ("account", "number", "provider-id")
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'memberships' AND indexname LIKE '%program_id'
 ORDER BY indexname
"""


def settle(address: str, wanted: Collection[str]) -> list[str]:
    with act_as_owner(address) as owner:
        return settle_uniqueness(owner, wanted)


def indexes(address: str) -> dict[str, str]:
    with psycopg.connect(address) as connection:
        return dict(connection.execute(INDEXES).fetchall())


def membership(house: House, **members: Any) -> NewMembership:
    return NewMembership(**{"account_id": house.account_ids[0], "program_id": house.program_id, **members})


async def add(database: Database, house: House, item: NewMembership) -> None:
    async with database.session() as session:
        await create_memberships(session, house.actor, house.chain_id, [item], now=NOON)


async def test_rules_are_switched_off_and_on_again(admin_address: str) -> None:
    before = indexes(admin_address)
    assert len(before) == 3
    assert settle(admin_address, ALL) == []

    assert len(settle(admin_address, ())) == 3
    plain = indexes(admin_address)
    assert set(plain) == {name.replace("uq_", "ix_") for name in before}
    assert not any("UNIQUE" in text for text in plain.values())
    assert settle(admin_address, ()) == []

    assert len(settle(admin_address, ALL)) == 3
    assert indexes(admin_address) == before


async def test_each_rule_has_its_own_switch(admin_address: str, database: Database, house: House) -> None:
    (said,) = settle(admin_address, ("number", "provider-id"))
    assert said == "memberships may share an account"

    await add(database, house, membership(house, membership_number="1"))
    await add(database, house, membership(house, membership_number="2"))


async def test_rule_stays_off_while_memberships_break_it(admin_address: str, database: Database, house: House) -> None:
    settle(admin_address, ("provider-id",))
    for number in ("1", "1", "2"):
        await add(database, house, membership(house, membership_number=number))
    await add(database, house, membership(house, account_id=house.account_ids[1], membership_number="2"))

    with pytest.raises(MembershipDoublesError, match=r"share an account \(cases: 1\).* leave account out"):
        settle(admin_address, ALL)
    with pytest.raises(MembershipDoublesError, match=r"share a membership number \(cases: 2\)"):
        settle(admin_address, ("number", "provider-id"))
    assert sorted(name for name in indexes(admin_address) if name.startswith("uq_")) == [
        "uq_memberships_provider_membership_id_program_id"
    ]

    async with await database.connect() as connection:
        await connection.execute("UPDATE memberships SET deleted_at = now()")
    settle(admin_address, ALL)
    await add(database, house, membership(house))
    with pytest.raises(MembershipExistsError):
        await add(database, house, membership(house))


async def test_counting_leaves_row_security_in_force(admin_address: str) -> None:
    settle(admin_address, ())
    settle(admin_address, ALL)
    with psycopg.connect(admin_address) as connection:
        row = connection.execute(
            "SELECT relforcerowsecurity FROM pg_class WHERE oid = 'tessera.memberships'::regclass"
        ).fetchone()
    assert row == (True,)


@pytest.mark.usefixtures("keys")
async def test_setting_is_carried_out_when_the_schema_is_prepared(admin_address: str, keys_file: Path) -> None:
    settings = load_settings({}, unique_memberships=" number, provider-id ", secret_keys_file=keys_file)

    assert prepare_schema(settings, admin_address) == ("memberships may share an account",)
    assert prepare_schema(settings, admin_address) == ()


@pytest.mark.parametrize(("text", "read"), [("", ()), ("account", ("account",)), ("number,provider-id", ALL[1:])])
def test_setting_is_a_list(text: str, read: tuple[str, ...]) -> None:
    assert load_settings({}, unique_memberships=text).unique_memberships == read


def test_unknown_word_is_refused() -> None:
    with pytest.raises(SettingsError, match="TESSERA_UNIQUE_MEMBERSHIPS"):
        load_settings({}, unique_memberships="account,email")
