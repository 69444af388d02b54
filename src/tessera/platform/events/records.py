"""Events, written in the transaction of the change they describe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from tessera.platform.db import Session, as_array, driver

# For statements that write events about the very rows they change.
INSERT_EVENTS = "INSERT INTO events (chain_id, name, subject_id, payload)"
INSERT = (
    f"{INSERT_EVENTS} "  # noqa: S608 - constants
    "SELECT * FROM unnest(%(chains)s::uuid[], %(names)s::text[], %(subjects)s::uuid[], %(payloads)s::jsonb[])"
).encode()
ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to `subject_id`; `name` is `noun.past` and public API: it never changes."""

    chain_id: UUID
    name: str
    subject_id: UUID
    payload: Mapping[str, Any]


async def record_events(session: Session, events: Sequence[Event]) -> None:
    """Write the events into the caller's transaction, in order."""
    if not events:
        return
    connection = await driver(session)
    await connection.execute(
        INSERT,
        {
            "chains": as_array([event.chain_id for event in events]),
            "names": as_array([event.name for event in events]),
            "subjects": as_array([event.subject_id for event in events]),
            "payloads": as_array([ENCODER.encode(event.payload).decode() for event in events]),
        },
        prepare=False,
    )
