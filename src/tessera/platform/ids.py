"""Ids are UUIDs, of two kinds.

What is made in bulk and never shortened - memberships, transfers, runs, events, messages, deliveries, sessions, tokens,
requests, addresses - has UUIDv7: ordered by creation, so that indexes stay small. What people and clients see, and
shorten - accounts, programs, tiers, chains, enterprises, users, roles, API keys, profiles, encryption keys, queries,
templates, export definitions, webhook subscriptions - has ids that begin with random digits. No list of
these is in the order of ids.
"""

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
    return read_ids([str(uuid_utils.uuid7()) for _ in range(count)])


def new_random_id() -> UUID:
    """Return a new id whose first digits are unlike those of every other."""
    return UUID(bytes=uuid_utils.uuid4().bytes)


def new_random_ids(count: int) -> list[UUID]:
    """Return `count` new ids whose first digits differ, in rising order."""
    return read_ids(sorted([str(uuid_utils.uuid4()) for _ in range(count)]))


def read_ids(texts: list[str]) -> list[UUID]:
    """Return the ids; the JSON reader makes them in C, three times as fast as their own constructor."""
    return DECODER.decode(ENCODER.encode(texts))


def parse_id(text: str) -> UUID | None:
    """Return the id that `text` spells in either case with hyphens, or None."""
    try:
        return UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
