"""What bytes pass through on their way into a file: gzip, zip, a checksum. The same input gives the same bytes."""

import hashlib
import sys
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Protocol
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from tessera.platform.formats.errors import FileRowsExceededError
from tessera.platform.formats.options import Container

# A header of gzip that names no time.
GZIP_BITS = 31
LEVEL = 6
LARGEST_SMALL_ZIP = 2**31 - 1


class Sink(Protocol):
    """What takes bytes: a file, a socket, a list."""

    def write(self, data: bytes, /) -> object:
        """Take all of the bytes."""


class Stage(Sink, Protocol):
    """A sink that passes on what it makes of the bytes, the rest of it when it ends."""

    def end(self) -> None:
        """Pass on what is left."""


class Measured:
    """Counts and digests what passes. Once cut off it lets nothing pass: a failed file gets no proper end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._cut = False
        self.size = 0

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        if not self._cut:
            self._sink.write(data)
            self._digest.update(data)
            self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: zip files want it."""

    def cut(self) -> None:
        """Let nothing pass any more."""
        self._cut = True

    @property
    def checksum(self) -> str:
        """SHA-256 of what passed."""
        return self._digest.hexdigest()


class Plain:
    """Passes bytes on as they are."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> None:
        """Pass bytes on."""
        self._sink.write(data)

    def end(self) -> None:
        """Do nothing: nothing is left."""


class Gzip:
    """Compresses bytes."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_BITS)

    def write(self, data: bytes) -> None:
        """Compress bytes."""
        self._sink.write(self._compressor.compress(data))

    def end(self) -> None:
        """Pass on what is left."""
        self._sink.write(self._compressor.flush())


class OneWay:
    """A sink as zip files want one; it cannot go back, so they write sizes behind the members."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        """Pass bytes on."""
        self._sink.write(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: nothing is kept."""


class Zip:
    """Packs bytes as the last member of a zip file; more than 2 GB of them only if it is a `large` one.

    Programs in Java 17 and older refuse a streamed zip file of the large kind (zip64) while its member is small.
    """

    def __init__(self, sink: Sink, name: str, *, before: Mapping[str, str] | None = None, large: bool = False) -> None:
        self._room = sys.maxsize if large else LARGEST_SMALL_ZIP
        self._stack = ExitStack()
        archive = self._stack.enter_context(ZipFile(OneWay(sink), "w"))  # type: ignore[call-overload]
        for each, content in (before or {}).items():
            archive.writestr(member(each), content)
        self._member = self._stack.enter_context(archive.open(member(name), "w", force_zip64=large))

    def write(self, data: bytes) -> None:
        """Compress bytes."""
        self._room -= len(data)
        if self._room < 0:
            raise FileRowsExceededError(
                "The rows are more than 2 GB before they are compressed: more than an XLSX file can hold, or a zip "
                "file that was expected to be small. Choose CSV with gzip, or select fewer rows."
            )
        self._member.write(data)

    def end(self) -> None:
        """Pass on what is left, and the directory."""
        self._stack.close()


def member(name: str) -> ZipInfo:
    """Describe a member that names no time, and that its reader may read and write."""
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, 3, 0o644 << 16
    return info


def open_container(kind: Container, sink: Sink, inner_name: str, *, large: bool) -> Stage:
    """Return what packs a file; `inner_name` is what it is called inside a zip file."""
    if kind is Container.ZIP:
        return Zip(sink, inner_name, large=large)
    return Gzip(sink) if kind is Container.GZIP else Plain(sink)
