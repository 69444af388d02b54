"""What a run that leaves as a file keeps of its definition: plain JSON, read by this kind alone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tessera.platform.formats import FileColumn, FileOptions


@dataclass(frozen=True, slots=True)
class FileDocument:
    """How the file is written, and where it goes to; without a connector it is kept here to be fetched.

    `positions` says where in a row the columns stand, None where they are all of them.
    """

    options: FileOptions
    columns: tuple[FileColumn, ...]
    positions: tuple[int, ...] | None
    folder: str
    time_zone: str
    connector: str | None
    recipients: tuple[UUID, ...] = ()
    signing_key: UUID | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of date and time in the file's name."""
        return ZoneInfo(self.time_zone)

    @property
    def kept_here(self) -> bool:
        """Whether the file goes nowhere, but is fetched."""
        return self.connector is None


def write_document(document: FileDocument) -> Any:
    """Return plain JSON."""
    return msgspec.to_builtins(document)


def read_document(stored: Mapping[str, Any]) -> FileDocument:
    """Return what plain JSON holds."""
    return msgspec.convert(stored, FileDocument)
