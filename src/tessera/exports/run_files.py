"""Files of runs: what became of each, and the content of those that are kept here to be fetched."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tessera.exports.errors import RunFileNotFoundError
from tessera.exports.runs import Run, get_run
from tessera.exports.states import FileState
from tessera.exports.store import run_files as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Database, Session
from tessera.platform.files import KeptFiles
from tessera.platform.ids import parse_id
from tessera.platform.settings import Settings

FOLDER = "exports"


@dataclass(frozen=True, slots=True)
class RunFile:
    """The file of a run. `name` is below the root path of the profile; `rows` does not count the header."""

    run_id: UUID
    name: str
    control_name: str | None
    state: FileState
    size: int | None
    checksum: str | None
    rows: int | None
    attempts: int
    created_at: datetime
    uploaded_at: datetime | None
    published_at: datetime | None
    control_at: datetime | None
    error_code: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class OpenedRunFile:
    """A file on its way to a person: its chunks can be read once, and also after the file was deleted."""

    name: str
    size: int
    chunks: AsyncIterator[bytes]


def kept_files(data_dir: Path) -> KeptFiles:
    """Return the folder of files that are fetched here; a file has the id of its run as its name there."""
    return KeptFiles(data_dir, FOLDER)


async def find_run_file(session: Session, actor: Actor, *, run_id: UUID) -> RunFile | None:
    """Return what became of the file of a run; None for a run that has come to none."""
    await get_run(session, actor, run_id=run_id)
    row = await store.find_file(session, run_id)
    return None if row is None else make_file(row)


async def open_run_file(session: Session, actor: Actor, *, run_id: UUID, settings: Settings) -> OpenedRunFile:
    """Open a file that is kept here, and note who fetched it; where it describes members, for those who may see them.

    Its chunks are read after the transaction, which has to be committed before they are given away.
    """
    run = await get_run(session, actor, run_id=run_id)
    if run.personal:
        actor.require("members:read")
    row = await store.find_file(session, run_id)
    if row is None or row["state"] != FileState.SENT:
        raise RunFileNotFoundError(f"This run of {run.definition_label} has made no file. See its time line for why.")
    if run.profile is not None:
        raise RunFileNotFoundError(
            f"The file {row['name']} went to the connection profile {run.profile} and is not kept here. Fetch it there."
        )
    chunks = kept_files(settings.data_dir).open(str(run_id))
    if chunks is None:
        raise RunFileNotFoundError(
            f"The file {row['name']} is not kept any more, or lies on another machine's disk: files are kept for "
            f"{settings.request_log_days} days. Run the export again."
        )
    await record_fetch(session, actor, run, row)
    return OpenedRunFile(row["name"], row["size"], chunks)


async def record_fetch(session: Session, actor: Actor, run: Run, row: Mapping[str, Any]) -> None:
    """Note in the audit log who fetched the file."""
    after = {"file": row["name"], "rows": row["rows"], "size": row["size"]}
    entry = Entry("file_downloaded", "run", run.id, run.definition_name, run.chain_id, after=after)
    await record_entries(session, actor, [entry])


async def purge_files(database: Database, settings: Settings) -> int:
    """Delete the kept files of this machine that are past their days, and what runs left that ended without one."""
    kept = kept_files(settings.data_dir)
    found = {run_id: name for name in kept.names() if (run_id := parse_id(name)) is not None}
    if not found:
        return 0
    async with database.session() as session:
        wanted = await store.list_kept(session, list(found), settings.request_log_days)
    gone = [name for run_id, name in found.items() if run_id not in wanted]
    kept.delete(gone)
    return len(gone)


def make_file(row: Mapping[str, Any]) -> RunFile:
    """Turn a stored row into the value that doors see."""
    values = {name: row[name] for name in RunFile.__slots__}
    return RunFile(**{**values, "state": FileState(row["state"])})
