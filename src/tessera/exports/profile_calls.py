"""What an ended run shows about its connection profile: one line for each run, never one for each request."""

from collections.abc import Mapping
from typing import Any

from tessera.connectors.calls import CallKind, NewCall

# The faults of the profile or of the other side; a query's fault or a cancellation says nothing about either.
PROFILE_FAULTS = frozenset(
    {
        "credentials_refused",
        "certificate_untrusted",
        "address_refused",
        "url_not_allowed",
        "receiver_down",
        "retry_after_too_long",
        "nothing_arrived",
        "store_credentials_refused",
        "host_key_changed",
        "file_store_forbidden",
        "file_store_missing",
        "file_store_refused",
        "file_store_unreachable",
        "file_transfer_broken",
    }
)
COMPLETED = ("completed", "completed_with_errors")


def call_of(run: Mapping[str, Any], name: str) -> NewCall | None:
    """Return the line to keep about an ended run of the export; None where it says nothing about its profile."""
    if run["state"] == "failed" and is_profile_fault(run["error_code"]):
        return NewCall(CallKind.RUN, passed=False, message=f"Run of {name}: {run['error']}", code=run["error_code"])
    if run["state"] not in COMPLETED or not run["attempts"]:
        return None
    message = f"Run of {name}: {run['sent']:,} rows sent, {run['failed']:,} failed."
    return NewCall(CallKind.RUN, passed=bool(run["sent"]) or not run["failed"], message=message)


def is_profile_fault(code: str | None) -> bool:
    """Say whether a run that failed with this code failed because of its profile or of the other side."""
    return code in PROFILE_FAULTS or (code or "").startswith("oauth_")
