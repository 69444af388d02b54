"""What an answer means for its request, its rows and the run. Decisions only; nothing is sent or written here."""

from dataclasses import replace

from tessera.exports.kinds.requests import retries
from tessera.exports.kinds.requests.requests import OpenRequest, RowError, Settlement
from tessera.exports.results import RunResult
from tessera.exports.states import RequestState
from tessera.outbound import Outcome, OutcomeKind, Sender

SEND = "send"
FIRST_EXCERPTS = 100
EXCERPT_EVERY = 1000
TOO_MANY_REQUESTS = 429

LOST = "worker_lost"
UNSENT = "not_begun"
UNKNOWN = "outcome_unknown"
RECEIVER_DOWN = RunResult(
    "failed",
    "receiver_down",
    f"{retries.BROKEN_AFTER} requests in a row failed after all their tries. "
    "Check that the receiver is up, then run again.",
)
ABORTING = frozenset({OutcomeKind.CREDENTIALS, OutcomeKind.CONFIGURATION})
RETRIED = frozenset({OutcomeKind.TRANSIENT, OutcomeKind.REPLAY})


class Judge:
    """Decides what the outcomes of one run mean."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def judge(self, request: OpenRequest, outcome: Outcome) -> Settlement:
        """Return what the outcome of the request's latest attempt means."""
        state = self._state_after(request, outcome)
        failed = self._failed_rows(request, outcome, state)
        retry_after = outcome.retry_after if outcome.kind is OutcomeKind.TRANSIENT else None
        # A receiver that asks for a share of the rate is not also waited for: the sender would idle for nothing.
        eased = outcome.share is not None
        return Settlement(
            request,
            state,
            outcome=outcome.kind.value,
            status=outcome.status,
            code=outcome.code or None,
            message=outcome.message or None,
            duration_ms=outcome.duration_seconds * 1000,
            sent=len(request.ordinals) - len(failed) if state in (RequestState.SENT, RequestState.PARTLY_SENT) else 0,
            failed=len(failed),
            row_errors=failed,
            excerpt=self._excerpt(request, outcome, state),
            ending=ending_of(outcome),
            retry_after=retry_after,
            hold=None if eased else retry_after,
            share=outcome.share,
            slow_down=outcome.status == TOO_MANY_REQUESTS and not eased,
            receiver_in_trouble=outcome.kind in RETRIED and state is not RequestState.WAITING,
            rate_limit=outcome.rate_limit,
        )

    def judge_lost(self, request: OpenRequest) -> Settlement:
        """Return the settlement of an attempt whose worker died before it could write the outcome."""
        waiting = Settlement(
            request,
            RequestState.WAITING,
            outcome=LOST,
            status=None,
            code=LOST,
            message=None,
            duration_ms=None,
            lost=True,
        )
        if not self._sender.can_replay(request.planned):
            message = "The worker stopped while the request was under way, and sending it again could duplicate it."
        elif request.lost >= retries.MOST_LOST:
            message = f"{request.lost} workers stopped while the request was under way. Check their logs."
        else:
            return waiting
        failed = [(ordinal, SEND, UNKNOWN, message) for ordinal in request.ordinals]
        return replace(
            waiting, state=RequestState.UNKNOWN, code=UNKNOWN, message=message, failed=len(failed), row_errors=failed
        )

    def _state_after(self, request: OpenRequest, outcome: Outcome) -> RequestState:
        if outcome.kind is OutcomeKind.OK:
            return RequestState.PARTLY_SENT if outcome.failed_rows else RequestState.SENT
        if outcome.kind in RETRIED and not retries.is_last(request.attempts, request.lost):
            return RequestState.WAITING
        if outcome.kind is OutcomeKind.SPLIT and len(request.ordinals) > 1:
            return RequestState.SPLIT
        if outcome.kind is OutcomeKind.UNKNOWN:
            return RequestState.UNKNOWN
        return RequestState.FAILED

    def _failed_rows(self, request: OpenRequest, outcome: Outcome, state: RequestState) -> list[RowError]:
        if state is RequestState.PARTLY_SENT:
            return [
                (request.ordinals[position], SEND, "refused_row", message) for position, message in outcome.failed_rows
            ]
        if state in (RequestState.FAILED, RequestState.UNKNOWN):
            return [(ordinal, SEND, outcome.code, outcome.message) for ordinal in request.ordinals]
        return []

    def _excerpt(self, request: OpenRequest, outcome: Outcome, state: RequestState) -> tuple[str, str] | None:
        number = request.number
        if state is RequestState.SENT and number >= FIRST_EXCERPTS and number % EXCERPT_EVERY:
            return None
        return self._sender.make_excerpts(request.planned, outcome)


def judge_unsent(request: OpenRequest) -> Settlement:
    """Return the settlement of an attempt that was written down and never sent, because its worker stops."""
    return Settlement(request, RequestState.WAITING, outcome=UNSENT, code=UNSENT, lost=True)


def judge_broken_off(request: OpenRequest) -> Settlement:
    """Return the settlement of a call that was still under way when its run had to end."""
    message = "The run ended before the receiver answered. The row may have arrived; check with the receiver."
    failed = [(ordinal, SEND, UNKNOWN, message) for ordinal in request.ordinals]
    return Settlement(
        request,
        RequestState.UNKNOWN,
        outcome=OutcomeKind.UNKNOWN.value,
        code=UNKNOWN,
        message=message,
        failed=len(failed),
        row_errors=failed,
    )


def is_served(settlement: Settlement) -> bool:
    """Say whether the receiver did its part in the attempt, be it that it refused the request."""
    if settlement.outcome == OutcomeKind.UNKNOWN:
        return settlement.status is not None
    return settlement.outcome not in RETRIED


def ending_of(outcome: Outcome) -> RunResult | None:
    """Return the end that the answer puts to the whole run, if it does."""
    if outcome.kind in ABORTING:
        return RunResult("failed", outcome.code, outcome.message)
    if outcome.kind is OutcomeKind.TRANSIENT and (outcome.retry_after or 0) > retries.LONGEST_RETRY_AFTER:
        return end_of_wait(outcome.retry_after or 0)
    return None


def end_of_wait(seconds: float) -> RunResult:
    """Return the end of a run whose receiver asks to wait for too long."""
    message = f"The receiver asks to wait {round(seconds / 60):,} minutes. Run again after that."
    return RunResult("failed", "retry_after_too_long", message)
