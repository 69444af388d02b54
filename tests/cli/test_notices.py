"""`tessera notice` and `tessera mail list`: a test is sent, and shows up where it waits."""

import json
from collections.abc import Callable

from typer.testing import Result

Tessera = Callable[..., Result]


def good(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_test_notice_waits_in_the_outbox(tessera: Tessera) -> None:
    good(tessera("chain", "create", "Harbour"))
    assert "No notice" in good(tessera("notice", "list"))
    assert "No mail" in good(tessera("mail", "list"))

    made = json.loads(good(tessera("notice", "test", "email", "--set", "addresses=ops@example.com", "--json")))

    (notice,) = json.loads(good(tessera("notice", "list", "--news", "notice_tested", "--json")))
    assert notice["id"] == made["id"]
    assert "ops@example.com: waiting" in good(tessera("notice", "list"))
    (mail,) = json.loads(good(tessera("mail", "list", "--state", "waiting", "--json")))
    assert mail["letter"]["to"] == "ops@example.com"
    assert "was tested" in good(tessera("mail", "list"))
    assert "No mail" in good(tessera("mail", "list", "--state", "sent"))


def test_bad_setting_is_explained(tessera: Tessera) -> None:
    good(tessera("chain", "create", "Harbour"))
    assert "has no value" in str(tessera("notice", "test", "slack", "--set", "url").exception)
    assert "There are: email, webhook, slack, heartbeat" in str(tessera("notice", "test", "pigeon").exception)
