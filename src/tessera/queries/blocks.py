"""Blocks of rows, read from the lines that the COPY of a selection gives. Pure."""

from collections.abc import Sequence

from tessera.queries.contract import Block
from tessera.queries.errors import QueryTooLargeError
from tessera.queries.store.statements import EMPTY, LONGEST_ROW, REPEATED

# A block has at most so many rows, and is not added to once it has so many bytes.
ROWS, BYTES = 256, 128 * 1024
# How a row ends in a line without a key and without a fault, as nearly all do.
SOUND = "]\t\t\n"


def read_block(lines: Sequence[bytes | memoryview], *, first: int, with_keys: bool) -> Block:
    """Return the block of these lines, the first of which is row `first`; refuse one that is too long to send."""
    text = b",".join(lines).decode()
    if not with_keys and text.count(SOUND) == len(lines):
        return Block(first, len(lines), text.replace(SOUND, "]"))
    return read_fields([bytes(line).decode().removesuffix("\n").split("\t") for line in lines], first, with_keys)


def read_fields(lines: Sequence[Sequence[str]], first: int, with_keys: bool) -> Block:
    """Return the block of lines that were cut into row, key and faults."""
    rows, keys, faults = zip(*lines, strict=True)
    if not all(rows):
        raise long_row_error()
    empty = [number for number, fault in enumerate(faults, first) if EMPTY in fault]
    repeated = [number for number, fault in enumerate(faults, first) if REPEATED in fault]
    return Block(
        first=first,
        rows=len(rows),
        data=",".join(rows),
        keys=",".join(keys) if with_keys else None,
        empty_keys=len(empty),
        repeated_keys=len(repeated),
        first_empty=empty[0] if empty else None,
        first_repeated=repeated[0] if repeated else None,
    )


def long_row_error() -> QueryTooLargeError:
    """Return the error about a row that is too long."""
    return QueryTooLargeError(f"A row of the query is longer than {LONGEST_ROW // 1024} KiB. Select fewer columns.")
