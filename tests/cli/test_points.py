"""`tessera points` and `tessera check`, on a deployment with two members."""

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from typer.testing import Result

from tessera.access.chains import create_chains
from tessera.loyalty import NewCustomer, NewMembership, NewProgram, create_accounts, create_memberships, create_programs
from tessera.platform.actors import system_actor
from tessera.platform.clock import now
from tessera.platform.db import Database
from tessera.platform.errors import TesseraError

Tessera = Callable[..., Result]


@pytest.fixture
async def members(database: Database) -> list[str]:
    """Return the ids of two memberships."""
    actor, moment = system_actor("tests"), now()
    async with database.session() as session:
        (chain,) = await create_chains(session, actor, ["Harbour"], now=moment)
        (program,) = await create_programs(session, actor, chain.id, [NewProgram(name="One", code="ONE")], now=moment)
        people = [NewCustomer(last_name=name) for name in ("Ada", "Bob")]
        accounts = await create_accounts(session, actor, chain.id, people, now=moment)
        items = [NewMembership(account_id=account, program_id=program.id) for account in accounts]
        made = await create_memberships(session, actor, chain.id, items, now=moment)
    return [str(item.id) for item in made]


def read(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def complaint(result: Result) -> str:
    assert isinstance(result.exception, TesseraError), result.output
    return result.exception.message


def test_points_go_through_every_command(tessera: Tessera, members: list[str]) -> None:
    ada, bob = members
    assert "No movement yet" in tessera("points", "list", ada).stdout
    until = ["--expires", "2090-01-31T18:00+01:00", "--active", "2026-01-01"]
    (earned,) = read(tessera("points", "earn", ada, 100, "--reason", "a stay", "--key", "k", *until, "--json"))
    assert (earned["points"], earned["balance"], earned["expires_at"]) == (100, 100, "2090-01-31T17:00:00Z")
    assert read(tessera("points", "earn", ada, 100, "--reason", "a stay", "--key", "k", *until, "--json")) == [earned]
    (burned,) = read(tessera("points", "burn", ada, 30, "--json"))
    (_, given) = read(tessera("points", "transfer", ada, bob, 20, "--json"))
    assert (given["membership_id"], given["balance"]) == (bob, 20)
    read(tessera("points", "adjust", ada, -5, "--reason", "counted twice", "--json"))
    (undone,) = read(tessera("points", "reverse", ada, burned["sequence"], "--reason", "cancelled", "--json"))
    assert (undone["points"], undone["balance"], undone["reverses"]) == (30, 75, burned["sequence"])

    listed = tessera("points", "list", ada).stdout
    assert [word for word in listed.split() if word in ("earn", "burn", "adjust", "reverse")] == [
        "reverse",
        "adjust",
        "burn",
        "burn",
        "earn",
    ]
    assert len(read(tessera("points", "list", ada, "--count", 2, "--json"))) == 2
    assert read(tessera("points", "balance", ada, "--json"))["spendable"] == 75
    assert read(tessera("points", "balance", ada, "--at", "2091-01-01", "--json"))["balance"] == 30
    assert read(tessera("points", "balance", ada, "--at", "2020-01-01", "--json"))["balance"] is None
    assert "Expires next" in tessera("points", "balance", bob).stdout
    assert "All is well" in tessera("check").stdout


def test_mistakes_are_answered_with_what_to_do(tessera: Tessera, members: list[str]) -> None:
    assert "0 of them to spend" in complaint(tessera("points", "burn", members[0], 1))
    assert "is not a moment" in complaint(tessera("points", "balance", members[0], "--at", "tomorrow"))
    assert "is not an id" in complaint(tessera("points", "list", "ada"))
    assert tessera("points", "earn", members[0], 0).exit_code == 2
    assert tessera("points", "adjust", members[0], 5).exit_code == 2


def test_check_names_what_is_wrong(tessera: Tessera, members: list[str], admin_address: str) -> None:
    tessera("points", "earn", members[0], 5)
    with psycopg.connect(admin_address) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE tessera.memberships SET balance = 6")
    result = tessera("check")

    assert result.exit_code == 1
    assert "2 memberships have a balance that is not the sum of its movements." in result.stdout
    assert all(member in result.stdout for member in members)
    listed = tessera("check", "--json")
    assert listed.exit_code == 1
    assert [(fault["check"], fault["count"]) for fault in json.loads(listed.stdout)] == [("balances", 2)]
