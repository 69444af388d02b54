"""API keys from the command line: made, listed, switched, revoked."""

import json
from collections.abc import Callable
from typing import Any

from typer.testing import Result

Tessera = Callable[..., Result]


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_key_lives_and_ends(tessera: Tessera) -> None:
    assert "tessera api-key create" in tessera("api-key", "list").output
    read(tessera("chain", "create", "Harbour Hotels", "--json"))
    made = read(
        tessera(
            "api-key", "create", "Sync", "--chain", "harbour hotels", "--permission", "members:read", "--expires", "7",
            "--json",
        )
    )  # fmt: skip

    assert made["key"].startswith("tsr_")
    assert "tsr_" in tessera("api-key", "create", "Everything", "--role", "admin").output
    listed = tessera("api-key", "list")
    assert made["key"][:8] in listed.output
    assert made["key"] not in listed.output
    assert tessera("api-key", "disable", made["id"]).exit_code == 0
    assert tessera("api-key", "enable", made["id"]).exit_code == 0
    assert tessera("api-key", "revoke", made["id"]).exit_code == 0
    assert "revoked permanently" in str(tessera("api-key", "enable", made["id"]).exception)


def test_key_that_cannot_be_made(tessera: Tessera) -> None:
    for arguments, message in (
        (("create", "Sync", "--permission", "everything"), "is not a permission"),
        (("create", "Sync"), "Give the API key a role or a permission"),
        (("create", "Sync", "--role", "csr", "--chain", "Nowhere"), "There is no chain Nowhere"),
        (("revoke", "0190b3c4-5d6e-7f80-9123-456789abcdef"), "There is no API key"),
    ):
        assert message in str(tessera("api-key", *arguments).exception)
    assert tessera("api-key", "create", "Sync", "--expires", "0").exit_code == 2
