"""Writes what happens to requests, in groups: many callers, one transaction at a time."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import psycopg

from tessera.connectors.paces import WaitPeriod, WaitReason
from tessera.exports.contract import ClaimedShard
from tessera.exports.kinds.requests.requests import OpenRequest, RowError, Settlement, Window
from tessera.exports.store.run_log import Group, write_group
from tessera.platform.batching import Batcher

# An outcome waits for company at most this long, or until so many are there. Both stay well under the 50 ms and the
# 16 outcomes that bound what a crash can make us send twice.
GATHER_SECONDS = 0.012
GATHER_OUTCOMES = 12

# Requests wait for a place in flight all the time: that is no news.
WAITS = {
    WaitReason.RATE: "the connection profile allows no more at a time",
    WaitReason.RETRY_AFTER: "the receiver asked to wait",
    WaitReason.RATE_LIMIT_HEADER: "the receiver's limit was used up",
    WaitReason.BREAKER: "the receiver did not answer, and was tried again now and then",
}

Addition = Callable[[Group], None]


class Recorder:
    """Callers wait until what they handed in is committed."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], claim: ClaimedShard) -> None:
        self._connection = connection
        self._claim = claim
        self._waits: list[str] = []
        self._additions: Batcher[Addition, None] = Batcher(self._write, seconds=GATHER_SECONDS, enough=GATHER_OUTCOMES)

    async def record_window(self, window: Window) -> None:
        """Write the window's requests with their first attempts, and its row failures."""
        await self._add_now(partial(self._add_window, window))

    async def begin_again(self, request: OpenRequest) -> None:
        """Write another attempt of a request that is in the log already."""
        begun = (request.number, request.attempts)
        await self._add_now(lambda group: group.begun_again.append(begun))

    async def settle(self, settlement: Settlement, children: Sequence[OpenRequest] = ()) -> None:
        """Write the outcome of an attempt, and the requests that a split one becomes."""
        await self._additions.submit(partial(self._add_settlement, settlement, children))

    def note_wait(self, period: WaitPeriod) -> None:
        """Let the time line say what requests waited for; it is written with the next outcomes."""
        if period.reason in WAITS:
            self._waits.append(f"{period.ended - period.started:,.0f} s: {WAITS[period.reason]}")

    async def finish(self) -> None:
        """Wait until everything handed in is written, also by callers that were cancelled since."""
        if self._waits:
            await self._add_now(lambda _: None)
        await self._additions.finish()

    async def close(self) -> None:
        """Break off what is being written."""
        await self._additions.close()

    async def _add_now(self, addition: Addition) -> None:
        # What is about to be sent waits for no company.
        await self._additions.submit(addition, weight=GATHER_OUTCOMES)

    async def _write(self, additions: Sequence[Addition]) -> None:
        group = Group()
        for add in additions:
            add(group)
        group.waits, self._waits = self._waits, []
        await write_group(self._connection, self._claim, group)

    def _add_window(self, window: Window, group: Group) -> None:
        self._plan(window.requests, group)
        group.failed += len(window.row_errors)
        self._keep_errors(window.row_errors, group)
        group.planned_row = max(group.planned_row, window.last_row)

    def _add_settlement(self, settlement: Settlement, children: Sequence[OpenRequest], group: Group) -> None:
        request = settlement.request
        group.settled_attempts.append(settlement.as_attempt())
        group.settled_requests.append(settlement.as_request())
        self._plan(children, group)
        group.sent += settlement.sent
        group.failed += settlement.failed
        self._keep_errors(settlement.row_errors, group)
        if settlement.sent and self._claim.keeps_states:
            refused = {error[0] for error in settlement.row_errors}
            group.accepted.extend(ordinal for ordinal in request.ordinals if ordinal not in refused)
        if settlement.excerpt is not None:
            group.excerpts.append((request.number, request.attempts, *settlement.excerpt))

    @staticmethod
    def _plan(requests: Sequence[OpenRequest], group: Group) -> None:
        group.planned.extend(request.as_row() for request in requests)
        group.bytes += sum(len(request.planned.body or b"") for request in requests)

    @staticmethod
    def _keep_errors(errors: Sequence[RowError], group: Group) -> None:
        # A receiver's own words may hold the one character that the database's texts cannot.
        group.row_errors.extend(
            (ordinal, phase, code, message.replace("\x00", "\ufffd")) for ordinal, phase, code, message in errors
        )
