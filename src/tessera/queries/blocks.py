"""Blocks of rows: read from the lines of a binary COPY, and gathered until there are enough. Pure."""

from dataclasses import replace

from tessera.queries.contract import Block
from tessera.queries.errors import QueryTooLargeError

ROWS, CHARACTERS = 256, 128 * 1024


def read_block(fields: list[bytes | None], longest_row: int) -> Block:
    """Return the block of a line as `copy_all` makes it; refuse one with a row that is too long to send."""
    first, rows, whole, data, keys, empty, first_empty, repeated, first_repeated = fields
    if read_number(rows) != read_number(whole):
        raise long_row_error(longest_row)
    return Block(
        first=read_number(first),
        rows=read_number(rows),
        data=(data or b"").decode(),
        keys=None if keys is None else keys.decode(),
        empty_keys=read_number(empty),
        repeated_keys=read_number(repeated),
        first_empty=None if first_empty is None else read_number(first_empty),
        first_repeated=None if first_repeated is None else read_number(first_repeated),
    )


def read_number(field: bytes | None) -> int:
    """Return the number of a binary field."""
    return int.from_bytes(field or b"", "big", signed=True)


def long_row_error(longest_row: int) -> QueryTooLargeError:
    """Return the error about a row that is too long."""
    return QueryTooLargeError(f"A row of the query is longer than {longest_row // 1024} KiB. Select fewer columns.")


class Gathered:
    """Small blocks that follow one another, on their way to be one."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self._characters = 0
        self.last = 0

    @property
    def is_full(self) -> bool:
        """Whether there are enough rows or characters for a block."""
        return self._characters >= CHARACTERS or (bool(self._blocks) and self.last - self._blocks[0].first + 1 >= ROWS)

    def add(self, block: Block) -> None:
        """Append a block."""
        self._blocks.append(block)
        self._characters += len(block.data)
        self.last = block.first + block.rows - 1

    def take(self) -> Block | None:
        """Return everything as one block, None where there is nothing, and begin again."""
        blocks, self._blocks, self._characters = self._blocks, [], 0
        if len(blocks) < 2:
            return blocks[0] if blocks else None
        return replace(
            blocks[0],
            rows=sum(block.rows for block in blocks),
            data=",".join(block.data for block in blocks),
            keys=None if blocks[0].keys is None else ",".join(block.keys or "" for block in blocks),
            empty_keys=sum(block.empty_keys for block in blocks),
            repeated_keys=sum(block.repeated_keys for block in blocks),
            first_empty=next((block.first_empty for block in blocks if block.first_empty), None),
            first_repeated=next((block.first_repeated for block in blocks if block.first_repeated), None),
        )
