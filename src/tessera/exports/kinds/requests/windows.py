"""Windows of requests, made of spooled rows: a range is read, rendered and numbered."""

from collections.abc import AsyncIterator, Sequence

from tessera.exports.contract import ClaimedShard
from tessera.exports.kinds.requests.requests import OpenRequest, Window
from tessera.exports.spool import NumberedRow, RowReader
from tessera.outbound import RequestRenderer
from tessera.outbound.rendering import PlannedRequest, RowFailure, RunFacts
from tessera.platform.db import Database

RENDER = "render"


class WindowReader:
    """Reads the windows of one shard. The same rows give the same requests, byte for byte, in every worker."""

    def __init__(
        self,
        database: Database,
        claim: ClaimedShard,
        *,
        requests: RequestRenderer,
        facts: RunFacts,
        origins: Sequence[RunFacts],
        numbers: "Numbers",
        rows_per_window: int,
    ) -> None:
        self._rows = RowReader(database, claim)
        self._requests = requests
        self._facts = facts
        self._origins = origins
        self._numbers = numbers
        self._rows_per_window = rows_per_window

    async def windows(self, first_row: int, last_row: int) -> AsyncIterator[Window]:
        """Yield windows over rows `first_row` to `last_row`; nothing stays open between two of them."""
        while first_row <= last_row:
            until = min(first_row + self._rows_per_window - 1, last_row)
            rows = await self._rows.read(first_row, until)
            yield self._plan_window(rows, until)
            first_row = until + 1

    def _plan_window(self, rows: Sequence[NumberedRow], until: int) -> Window:
        plan = self._requests.plan(rows, self._facts, first_index=self._numbers.next_request)
        number = self._numbers.take_window(len(plan.requests))
        requests = [OpenRequest(planned, number, attempts=1) for planned in plan.requests]
        return Window(number, until, requests, [row_error(failure) for failure in plan.failures])

    async def plan_again(self, ordinals: Sequence[int], window_number: int, index: int | None = None) -> PlannedRequest:
        """Render one request again from its rows: after a take-over, or under a new number for half of a split one.

        A request that an earlier run began is made with that run's facts, so that the receiver gets it unchanged; its
        window says which run that was.
        """
        number = self._numbers.take_request() if index is None else index
        facts = self._facts_of(window_number)
        plan = self._requests.plan(await self._rows.find(ordinals), facts, first_index=number)
        # These rows made one request before, so they make one again, or a smaller one.
        (planned,) = plan.requests
        return planned

    def _facts_of(self, window_number: int) -> RunFacts:
        # Windows of earlier runs count down from -1, the parent's.
        before = -window_number
        return self._origins[before - 1] if 0 < before <= len(self._origins) else self._facts


class Numbers:
    """The next free numbers of requests and windows of a shard.

    Numbers of one shard never reach those of the next: n rows make at most n requests, which can be split into 2n.
    """

    def __init__(self, last_request: int, last_window: int, *, first_row: int = 1) -> None:
        least = 3 * (first_row - 1)
        self.next_request = max(last_request + 1, least)
        self.next_window = max(last_window + 1, least)

    def take_window(self, requests: int) -> int:
        """Use up one window number and so many request numbers; return the window's."""
        self.next_request += requests
        self.next_window += 1
        return self.next_window - 1

    def take_request(self) -> int:
        """Use up one request number and return it."""
        self.next_request += 1
        return self.next_request - 1


def row_error(failure: RowFailure) -> tuple[int, str, str, str]:
    """Return the columns of `run_row_errors` for a row that could not be rendered."""
    return (failure.ordinal, RENDER, failure.code, failure.message)
