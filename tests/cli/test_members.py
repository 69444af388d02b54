"""Accounts and members on the command line, from the first customer to the end of a membership."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

Tessera = Callable[..., Result]


def read(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture
def program(tessera: Tessera) -> Tessera:
    """A chain with a program of two tiers."""
    for arguments in (
        ["chain", "create", "Harbour Hotels"],
        ["program", "create", "Harbour Circle", "--code", "HARB"],
        ["tier", "create", "Silver", "--program", "HARB", "--code", "SILVER", "--ordering", "1"],
        ["tier", "create", "Gold", "--program", "HARB", "--code", "GOLD", "--ordering", "2"],
    ):
        assert tessera(*arguments).exit_code == 0, arguments
    return tessera


def test_a_customer_is_added_found_and_changed(program: Tessera) -> None:
    made = read(program("account", "add", "Moreau", "--first-name", "Nora", "--email", "nora@mail.example", "--json"))

    changed = read(program("account", "update", made["id"], "--phone", "+33 1 23", "--json"))

    assert (changed["name"], changed["email"], changed["phone"]) == ("Nora Moreau", "nora@mail.example", "+33 1 23")
    assert [line["id"] for line in read(program("account", "list", "--search", "nora@", "--json"))] == [made["id"]]
    assert read(program("account", "list", "--kind", "company", "--json")) == []
    assert "Nora Moreau" in program("account", "show", made["id"]).stdout
    assert "already exists" in str(program("account", "add", "Other", "--email", "nora@mail.example").exception)


def test_a_company_is_added_and_deleted(program: Tessera) -> None:
    made = read(program("account", "add-company", "Acme", "--json"))

    assert made["kind"] == "company"
    assert program("account", "delete-company", made["id"]).stdout == "Deleted Acme.\n"
    assert read(program("account", "list", "--json")) == []


def test_a_membership_is_added_changed_and_deleted(program: Tessera) -> None:
    account = read(program("account", "add", "Moreau", "--json"))["id"]
    enrolled = program(
        "member", "add", account, "--program", "HARB", "--tier", "SILVER", "--number", "7", "--points", "90"
    )
    assert enrolled.exit_code == 0, enrolled.exception
    (member,) = read(program("member", "list", "--program", "HARB", "--json"))
    assert (member["tier"], member["number"], member["balance"]) == ("Silver", "7", 90)

    raised = read(program("member", "update", member["id"], "--tier", "GOLD", "--state", "Pending", "--json"))
    assert (raised["tier"], raised["state"], raised["number"]) == ("Gold", "Pending", "7")
    assert read(program("member", "update", member["id"], "--no-tier", "--json"))["tier"] is None
    assert program("member", "update", member["id"], "--no-tier", "--tier", "GOLD").exit_code == 2
    assert "Harbour Circle" in program("member", "show", member["id"]).stdout

    assert program("member", "delete", member["id"]).stdout == "Deleted the membership of Moreau in Harbour Circle.\n"
    assert read(program("member", "list", "--json")) == []
