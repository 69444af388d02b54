"""Values of a run in progress: the open request, a window of them, and the settlement of one attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tessera.exports.results import RunResult
from tessera.exports.states import RequestState
from tessera.outbound.rendering import PlannedRequest
from tessera.platform.http import RateLimit

RowError = tuple[int, str, str, str]


@dataclass(slots=True)
class OpenRequest:
    """A request on its way. `attempts` counts those begun, `lost` those that died with their worker."""

    planned: PlannedRequest
    window_number: int
    parent: int | None = None
    attempts: int = 0
    lost: int = 0

    @property
    def number(self) -> int:
        """Number of the request in its run, from 0."""
        return self.planned.index

    @property
    def ordinals(self) -> Sequence[int]:
        """Spool numbers of its rows."""
        return self.planned.ordinals

    def as_row(self) -> tuple[Any, ...]:
        """Return the columns of `run_requests` that a plan writes."""
        planned, ordinals = self.planned, self.planned.ordinals
        first, last = ordinals[0], ordinals[-1]
        return (
            planned.index,
            self.window_number,
            self.parent,
            first,
            last,
            len(ordinals),
            left_out(ordinals),
            planned.path,
            planned.idempotency_key,
            len(planned.body or b""),
            self.attempts,
        )


@dataclass(frozen=True, slots=True)
class Window:
    """Requests that are planned and committed together; it covers every row up to `last_row`."""

    number: int
    last_row: int
    requests: Sequence[OpenRequest]
    row_errors: Sequence[RowError]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one attempt came to, and what that means for its request, its rows, the pace and the run.

    `retry_after` is for the request alone, `hold` for everything that goes to the receiver.
    """

    request: OpenRequest
    state: RequestState
    outcome: str
    status: int | None = None
    code: str | None = None
    message: str | None = None
    duration_ms: float | None = None
    sent: int = 0
    failed: int = 0
    row_errors: Sequence[RowError] = ()
    excerpt: tuple[str, str] | None = None
    lost: bool = False
    ending: RunResult | None = None
    retry_after: float | None = None
    hold: float | None = None
    share: float | None = None
    slow_down: bool = False
    receiver_in_trouble: bool = False
    rate_limit: RateLimit | None = None

    def as_attempt(self) -> tuple[Any, ...]:
        """Return the columns of `run_attempts`."""
        request = self.request
        return (
            request.number,
            request.attempts,
            self.outcome,
            self.status,
            self.code,
            self.message,
            self.duration_ms,
        )

    def as_request(self) -> tuple[Any, ...]:
        """Return the columns of `run_requests`."""
        return (
            self.request.number,
            self.state.value,
            self.sent,
            int(self.lost),
            self.status,
            self.code,
            self.duration_ms,
        )


def left_out(ordinals: Sequence[int]) -> str | None:
    """Return the gaps between first and last as an array literal; None where there are none, which is nearly always."""
    if ordinals[-1] - ordinals[0] + 1 == len(ordinals):
        return None
    missing = set(range(ordinals[0], ordinals[-1])) - set(ordinals)
    return "{" + ",".join(map(str, sorted(missing))) + "}"
