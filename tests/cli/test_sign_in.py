"""What the command line does for those who stand outside, and the test of the mail server."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from tests.builders.commands import run_tessera
from tests.builders.mailboxes import run_mailbox
from typer.testing import Result

from tessera.access.sign_in.tries import account_of
from tessera.platform.secrets import KeyRing

ADA = "ada@example.com"
Tessera = Callable[..., Result]
ACTIONS = "SELECT action FROM tessera.audit_entries WHERE object_name = %s"


@pytest.fixture
def ask(tessera: Tessera, admin_address: str) -> Callable[..., list[Any]]:
    """Ask the database of a deployment that has one user."""
    assert tessera("user", "create", ADA, "--role", "admin").exit_code == 0

    def query(statement: str, *values: Any) -> list[Any]:
        with psycopg.connect(admin_address, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return [row[0] for row in cursor.fetchall()] if cursor.description else []

    return query


def test_lost_second_factor_is_taken_away(tessera: Tessera, ask: Callable[..., list[Any]]) -> None:
    assert "has no second factor" in str(tessera("user", "reset-second-factor", ADA).exception)
    ask(
        "INSERT INTO tessera.second_factors (user_id, sealed_secret, created_at, confirmed_at)"
        " SELECT id, 'x', now(), now() FROM tessera.users"
    )
    assert tessera("user", "reset-second-factor", ADA.upper()).exit_code == 0
    assert ask("SELECT count(*) FROM tessera.second_factors") == [0]
    assert "second_factor_removed" in ask(ACTIONS, ADA)
    assert "There is no user" in str(tessera("user", "reset-second-factor", "eve@example.com").exception)


def test_locked_account_is_unlocked(tessera: Tessera, ask: Callable[..., list[Any]], keys: KeyRing) -> None:
    ask(
        "INSERT INTO tessera.sign_in_failures (key, failures, last_at, locked_until, lockouts)"
        " VALUES (%s, 10, now(), now() + interval '1 hour', 1)",
        account_of(keys, ADA),
    )
    assert tessera("user", "unlock", ADA).exit_code == 0
    assert ask("SELECT count(*) FROM tessera.sign_in_failures") == [0]
    assert "unlocked" in ask(ACTIONS, ADA)


def test_user_is_linked_to_the_provider(
    tessera: Tessera, ask: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Set TESSERA_OIDC_ISSUER" in str(tessera("user", "link", ADA, "ada-1815").exception)
    monkeypatch.setenv("TESSERA_OIDC_ISSUER", "https://login.example.com")
    monkeypatch.setenv("TESSERA_OIDC_CLIENT_ID", "tessera")
    monkeypatch.setenv("TESSERA_PUBLIC_URL", "https://tessera.example.com")
    for _ in range(2):
        assert tessera("user", "link", ADA, "ada-1815").exit_code == 0
    assert ask("SELECT subject FROM tessera.identities") == ["ada-1815"]
    tessera("user", "create", "ben@example.com", "--role", "admin")
    assert "belongs to another user" in str(tessera("user", "link", "ben@example.com", "ada-1815").exception)


async def test_mail_is_tried_from_the_command_line() -> None:
    assert "TESSERA_MAIL_HOST" in (await asyncio.to_thread(run_tessera, "mail", "test", ADA)).line
    async with run_mailbox() as mailbox:
        given = {
            "TESSERA_MAIL_HOST": "127.0.0.1",
            "TESSERA_MAIL_PORT": str(mailbox.port),
            "TESSERA_MAIL_TLS": "none",
            "TESSERA_MAIL_FROM": "tessera@example.com",
        }
        done = await asyncio.to_thread(run_tessera, "mail", "test", ADA, **given)
        assert done.code == 0
        assert "accepted the message" in done.out
        mailbox.answer = lambda: "554 no"
        refused = await asyncio.to_thread(run_tessera, "mail", "test", ADA, **given)
        assert refused.code == 2
        assert "refused the message" in refused.line
    assert mailbox.recipients == [ADA]


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"TESSERA_PASSWORD_SIGN_IN": "false"}, "or no user can sign in"),
        ({"TESSERA_OIDC_ISSUER": "https://x.example", "TESSERA_OIDC_CLIENT_ID": "y"}, "TESSERA_PUBLIC_URL"),
        ({"TESSERA_OIDC_ISSUER": "https://x.example", "TESSERA_PUBLIC_URL": "https://y"}, "TESSERA_OIDC_CLIENT_ID"),
        ({"TESSERA_OIDC_SCOPES": "email profile"}, "openid"),
    ],
)
def test_settings_that_shut_everybody_out_stop_the_start(given: dict[str, str], fault: str) -> None:
    ended = run_tessera("user", "list", **given)
    assert ended.code == 2
    assert fault in ended.line
