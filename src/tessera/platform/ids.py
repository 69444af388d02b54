"""Ids are UUIDv7: ordered by creation, so that indexes stay small."""

from uuid import UUID

import msgspec
import uuid_utils

ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(list[UUID])


def new_id() -> UUID:
    """Return a new id, later than every id made before by this process."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def new_ids(count: int) -> list[UUID]:
    """Return `count` new ids in rising order."""
    # The JSON reader makes the values in C, three times as fast as their own constructor.
    return DECODER.decode(ENCODER.encode([str(uuid_utils.uuid7()) for _ in range(count)]))


def parse_id(text: str) -> UUID | None:
    """Return the id that `text` spells in either case with hyphens, or None."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
