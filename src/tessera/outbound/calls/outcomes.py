"""What an answer, or the lack of one, means for its request. Pure; what to do about it is decided by exports."""

from collections.abc import Sequence
from http import HTTPStatus

from tessera.outbound.senders import Outcome, OutcomeKind
from tessera.platform.http import TRANSIENT_STATUSES, CallErrorKind

SPLITTABLE = frozenset({400, 413, 422})
CREDENTIALS = frozenset({401, 403})
IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})

StatusRanges = Sequence[tuple[int, int]]


OK = Outcome(OutcomeKind.OK)

ERRORS = {
    CallErrorKind.CERTIFICATE: (OutcomeKind.CONFIGURATION, "certificate_untrusted"),
    CallErrorKind.REFUSED_ADDRESS: (OutcomeKind.CONFIGURATION, "address_refused"),
    CallErrorKind.INVALID_URL: (OutcomeKind.CONFIGURATION, "url_not_allowed"),
    CallErrorKind.INVALID_REQUEST: (OutcomeKind.PERMANENT, "request_invalid"),
    CallErrorKind.NOT_SENT: (OutcomeKind.TRANSIENT, "not_sent"),
}


def can_replay(method: str, *, has_key: bool) -> bool:
    """Say whether sending the request again is safe although the first may have been processed."""
    return has_key or method in IDEMPOTENT


def classify_status(status: int, *, success: StatusRanges, rows: int) -> Outcome:
    """Return what a status means for a request of so many rows."""
    if any(first <= status <= last for first, last in success):
        return OK
    name = name_of(status)
    if status in CREDENTIALS:
        return Outcome(
            OutcomeKind.CREDENTIALS,
            "credentials_refused",
            f"The receiver answered {name}: it refuses the profile's credentials. Correct them, then run again.",
        )
    if status in TRANSIENT_STATUSES:
        return Outcome(OutcomeKind.TRANSIENT, f"status_{status}", f"The receiver answered {name}.")
    if 300 <= status < 400:
        message = f"The receiver answered {name}: redirects are never followed. Point the profile to the final address."
        return Outcome(OutcomeKind.PERMANENT, f"status_{status}", message)
    kind = OutcomeKind.SPLIT if status in SPLITTABLE and rows > 1 else OutcomeKind.PERMANENT
    return Outcome(kind, f"status_{status}", f"The receiver answered {name}. Its answer is in the request log.")


def classify_unreadable(status: int, why: str) -> Outcome:
    """Return what a success answer means that should name refused items and cannot be read: they are unknown."""
    message = (
        f"The receiver answered {name_of(status)}, but the answer {why}: which rows it refused is not known. "
        "It is in the request log; check with the receiver, and correct the template's error path."
    )
    return Outcome(OutcomeKind.UNKNOWN, "answer_unreadable", message)


def classify_error(kind: CallErrorKind, message: str, *, replayable: bool) -> Outcome:
    """Return what a call without an answer means."""
    if kind is CallErrorKind.UNKNOWN:
        return Outcome(OutcomeKind.REPLAY if replayable else OutcomeKind.UNKNOWN, "outcome_unknown", message)
    meaning, code = ERRORS[kind]
    return Outcome(meaning, code, message)


def name_of(status: int) -> str:
    """Return the status with its usual name."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
