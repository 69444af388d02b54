"""Delivers the file of a run: write, transfer, give it its name, then the control file; each step is written down.

A worker that takes over goes on behind the last step that was written down. The file appears under its name when it is
whole, and its rows count as sent in the transaction that notes this. Either all rows are in the file or there is none.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import ExitStack, suppress
from typing import Any

from tessera.connectors.files import FileMissingError, FileTransferBrokenError
from tessera.exports.contract import Shipment
from tessera.exports.errors import LeaseLostError
from tessera.exports.kinds.files import retries
from tessera.exports.kinds.files.contents import Content, make_content
from tessera.exports.kinds.files.document import read_document
from tessera.exports.kinds.files.outlets import Outlet, open_outlet
from tessera.exports.kinds.files.recorder import FileProgress, FileRecorder
from tessera.exports.results import COMPLETED, STOPPED, RunResult
from tessera.exports.states import FileState, RunState
from tessera.platform.errors import TesseraError, UnavailableError
from tessera.platform.formats import EmptyResult, render_control_file

# A cancelled run ends within 5 s: a name that is being given is waited for, then what was transferred is deleted.
PUBLISHING_SECONDS, WITHDRAWING_SECONDS, STEP_SECONDS = 1.5, 1.0, 0.1
EMPTY = RunResult(
    "failed",
    "empty_result",
    "The run has no rows to send, and its export says that it fails then. Check the query, or change that rule.",
)


class FileDelivery:
    """The file of one run in one worker."""

    def __init__(self, shipment: Shipment) -> None:
        self._shipment = shipment
        self._document = read_document(shipment.claim.snapshot.destination)
        self._recorder = FileRecorder(shipment.resources.database, shipment.claim)
        self._content: Content | None = None
        self._publishing = False
        self._settling = False
        self._unsure = False
        self._lost = False
        self._silent = False

    async def run(self) -> RunResult:
        """Deliver the file, or go on where another worker left it; return how the run ends."""
        if self._shipment.claim.last_row == 0:
            ending = await self._judge_empty()
            if ending is not None:
                return ending
        file = await self._recorder.open_file(self._document)
        if file.state in (FileState.FAILED, FileState.SKIPPED):
            # The worker that ended it died before it could end the run.
            return RunResult("failed" if file.state is FileState.FAILED else "cancelled", *file.fault)
        with ExitStack() as stack:
            try:
                ending = await self._unless_ended(self._deliver(file, stack))
            except LeaseLostError:
                raise
            except TesseraError as error:
                return await self._fail(file, error)
        return ending or await self._break_off(file)

    async def _judge_empty(self) -> RunResult | None:
        """Return how a run without rows ends, None where a file without rows is sent."""
        rule = self._document.options.empty_result
        if rule is EmptyResult.SEND and not await self._recorder.is_baseline():
            return None
        if rule is EmptyResult.FAIL and not await self._recorder.is_baseline():
            return EMPTY
        await self._recorder.note("file_left_out", "There are no rows to send.")
        return COMPLETED

    async def _deliver(self, file: FileProgress, stack: ExitStack) -> RunResult:
        """Try until the file and its control file are where they belong."""
        attempt = 1
        while not file.is_done:
            try:
                await self._attempt(file, stack)
            except UnavailableError as error:
                if retries.is_last(attempt):
                    raise
                wait = retries.choose_wait(attempt)
                await self._recorder.note_fault(error, wait)
                await asyncio.sleep(wait)
                attempt += 1
            finally:
                self._publishing = False
        return COMPLETED

    async def _attempt(self, file: FileProgress, stack: ExitStack) -> None:
        """Do what is left to do over one connection."""
        if file.state in (FileState.WRITING, FileState.UPLOADING):
            await self._write(file, stack)
        await self._recorder.begin_attempt()
        async with open_outlet(self._shipment) as outlet:
            if file.state in (FileState.WRITING, FileState.UPLOADING):
                await self._upload(file, outlet)
            if file.state is FileState.UPLOADED:
                await self._publish(file, outlet)
            if file.state is FileState.SENT and not file.is_done:
                await self._put_control(file, outlet)

    async def _write(self, file: FileProgress, stack: ExitStack) -> None:
        """Write the file on this machine, once."""
        if self._content is None:
            self._content = await make_content(self._shipment, self._document, file.inner_name, stack)
            rows, size = self._content.rows, self._content.size
            await self._recorder.note("file_written", f"{file.name}: {rows:,} rows, {size:,} bytes")

    async def _upload(self, file: FileProgress, outlet: Outlet) -> None:
        """Transfer the file under its hidden name."""
        file.state = FileState.UPLOADING
        content = self._content
        assert content is not None
        size = await outlet.upload(file.name, content.chunks())
        if size != content.size:
            raise FileTransferBrokenError(
                f"Only {size:,} of {content.size:,} bytes of {file.name} arrived. It is transferred again."
            )
        self._publishing = True
        await self._recorder.keep_uploaded(file, content)

    async def _publish(self, file: FileProgress, outlet: Outlet) -> None:
        """Give the file its name; an upload that is gone is made once more."""
        assert file.size is not None
        self._publishing = True
        try:
            await outlet.publish(file.name, file.size)
        except FileMissingError as error:
            self._publishing = False
            if self._lost:
                raise
            self._lost = True
            await self._recorder.keep_lost(file, error.message)
            return
        self._publishing, self._settling = False, True
        try:
            await self._recorder.keep_sent(file)
        finally:
            self._settling = False

    async def _put_control(self, file: FileProgress, outlet: Outlet) -> None:
        """Write the control file beside the file."""
        assert file.control_name is not None
        text = render_control_file(self._document.options, file.rows or 0)
        await outlet.put(file.control_name, once(text))
        await self._recorder.keep_controlled(file)

    async def _unless_ended(self, work: Coroutine[Any, Any, RunResult]) -> RunResult | None:
        """Return what the work returns, or None when it was broken off because the run should end.

        While the file is given its name, the work is waited for, so that it is known whether it has it; and what is
        known is written down, however long that takes.
        """
        task, ending = asyncio.create_task(work), self._shipment.lease.ending
        both: list[asyncio.Future[Any]] = [task, ending]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if self._publishing:
                await asyncio.wait([task], timeout=PUBLISHING_SECONDS)
            while self._settling and not task.done():
                await asyncio.wait([task], timeout=STEP_SECONDS)
            self._unsure = self._publishing and not task.done()
            return await task if task.done() else None
        finally:
            self._silent = not await end_task(task)

    async def _break_off(self, file: FileProgress) -> RunResult:
        """End the file because the run should end, unless another worker goes on with it."""
        ending = self._shipment.lease.ending.result()
        if self._unsure and ending is not STOPPED:
            await self._recorder.note("file_unsure", "The store did not say whether the file has its name. Look there.")
        if ending is not STOPPED and file.state is not FileState.SENT:
            await self._withdraw(file)
            state = FileState.SKIPPED if ending.state == RunState.CANCELLED else FileState.FAILED
            await self._recorder.end_file(state, ending.code, ending.message)
        return ending

    async def _fail(self, file: FileProgress, error: TesseraError) -> RunResult:
        """End the file with what was wrong."""
        if file.state is FileState.SENT:
            message = f"The file {file.name} was sent, but not its control file: {error.message}"
            return RunResult("failed", error.code, message)
        if not isinstance(error, UnavailableError):
            await self._withdraw(file)
        await self._recorder.end_file(FileState.FAILED, error.code, error.message)
        return RunResult("failed", error.code, error.message)

    async def _withdraw(self, file: FileProgress) -> None:
        """Delete what was transferred and has no name yet, if that is quickly done."""
        if file.state is FileState.WRITING or self._silent:
            return
        task = asyncio.create_task(self._discard(file))
        await asyncio.wait([task], timeout=WITHDRAWING_SECONDS)
        await end_task(task)

    async def _discard(self, file: FileProgress) -> None:
        with suppress(TesseraError):
            async with open_outlet(self._shipment) as outlet:
                await outlet.discard(file.name)


async def end_task(task: asyncio.Task[Any]) -> bool:
    """End a task; say whether it did so in a moment.

    A store cleans up in several steps, and each may wait for a server that does not answer: they are broken off one
    by one.
    """
    patience, silent = WITHDRAWING_SECONDS, False
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=patience)
        silent, patience = silent or not task.done(), STEP_SECONDS
    await asyncio.gather(task, return_exceptions=True)
    return not silent


async def once(data: bytes) -> AsyncIterator[bytes]:
    """Yield the bytes."""
    yield data
