"""Writes what happens to requests, in groups: many callers, one writer, one transaction at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import psycopg

from tessera.exports.execution.requests import OpenRequest, RowError, Settlement, Window
from tessera.exports.store.run_log import Group, write_group

# An outcome waits for company at most this long, or until so many are there. Both stay well under the 50 ms and the
# 16 outcomes that bound what a crash can make us send twice.
GATHER_SECONDS = 0.012
GATHER_OUTCOMES = 12
KEPT_ROW_ERRORS = 10_000


class Recorder:
    """Callers wait until what they handed in is committed; `write_forever` runs beside them.

    `kept_errors` says how many row errors the run has already.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], run_id: UUID, epoch: int, *, kept_errors: int) -> None:
        self._connection = connection
        self._run_id = run_id
        self._epoch = epoch
        self._kept_errors = kept_errors
        self._group = Group()
        self._waiting: list[asyncio.Future[None]] = []
        self._outcomes = 0
        self._something = asyncio.Event()
        self._enough = asyncio.Event()

    async def record_window(self, window: Window) -> None:
        """Write the window's requests with their first attempts, and its row failures."""
        group = self._group
        self._plan(window.requests)
        group.failed += len(window.row_errors)
        self._keep_errors(window.row_errors)
        group.planned_row = max(group.planned_row, window.last_row)
        self._enough.set()
        await self._committed()

    async def begin_again(self, request: OpenRequest) -> None:
        """Write another attempt of a request that is in the log already."""
        self._group.begun_again.append((request.number, request.attempts))
        self._enough.set()
        await self._committed()

    async def settle(self, settlement: Settlement, children: Sequence[OpenRequest] = ()) -> None:
        """Write the outcome of an attempt, and the requests that a split one becomes."""
        group, request = self._group, settlement.request
        group.settled_attempts.append(settlement.as_attempt())
        group.settled_requests.append(settlement.as_request())
        self._plan(children)
        group.sent += settlement.sent
        group.failed += settlement.failed
        self._keep_errors(settlement.row_errors)
        if settlement.excerpt is not None:
            group.excerpts.append((request.number, request.attempts, *settlement.excerpt))
        self._outcomes += 1
        if self._outcomes >= GATHER_OUTCOMES:
            self._enough.set()
        await self._committed()

    async def write_forever(self) -> None:
        """Write group after group until cancelled; a failure reaches every caller that waits."""
        while True:
            await self._something.wait()
            # Not wait_for: before Python 3.12 it can swallow a cancellation that comes with the outcome.
            with suppress(TimeoutError):
                async with asyncio.timeout(GATHER_SECONDS):
                    await self._enough.wait()
            group, waiting = self._take()
            try:
                await write_group(self._connection, self._run_id, self._epoch, group)
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    def _plan(self, requests: Sequence[OpenRequest]) -> None:
        self._group.planned.extend(request.as_row() for request in requests)
        self._group.bytes += sum(len(request.planned.body or b"") for request in requests)

    def _keep_errors(self, errors: Sequence[RowError]) -> None:
        kept = errors[: max(0, KEPT_ROW_ERRORS - self._kept_errors)]
        self._kept_errors += len(kept)
        # A receiver's own words may hold the one character that the database's texts cannot.
        self._group.row_errors.extend(
            (ordinal, phase, code, message.replace("\x00", "\ufffd")) for ordinal, phase, code, message in kept
        )

    def _take(self) -> tuple[Group, list[asyncio.Future[None]]]:
        taken = self._group, self._waiting
        self._group, self._waiting, self._outcomes = Group(), [], 0
        self._something.clear()
        self._enough.clear()
        return taken

    async def _committed(self) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._something.set()
        await future
