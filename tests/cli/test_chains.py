"""Chains and enterprises on the command line: names are taken once, chains are renamed, archived and brought back."""

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Tessera = Callable[..., Result]


def read(result: Result) -> Any:
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def refused(result: Result) -> str:
    assert result.exit_code != 0, result.output
    return str(result.exception)


def test_a_chains_name_is_taken_once(tessera: Tessera) -> None:
    made = read(tessera("chain", "create", "My Hotels", "--json"))

    said = refused(tessera("chain", "create", "my hotels"))

    assert "There is a chain My Hotels already" in said
    assert made["id"] in said
    assert [chain["name"] for chain in read(tessera("chain", "list", "--json"))] == ["My Hotels"]


def test_an_enterprises_name_is_taken_once_in_its_chain(tessera: Tessera) -> None:
    for chain in ("Harbour", "Summit"):
        read(tessera("chain", "create", chain, "--json"))
        made = read(tessera("chain", "add-enterprise", "The House", "--chain", chain, "--json"))

    said = refused(tessera("chain", "add-enterprise", "the house", "--chain", "Summit"))

    assert "The chain has an enterprise The House already" in said
    assert made["id"] in said


def test_a_time_zone_that_does_not_exist_is_refused(tessera: Tessera) -> None:
    tessera("chain", "create", "Harbour")

    said = refused(tessera("chain", "add-enterprise", "H", "--time-zone", "Mars/Olympus"))

    assert said == "There is no time zone Mars/Olympus. Write it like Europe/London."
    assert read(tessera("chain", "enterprises", "--json")) == []


def test_a_chain_is_renamed(tessera: Tessera) -> None:
    made = read(tessera("chain", "create", "My Hotels", "--json"))
    tessera("chain", "create", "Summit")

    assert read(tessera("chain", "rename", "My Hotels", "MY HOTELS", "--json"))["name"] == "MY HOTELS"
    assert "There is a chain Summit already" in refused(tessera("chain", "rename", made["id"], "summit"))
    assert [chain["name"] for chain in read(tessera("chain", "list", "--json"))] == ["MY HOTELS", "Summit"]


def test_an_archived_chain_is_out_of_the_way_until_it_is_restored(tessera: Tessera) -> None:
    made = read(tessera("chain", "create", "My Hotels", "--json"))
    tessera("chain", "add-enterprise", "The House")

    assert read(tessera("chain", "archive", "My Hotels", "--json"))["archived_at"] is not None

    assert read(tessera("chain", "list", "--json")) == []
    assert read(tessera("chain", "enterprises", "--json")) == []
    assert [chain["id"] for chain in read(tessera("chain", "list", "--archived", "--json"))] == [made["id"]]
    assert "There is no chain My Hotels" in refused(tessera("query", "list", "--chain", "My Hotels"))
    read(tessera("chain", "create", "My Hotels", "--json"))
    assert "There is a chain My Hotels already" in refused(tessera("chain", "restore", made["id"]))
    read(tessera("chain", "rename", "My Hotels", "The new one", "--json"))

    assert read(tessera("chain", "restore", made["id"], "--json"))["archived_at"] is None
    assert [chain["name"] for chain in read(tessera("chain", "list", "--json"))] == ["My Hotels", "The new one"]
