"""Sends batches to mParticle and reads what it says beyond a status: its limits, its load, its reasons."""

from dataclasses import replace
from typing import Any

from tessera.connectors.contract import Target
from tessera.outbound.calls import HttpSender
from tessera.outbound.rendering import Method, PlannedRequest, TemplateShape
from tessera.outbound.senders import Outcome, OutcomeKind
from tessera.platform.http import OutboundClient, UnreadableBodyError, read_json
from tessera.platform.secrets import Masker

# The batches carry ids by which mParticle drops repeats; a header would say nothing to it.
SHAPE = TemplateShape(Method.POST, body="[]", idempotency_header=None)
EXCEEDED = "x-mp-rate-limit-exceeded"
USED = "x-mp-rate-limit-percentage-used"
ACCELERATION = "acceleration"

BUSY_PERCENT = 80
ACCELERATION_SHARE = 0.5
SMALLEST_SHARE = 0.1
TOO_MANY_REQUESTS = 429
MOST_REASONS = 3
LONGEST_REASON = 500


class MparticleSender:
    """Sends the requests of one run through one profile; the rate is one of batches."""

    def __init__(self, target: Target, client: OutboundClient) -> None:
        self._http = HttpSender(target, SHAPE, client)
        self._mask = Masker(target.secrets).mask
        self.concurrency = target.concurrency
        self.per_second = target.per_second
        self.per_minute = target.per_minute

    async def send(self, planned: PlannedRequest) -> Outcome:
        """Call mParticle once and read its answer."""
        answer = await self._http.send(planned)
        if answer.status is None:
            return answer
        if answer.kind is OutcomeKind.OK:
            return replace(answer, share=share_left(answer))
        kind = OutcomeKind.TRANSIENT if answer.status >= 500 else answer.kind  # every 5xx, as mParticle asks for
        share = ACCELERATION_SHARE if limit_of(answer) == ACCELERATION else None
        return replace(answer, kind=kind, message=self._explain(answer), share=share)

    def can_replay(self, planned: PlannedRequest) -> bool:
        """Say yes: batches sent again are dropped by their `source_request_id`."""
        return self._http.can_replay(planned)

    def make_excerpts(self, planned: PlannedRequest, answer: Outcome) -> tuple[str, str]:
        """Return what the log may keep of the request and of its answer, secrets masked."""
        return self._http.make_excerpts(planned, answer)

    def _explain(self, answer: Outcome) -> str:
        limit = limit_of(answer)
        over = f' It is over the limit "{limit[:50]}".' if limit else ""
        reasons = "; ".join(read_reasons(answer.excerpt))
        because = f" It says: {reasons[:LONGEST_REASON]}" if reasons else ""
        return self._mask(f"{answer.message}{over}{because}")


def limit_of(answer: Outcome) -> str:
    """Return the name of the limit that a 429 is about."""
    return header_of(answer, EXCEEDED) if answer.status == TOO_MANY_REQUESTS else ""


def header_of(answer: Outcome, name: str) -> str:
    """Return a header of the answer, empty where it has none."""
    return "" if answer.headers is None else answer.headers.get(name, "")


def share_left(answer: Outcome) -> float | None:
    """Return the share of the rate that brings a receiver under load back to what it takes well."""
    try:
        used = float(header_of(answer, USED) or 0)
    except ValueError:
        return None
    # Not a number compares as false, and so is left alone.
    return max(SMALLEST_SHARE, BUSY_PERCENT / used) if used > BUSY_PERCENT else None


def read_reasons(body: bytes) -> list[str]:
    """Return the messages of an error body, if it is one."""
    try:
        decoded = read_json(body)
    except UnreadableBodyError:
        return []
    errors = decoded.get("errors") if isinstance(decoded, dict) else None
    found = [reason_of(error) for error in errors[:MOST_REASONS]] if isinstance(errors, list) else []
    return [reason for reason in found if reason]


def reason_of(error: Any) -> str:
    """Return one error's message, or its code."""
    message = (error.get("message") or error.get("code")) if isinstance(error, dict) else None
    # A log line, so no character of the receiver may end it or be one that the database cannot store.
    return (
        "".join(each if each.isprintable() else " " for each in str(message)) if isinstance(message, str | int) else ""
    )
