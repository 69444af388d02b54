"""Rows and their keys as digests, and blocks of them as PostgreSQL takes them fastest. Pure.

A fingerprint is of the row's JSON text, so equal rows have equal ones, whichever engine and version made them.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from struct import Struct

import msgspec

from tessera.queries import Block

DIGEST_BYTES = 16
SIXTEEN = DIGEST_BYTES.to_bytes(4, "big")
TEXT, UUID = 25, 2950  # type numbers of the elements
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
END = b"\xff\xff"
FIELDS, LONG = Struct("!hii"), Struct("!i")
ARRAY = Struct("!iiiii")

split_arrays = msgspec.json.Decoder(list[msgspec.Raw]).decode


def digest(text: bytes) -> bytes:
    """Return 16 bytes that stand for the text."""
    return blake2b(text, digest_size=DIGEST_BYTES).digest()


def pack_block(block: Block) -> bytes:
    """Return the block as a line of a binary COPY: its first row; rows, keys, fingerprints, shown keys as arrays."""
    rows = split(block.data)
    keys = split(block.keys or "")
    fields = (
        pack_array(TEXT, map(pack_text, rows), len(rows)),
        pack_array(UUID, (SIXTEEN + digest(key) for key in keys), len(rows)),
        pack_array(UUID, (SIXTEEN + digest(row) for row in rows), len(rows)),
        pack_array(TEXT, map(pack_text, keys), len(rows)),
    )
    return FIELDS.pack(1 + len(fields), 4, block.first) + b"".join(LONG.pack(len(field)) + field for field in fields)


def split(arrays: str) -> Sequence[bytes]:
    """Return the JSON arrays, which have commas between, one by one as they are written."""
    return [bytes(each) for each in split_arrays(f"[{arrays}]")]


def pack_text(text: bytes) -> bytes:
    """Return an element of an array of texts."""
    return LONG.pack(len(text)) + text


def pack_array(element: int, elements: Iterable[bytes], count: int) -> bytes:
    """Return an array of one dimension."""
    return ARRAY.pack(1, 0, element, count, 1) + b"".join(elements)
