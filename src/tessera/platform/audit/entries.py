"""Audit entries, written in the transaction of the change they describe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from tessera.platform.actors import Actor
from tessera.platform.db import Session

INSERT = (
    "INSERT INTO audit_entries (chain_id, actor_kind, actor_id, actor_name, origin, request_id, action,"
    " object_kind, object_id, object_name, before, after) "
    "VALUES (:chain_id, :actor_kind, :actor_id, :actor_name, :origin, :request_id, :action,"
    " :object_kind, :object_id, :object_name, cast(:before AS jsonb), cast(:after AS jsonb))"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change. `before` and `after` hold only the properties that differ, secrets already masked as `***`."""

    action: str
    kind: str
    object_id: UUID | None
    object_name: str
    chain_id: UUID | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def record_entries(session: Session, actor: Actor, entries: Sequence[Entry]) -> None:
    """Write the entries into the caller's transaction."""
    if entries:
        from sqlalchemy import text

        await session.execute(text(INSERT), [parameters_of(actor, entry) for entry in entries])


def parameters_of(actor: Actor, entry: Entry) -> dict[str, Any]:
    """Return one entry's row."""
    return {
        "chain_id": entry.chain_id,
        "actor_kind": actor.kind.value,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "origin": actor.origin,
        "request_id": actor.request_id,
        "action": entry.action,
        "object_kind": entry.kind,
        "object_id": entry.object_id,
        "object_name": entry.object_name,
        "before": encode(entry.before),
        "after": encode(entry.after),
    }


def encode(values: Mapping[str, Any] | None) -> str | None:
    """Return the values as JSON text, None as SQL null."""
    return None if values is None else msgspec.json.encode(values).decode()
