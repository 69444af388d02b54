"""What an answer means for its request, its rows and the run. Decisions only; nothing is sent or written here."""

from dataclasses import dataclass, replace

from tessera.exports import retries
from tessera.exports.execution.requests import OpenRequest, RowError, Settlement
from tessera.exports.states import RequestState
from tessera.outbound import Answer, Sender, Verdict, VerdictKind

SEND = "send"
FIRST_EXCERPTS = 100
EXCERPT_EVERY = 1000
TOO_MANY_REQUESTS = 429

LOST = "worker_lost"
UNSENT = "not_begun"
UNKNOWN = "outcome_unknown"
ABORTING = frozenset({VerdictKind.CREDENTIALS, VerdictKind.CONFIGURATION})
RETRIED = frozenset({VerdictKind.TRANSIENT, VerdictKind.REPLAY})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends: a final state, and why if that is not its last row."""

    state: str
    code: str | None = None
    message: str | None = None


# Not the run's end: its worker stops, and another one goes on.
STOPPED = Ending("running")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A settlement, and what the pace and the run should make of it.

    `retry_after` is for the request alone, `hold` for everything that goes to the receiver.
    """

    settlement: Settlement
    ending: Ending | None = None
    retry_after: float | None = None
    hold: float | None = None
    share: float | None = None
    slow_down: bool = False
    receiver_in_trouble: bool = False


class Judge:
    """Judges the answers of one run."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def judge(self, request: OpenRequest, answer: Answer) -> Judgement:
        """Return what the answer to the request's latest attempt means."""
        verdict = answer.verdict
        state = self._state_after(request, verdict)
        failed = self._failed_rows(request, verdict, state)
        waits = state is RequestState.WAITING
        settlement = Settlement(
            request,
            state,
            outcome=verdict.kind.value,
            status=answer.status,
            code=verdict.code or None,
            message=verdict.message or None,
            duration_ms=answer.duration_seconds * 1000,
            sent=len(request.ordinals) - len(failed) if state in (RequestState.SENT, RequestState.PARTLY_SENT) else 0,
            failed=len(failed),
            row_errors=failed,
            excerpt=self._excerpt(request, answer, state),
        )
        retry_after = answer.retry_after if verdict.kind is VerdictKind.TRANSIENT else None
        # Told to go on with a share of the rate, a sender that stops as well would stand still for nothing.
        eased = answer.share is not None
        return Judgement(
            settlement,
            ending=ending_of(verdict, answer),
            retry_after=retry_after,
            hold=None if eased else retry_after,
            share=answer.share,
            slow_down=answer.status == TOO_MANY_REQUESTS and not eased,
            receiver_in_trouble=verdict.kind in RETRIED and not waits,
        )

    def judge_lost(self, request: OpenRequest) -> Settlement:
        """Return what becomes of an attempt whose worker died before it could write the outcome."""
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
            message = "The worker stopped while the request was under way, and sending it again could double it."
        elif request.lost >= retries.MOST_LOST:
            message = f"{request.lost} workers stopped while the request was under way. Look into their logs."
        else:
            return waiting
        failed = [(ordinal, SEND, UNKNOWN, message) for ordinal in request.ordinals]
        return replace(
            waiting, state=RequestState.UNKNOWN, code=UNKNOWN, message=message, failed=len(failed), row_errors=failed
        )

    def _state_after(self, request: OpenRequest, verdict: Verdict) -> RequestState:
        if verdict.kind is VerdictKind.OK:
            return RequestState.PARTLY_SENT if verdict.failed_rows else RequestState.SENT
        if verdict.kind in RETRIED and not retries.is_last(request.attempts, request.lost):
            return RequestState.WAITING
        if verdict.kind is VerdictKind.SPLIT and len(request.ordinals) > 1:
            return RequestState.SPLIT
        if verdict.kind is VerdictKind.UNKNOWN:
            return RequestState.UNKNOWN
        return RequestState.FAILED

    def _failed_rows(self, request: OpenRequest, verdict: Verdict, state: RequestState) -> list[RowError]:
        if state is RequestState.PARTLY_SENT:
            return [
                (request.ordinals[position], SEND, "refused_row", message) for position, message in verdict.failed_rows
            ]
        if state in (RequestState.FAILED, RequestState.UNKNOWN):
            return [(ordinal, SEND, verdict.code, verdict.message) for ordinal in request.ordinals]
        return []

    def _excerpt(self, request: OpenRequest, answer: Answer, state: RequestState) -> tuple[str, str] | None:
        number = request.number
        if state is RequestState.SENT and number >= FIRST_EXCERPTS and number % EXCERPT_EVERY:
            return None
        return self._sender.make_excerpts(request.planned, answer)


def judge_unsent(request: OpenRequest) -> Settlement:
    """Return what becomes of an attempt that was written down and never sent, because its worker stops."""
    return Settlement(request, RequestState.WAITING, outcome=UNSENT, code=UNSENT, lost=True)


def judge_broken_off(request: OpenRequest) -> Settlement:
    """Return what becomes of a call that was still under way when its run had to end."""
    message = "The run ended before the receiver answered. The row may have arrived; check with the receiver."
    failed = [(ordinal, SEND, UNKNOWN, message) for ordinal in request.ordinals]
    return Settlement(
        request,
        RequestState.UNKNOWN,
        outcome=VerdictKind.UNKNOWN.value,
        code=UNKNOWN,
        message=message,
        failed=len(failed),
        row_errors=failed,
    )


def ending_of(verdict: Verdict, answer: Answer) -> Ending | None:
    """Return the end that the answer puts to the whole run, if it does."""
    if verdict.kind in ABORTING:
        return Ending("failed", verdict.code, verdict.message)
    if verdict.kind is VerdictKind.TRANSIENT and (answer.retry_after or 0) > retries.LONGEST_RETRY_AFTER:
        minutes = round((answer.retry_after or 0) / 60)
        message = f"The receiver asks to wait {minutes:,} minutes. Run again after that."
        return Ending("failed", "retry_after_too_long", message)
    return None
