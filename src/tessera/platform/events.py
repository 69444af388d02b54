"""Events: what happened, written in the transaction in which it happened. News travels upward as these rows only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.db import Session

INSERT = text(
    "INSERT INTO events (chain_id, name, subject_id, payload) "
    "SELECT * FROM unnest("
    "cast(:chains AS uuid[]), cast(:names AS text[]), cast(:subjects AS uuid[]), cast(:payloads AS jsonb[]))"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to `subject_id`; `name` is `room.noun.past` and API for ever."""

    chain_id: UUID
    name: str
    subject_id: UUID
    payload: Mapping[str, Any]


async def record_events(session: Session, events: Sequence[Event]) -> None:
    """Write the events into the caller's transaction, in order."""
    if not events:
        return
    await session.execute(
        INSERT,
        {
            "chains": [event.chain_id for event in events],
            "names": [event.name for event in events],
            "subjects": [event.subject_id for event in events],
            "payloads": [msgspec.json.encode(event.payload).decode() for event in events],
        },
    )
