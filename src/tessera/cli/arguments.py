"""Arguments that are judged as they are read, before a command loads or starts anything."""

from collections.abc import AsyncIterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

import typer

from tessera.platform.errors import InvalidError


class IdInvalidError(InvalidError):
    """A text that should be an id is none."""

    code = "id_invalid"


class MomentInvalidError(InvalidError):
    """A text that should be a moment is none."""

    code = "moment_invalid"


class FileUnusableError(InvalidError):
    """A file that was named cannot be read or written."""

    code = "file_unusable"


def require_id(text: str) -> UUID:
    """Return the id that was typed."""
    if not text.strip():
        raise IdInvalidError(
            "The id is empty. Copy one from a list, such as `tessera run list` or `tessera token list`."
        )
    try:
        return UUID(text if len(text) == len(str(UUID(int=0))) else "")
    except ValueError:
        raise IdInvalidError(
            f"{text} is not an id. An id looks like 0190b3c4-5d6e-7f80-9123-456789abcdef; lists show it."
        ) from None


def parse_moment(text: str) -> datetime:
    """Return the moment that was typed; one without a zone is this machine's own."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise MomentInvalidError(
            f"{text} is not a moment. Write 2027-01-31, 2027-01-31T18:00 or 2027-01-31T18:00+01:00."
        ) from None


def read_file(path: Path) -> str:
    """Return the text of a file, or of standard input for `-`, without a byte order mark."""
    try:
        text = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise FileUnusableError(f"{path} cannot be read: {reason}. Name a text file that this user may read.") from None
    return text.removeprefix("\ufeff")


def write_file(path: Path, text: str) -> None:
    """Write a text to a file."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileUnusableError(f"{path} cannot be written: {error.strerror}. Name another file.") from None


async def write_parts(path: Path, parts: AsyncIterator[str]) -> None:
    """Write a text that comes in parts to a file, or to standard output for `-`."""
    try:
        with nullcontext(typer.get_text_stream("stdout")) if str(path) == "-" else open_new(path) as file:
            async for part in parts:
                file.write(part)
    except OSError as error:
        raise FileUnusableError(f"{path} cannot be written: {error.strerror}. Name another file.") from None


def open_new(path: Path) -> TextIO:
    """Open a file for a text whose lines stay as they are."""
    return path.open("w", encoding="utf-8", newline="")


def ask_secret(name: str) -> str:
    """Ask for a secret without showing it; take it from a pipe where there is no terminal."""
    stdin = typer.get_text_stream("stdin")
    return str(typer.prompt(name, hide_input=True)) if stdin.isatty() else stdin.readline().rstrip("\r\n")
