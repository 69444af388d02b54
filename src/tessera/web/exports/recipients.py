"""Who is notified about the runs of an export, in words. Pure."""

from collections.abc import Mapping
from typing import Any

NAMES = {"error": "On error", "success": "On success"}


def list_recipients(rules: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return on what, and who: the addresses of the two lists, then further targets by their labels."""
    found = [
        (words, ", ".join(rules[name]["addresses"].split("\n")))
        for name, words in NAMES.items()
        if name in rules and rules[name]["enabled"]
    ]
    targets = [each["label"] or each["channel"] for each in rules.get("targets", ()) if each["enabled"]]
    return [*found, *([("Further targets", ", ".join(targets))] if targets else [])]
