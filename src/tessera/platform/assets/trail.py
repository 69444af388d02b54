"""The audit entry and the event that every change of a profile or template leaves, in its own transaction."""

from collections.abc import Collection, Mapping
from typing import Any

from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events

Values = Mapping[str, Any]


async def record_change(
    session: Session,
    actor: Actor,
    row: Values,
    *,
    kind: str,
    event: str,
    action: str,
    values: tuple[Values | None, Values | None],
) -> None:
    """Write both; `values` are those before and after, secrets already masked."""
    before, after = values
    entry = Entry(action, kind, row["id"], row["internal_name"], row["chain_id"], before=before, after=after)
    await record_entries(session, actor, [entry])
    await record_events(session, [Event(row["chain_id"], event, row["id"], {"internal_name": row["internal_name"]})])


def differences(old: Values, new: Values, *, besides: Collection[str] = ()) -> tuple[Values, Values]:
    """Return what differs, before and after; `besides` names values that changed although they look the same."""
    changed = sorted({key for key in old.keys() | new.keys() if old.get(key) != new.get(key)} | set(besides))
    return {key: old.get(key) for key in changed}, {key: new.get(key) for key in changed}
