"""What is written down about a run's file, step by step, each in a transaction that only the shard's worker wins."""

import posixpath
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tessera.exports.contract import ClaimedShard
from tessera.exports.errors import LeaseLostError
from tessera.exports.kinds.files.contents import Content
from tessera.exports.kinds.files.document import FileDocument
from tessera.exports.states import FileState
from tessera.exports.store import row_states
from tessera.exports.store import run_files as store
from tessera.exports.store import runs as runs_store
from tessera.exports.store import shards as shards_store
from tessera.platform.db import Database, Session, driver
from tessera.platform.errors import TesseraError
from tessera.platform.formats import NameFacts, render_names


@dataclass(slots=True)
class FileProgress:
    """How far the file is, as it is written down; `size` and `rows` are known from the first upload on."""

    name: str
    inner_name: str
    control_name: str | None
    state: FileState
    size: int | None = None
    rows: int | None = None
    controlled: bool = False
    fault: tuple[str | None, str | None] = (None, None)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state is FileState.SENT and (self.controlled or self.control_name is None)


class FileRecorder:
    """Writes for one shard that this worker holds."""

    def __init__(self, database: Database, claim: ClaimedShard) -> None:
        self._database = database
        self._claim = claim

    async def open_file(self, document: FileDocument) -> FileProgress:
        """Return how far the file is; the first worker that comes to it fixes its names."""
        async with self._guarded() as session:
            row = await store.find_file(session, self._claim.run_id)
            if row is None:
                number = await store.next_number(session, self._claim.definition_id)
                names = make_names(self._claim, document, number)
                row = await store.insert_file(session, self._claim.run_id, names)
        return make_progress(row)

    async def is_baseline(self) -> bool:
        """Say whether the run only wrote down which rows there are."""
        async with self._database.session() as session:
            return await row_states.is_baseline(await driver(session), self._claim)

    async def note(self, kind: str, message: str) -> None:
        """Write a line of the time line."""
        async with self._guarded() as session:
            await runs_store.add_moment(session, self._claim.run_id, kind, message)

    async def begin_attempt(self) -> None:
        """Write a transfer down before it begins."""
        async with self._guarded() as session:
            await store.begin_attempt(session, self._claim.run_id, self._claim.shard)

    async def keep_uploaded(self, file: FileProgress, content: Content) -> None:
        """Note that the file lies whole where it goes to."""
        facts = {"size": content.size, "rows": content.rows, "checksum": content.checksum}
        async with self._guarded() as session:
            await store.set_uploaded(session, self._claim.run_id, facts)
            await runs_store.add_moment(session, self._claim.run_id, "file_uploaded", f"{content.size:,} bytes")
        file.state, file.size, file.rows = FileState.UPLOADED, content.size, content.rows

    async def keep_sent(self, file: FileProgress) -> None:
        """Note that the file has its name: its rows are sent, and accepted as they are, in this very transaction."""
        claim = self._claim
        async with self._database.session() as session:
            if claim.keeps_states:
                # Before the shard is locked: it takes seconds, and the lease has to be renewed meanwhile.
                await row_states.accept_all(await driver(session), claim, last=claim.last_row or 0)
            await self._lock(session)
            await store.set_sent(session, claim.run_id, claim.shard)
            await runs_store.add_moment(session, claim.run_id, "file_published", file.name)
        file.state = FileState.SENT

    async def keep_lost(self, file: FileProgress, message: str) -> None:
        """Note that the upload is not there any more."""
        async with self._guarded() as session:
            await store.set_lost(session, self._claim.run_id)
            await runs_store.add_moment(session, self._claim.run_id, "file_lost", message)
        file.state = FileState.UPLOADING

    async def keep_controlled(self, file: FileProgress) -> None:
        """Note that the control file was written."""
        async with self._guarded() as session:
            await store.set_controlled(session, self._claim.run_id)
            await runs_store.add_moment(session, self._claim.run_id, "control_published", file.control_name or "")
        file.controlled = True

    async def note_fault(self, error: TesseraError, wait: float) -> None:
        """Note why a transfer failed, and when the next begins."""
        async with self._guarded() as session:
            await store.note_fault(session, self._claim.run_id, code=error.code, message=error.message)
            message = f"{error.message} The next attempt is in {wait:g} s."
            await runs_store.add_moment(session, self._claim.run_id, "file_retried", message)

    async def end_file(self, state: FileState, code: str | None = None, message: str | None = None) -> None:
        """End a file that is not sent; one that is stays so."""
        async with self._guarded() as session:
            await store.end_file(session, self._claim.run_id, state, code=code, message=message)

    @asynccontextmanager
    async def _guarded(self) -> AsyncIterator[Session]:
        async with self._database.session() as session:
            await self._lock(session)
            yield session

    async def _lock(self, session: Session) -> None:
        claim = self._claim
        if not await shards_store.lock_shard(session, claim.run_id, claim.shard, claim.epoch):
            raise LeaseLostError


def make_names(claim: ClaimedShard, document: FileDocument, number: int) -> dict[str, str | None]:
    """Return the names of a run's file; its moment is the one that it was due at, or started."""
    moment = claim.scheduled_for or claim.started_at
    facts = NameFacts(claim.snapshot.definition, moment, document.zone, claim.run_id, number)
    names = render_names(document.options, facts)
    return {
        "name": posixpath.join(document.folder, names.final),
        "inner_name": names.inner,
        "control_name": posixpath.join(document.folder, names.control) if document.options.control_file else None,
    }


def make_progress(row: Mapping[str, Any]) -> FileProgress:
    """Return how far a stored file is."""
    names = ("name", "inner_name", "control_name", "size", "rows")
    return FileProgress(
        **{name: row[name] for name in names},
        state=FileState(row["state"]),
        controlled=row["control_at"] is not None,
        fault=(row["error_code"], row["error"]),
    )
