"""`tessera program`, `tessera tier` and the options of `tessera token create-access`."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import Result

Tessera = Callable[..., Result]
CREATE = ("program", "create", "Harbour Circle", "--code", "HARB")


def read(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture
def chain(tessera: Tessera) -> Tessera:
    """A deployment with one chain."""
    read(tessera("chain", "create", "Harbour Hotels", "--json"))
    return tessera


def test_program_is_made_changed_and_deleted(chain: Tessera) -> None:
    assert "tessera program create" in chain("program", "list").stdout
    made = read(chain(*CREATE, "--type", "Hotel", "--paid", "--number", "7", "--allow-overdraft", "--json"))
    assert {name: made[name] for name in ("number", "type", "subscription", "allows_overdraft")} == {
        "number": 7,
        "type": "Hotel",
        "subscription": "Paid",
        "allows_overdraft": True,
    }

    changed = read(chain("program", "update", "HARB", "--name", "Circle", "--free", "--forbid-overdraft", "--json"))
    assert (changed["name"], changed["subscription"], changed["allows_overdraft"]) == ("Circle", "Free", False)
    assert read(chain("program", "update", made["id"].upper(), "--json")) == changed
    assert read(chain("program", "list", "--json")) == [changed]

    assert chain("program", "delete", "HARB").stdout == "Deleted Circle and its tiers.\n"
    assert read(chain("program", "list", "--json")) == []


def test_tier_is_made_changed_and_deleted(chain: Tessera) -> None:
    program = read(chain(*CREATE, "--json"))
    of = ("--program", "HARB")
    assert "tessera tier create" in chain("tier", "list", *of).stdout
    made = read(chain("tier", "create", "Gold", *of, "--code", "GOLD", "--ordering", "-1", "--json"))
    assert (made["program_id"], made["ordering"]) == (program["id"], -1)

    changed = read(
        chain("tier", "update", "GOLD", *of, "--name", "Golden", "--code", "AU", "--ordering", "2", "--json")
    )
    assert (changed["name"], changed["code"], changed["ordering"]) == ("Golden", "AU", 2)
    assert read(chain("tier", "update", made["id"], *of, "--json")) == changed
    assert read(chain("tier", "list", *of, "--json")) == [changed]
    assert "AU" in chain("tier", "list", *of).stdout

    assert chain("tier", "delete", "AU", *of).stdout.startswith("Deleted Golden.")
    assert read(chain("tier", "list", *of, "--json")) == []


def test_unknown_program_or_tier_is_told(chain: Tessera) -> None:
    read(chain(*CREATE, "--json"))
    for arguments, said in (
        (("program", "update", "NONE"), "tessera program list"),
        (("program", "delete", "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01"), "There is no program"),
        (("tier", "list", "--program", "NONE"), "There is no program NONE"),
        (("tier", "delete", "GOLD", "--program", "HARB"), "tessera tier list"),
        (("tier", "delete", "0d0f3a52-7a1e-4a57-9c6a-0b7f5d2f0a01", "--program", "HARB"), "There is no tier"),
    ):
        result = chain(*arguments)
        assert (arguments, result.exit_code != 0, said in str(result.exception)) == (arguments, True, True)


def test_names_and_codes_have_bounds(chain: Tessera) -> None:
    read(chain(*CREATE, "--json"))
    of = ("--program", "HARB", "--ordering", "1")
    for arguments in (
        ("program", "create", "", "--code", "x"),
        ("program", "create", "x" * 101, "--code", "x"),
        ("program", "create", "x", "--code", "x" * 51),
        ("program", "update", "HARB", "--name", ""),
        ("tier", "create", "x" * 51, "--code", "x", *of),
        ("tier", "create", "x", "--code", "", *of),
    ):
        assert "Give it 1 to" in str(chain(*arguments).exception), arguments
    result = chain("tier", "create", "x", "--code", "x", "--program", "HARB", "--ordering", 2**31)
    assert result.exit_code == 2


def test_access_token_has_permissions_strictness_and_an_end(chain: Tessera) -> None:
    enterprise = read(chain("chain", "add-enterprise", "Harbour House", "--json"))
    client = read(chain("token", "create-client", "CRM", "--json"))
    create = ("token", "create-access", "CRM", "--client", client["id"], "--enterprise", enterprise["id"], "--json")
    reads = ("--permission", "members:read", "--permission", "programs:read")
    made = [read(chain(*create)), read(chain(*create, "--strict", "--expires", "30", *reads))]
    made.append(read(chain(*create, "--lenient")))

    listed = {one["id"]: one for one in read(chain("token", "list", "--json"))}
    plain, strict, lenient = (listed[one["id"]] for one in made)
    assert [one["strict"] for one in (plain, strict, lenient)] == [None, True, False]
    assert strict["permissions"] == ["members:read", "programs:read"]
    assert plain["permissions"] == ["members:write", "programs:write"]
    assert plain["expires_at"] is None
    assert strict["expires_at"] > strict["created_at"]
    assert {"Strict", "Expires"} <= set(chain("token", "list").stdout.split())

    refused = chain(*create, "--permission", "exports:read")
    assert "members:read, members:write, programs:read, programs:write" in str(refused.exception)
