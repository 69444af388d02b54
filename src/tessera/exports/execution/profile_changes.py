"""What an ended run says of the connection profile it went through: one line at its end, never one a request."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.calls import CallKind, NewCall

# The ends that the other side or the profile brought about; a query's fault or a cancellation says nothing of either.
SENSITIVE = frozenset(
    {
        "credentials_refused",
        "certificate_untrusted",
        "address_refused",
        "url_not_allowed",
        "receiver_down",
        "retry_after_too_long",
    }
)
COMPLETED = ("completed", "completed_with_errors")


def call_of(run: Mapping[str, Any]) -> NewCall | None:
    """Return what to keep of an ended run; None where it says nothing of its profile."""
    name = run["snapshot"]["definition"]
    if run["state"] == "failed" and is_telling(run["error_code"]):
        return NewCall(CallKind.RUN, passed=False, message=f"Run of {name}: {run['error']}", code=run["error_code"])
    if run["state"] not in COMPLETED or not run["requests"]:
        return None
    message = f"Run of {name}: {run['sent']:,} rows sent, {run['failed']:,} failed."
    return NewCall(CallKind.RUN, passed=bool(run["sent"]) or not run["failed"], message=message)


def is_telling(code: str | None) -> bool:
    """Say whether a run that failed with this code failed because of its profile or of the other side."""
    return code in SENSITIVE or (code or "").startswith("oauth_")
