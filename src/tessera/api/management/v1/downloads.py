"""Answers that are files: sent in pieces, after the operation's transaction was committed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote

OCTETS = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Download:
    """A file with its name and size; its pieces can be read once."""

    name: str
    size: int
    chunks: AsyncIterator[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """The headers that let a client save the file under its name."""
        return {
            "Content-Type": OCTETS,
            "Content-Length": str(self.size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name, safe='')}",
        }
