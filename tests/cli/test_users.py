"""Users and roles at the command line."""

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Tessera = Callable[..., Result]


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def find(tessera: Tessera, email: str) -> Any:
    return next(user for user in read(tessera("user", "list", "--json")) if user["email"] == email)


def test_role_lives_at_the_command_line(tessera: Tessera) -> None:
    made = read(tessera("role", "create", "Night desk", "--permission", "members:read", "--json"))
    assert (made["internal_name"], made["permissions"]) == ("night_desk", ["members:read"])
    changed = read(tessera("role", "update", "night_desk", "--permission", "points:write", "--json"))
    assert (changed["label"], changed["permissions"], changed["version"]) == ("Night desk", ["points:write"], 2)
    assert "points:write" in tessera("role", "show", "night_desk").output
    assert "Admin" in tessera("role", "list").output
    assert tessera("role", "delete", "night_desk").exit_code == 0
    missing = tessera("role", "show", "night_desk")
    assert missing.exit_code != 0


def test_user_is_given_roles_and_chains(tessera: Tessera) -> None:
    tessera("chain", "create", "Harbour")
    created = tessera("user", "create", "ada@example.com", "--role", "csr", "--chain", "Harbour", "--json")
    assert len(read(created)["password"]) >= 12
    ada = find(tessera, "ada@example.com")
    assert ([role["label"] for role in ada["roles"]], len(ada["chains"])) == (["CSR"], 1)
    tessera("user", "update", "ada@example.com", "--role", "author", "--all-chains", "--name", "Ada")
    ada = find(tessera, "ada@example.com")
    assert ([role["label"] for role in ada["roles"]], ada["chains"], ada["name"]) == (["Author"], None, "Ada")
    assert tessera("user", "disable", "ada@example.com").exit_code == 0
    assert not find(tessera, "ada@example.com")["enabled"]
    assert tessera("user", "enable", "ADA@example.com").exit_code == 0


def test_last_administrator_stays(tessera: Tessera) -> None:
    tessera("user", "create", "root@example.com", "--role", "admin")
    tessera("user", "create", "few@example.com", "--permission", "exports:read")
    assert [role["label"] for role in find(tessera, "root@example.com")["roles"]] == ["Admin"]
    assert find(tessera, "few@example.com")["permissions"] == ["exports:read"]
    refused = tessera("user", "disable", "root@example.com")
    assert refused.exit_code != 0


def test_user_without_role_and_permission_is_refused(tessera: Tessera) -> None:
    refused = tessera("user", "create", "ada@example.com")

    assert "Give the user a role or a permission" in str(refused.exception)
    assert read(tessera("user", "list", "--json")) == []


def test_key_is_bound_to_a_role(tessera: Tessera) -> None:
    assert tessera("api-key", "create", "Sync", "--role", "csr").exit_code == 0
    (key,) = read(tessera("api-key", "list", "--json"))
    assert ([role["label"] for role in key["roles"]], key["permissions"]) == (["CSR"], ["members:read"])
