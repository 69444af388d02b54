"""`tessera webhook` and `tessera event`, from making a subscription to reading what happened."""

import json
import signal
from collections.abc import Callable
from pathlib import Path

from tests.builders.commands import keep_running
from typer.testing import Result

Tessera = Callable[..., Result]
URL = "https://crm.example.com/tessera"


def good(result: Result) -> str:
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


def test_subscription_is_kept_from_the_shell(tessera: Tessera) -> None:
    good(tessera("chain", "create", "Harbour"))
    assert "No subscription yet" in good(tessera("webhook", "list"))
    made = json.loads(good(tessera("webhook", "create", "CRM", URL, "--event", "tier.created", "--json")))
    one = made["id"]

    assert made["secret"].startswith("whsec_")
    assert URL in good(tessera("webhook", "list"))
    shown = good(tessera("webhook", "show", one))
    assert "tier.created" in shown
    assert made["secret"] not in shown
    updated = json.loads(good(tessera("webhook", "update", one, "--label", "Mail", "--all-events", "--json")))
    assert (updated["label"], updated["event_names"], updated["version"]) == ("Mail", None, 2)
    rotated = good(tessera("webhook", "rotate-secret", one))
    assert "shown this once" in rotated
    test = json.loads(good(tessera("webhook", "test", one, "--json")))
    (listed,) = json.loads(good(tessera("webhook", "deliveries", one, "--state", "pending", "--json")))
    assert listed["id"] == test["id"]
    assert "1 delivery again" in good(tessera("webhook", "replay", one, "--delivery", test["id"]))
    assert "0 deliveries again" in good(tessera("webhook", "replay", one, "--failed-since", "2026-01-01"))
    assert "No event" in good(tessera("webhook", "replay", one, "--events-since", "2100-01-01"))
    good(tessera("webhook", "update", one, "--disable"))
    good(tessera("webhook", "delete", one))
    assert "No subscription yet" in good(tessera("webhook", "list"))


def test_replay_needs_one_choice(tessera: Tessera) -> None:
    result = tessera("webhook", "replay", "0190b3c4-5d6e-7f80-9123-456789abcdef")

    assert "one of them" in str(result.exception)


def test_events_are_followed(tessera: Tessera, deployment: dict[str, str], tmp_path: Path) -> None:
    good(tessera("chain", "create", "Harbour"))
    with keep_running("event", "follow", "--after", "0-0", log=tmp_path / "log", **deployment) as following:
        good(tessera("webhook", "create", "CRM", URL))
        following.wait_for(lambda text: "webhook_subscription.created" in text)
        good(tessera("webhook", "create", "Mail", URL))
        text = following.wait_for(lambda text: text.count("\n") == 2)
        assert following.stop(signal.SIGINT) in (0, 130)

    assert [json.loads(line)["payload"]["label"] for line in text.splitlines()] == ["CRM", "Mail"]


def test_an_interrupt_ends_a_command_that_was_started_in_the_background(
    tessera: Tessera, deployment: dict[str, str], tmp_path: Path
) -> None:
    good(tessera("chain", "create", "Harbour"))
    good(tessera("webhook", "create", "CRM", URL))
    # A shell does this to what a script starts with `&`; a child inherits it.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with keep_running("event", "follow", "--after", "0-0", log=tmp_path / "log", **deployment) as following:
            following.wait_for(lambda text: "webhook_subscription.created" in text)
            assert following.stop(signal.SIGINT) == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_events_are_listed(tessera: Tessera) -> None:
    good(tessera("chain", "create", "Harbour"))
    good(tessera("webhook", "create", "CRM", URL))
    (event,) = json.loads(good(tessera("event", "list", "--json")))
    assert event["name"] == "webhook_subscription.created"
    table = good(tessera("event", "list", "--name", "webhook_subscription.created"))
    assert "Read on with: --after" in table
    position = table.rsplit(" ", 1)[1].strip()
    assert json.loads(good(tessera("event", "list", "--after", position, "--json"))) == []
