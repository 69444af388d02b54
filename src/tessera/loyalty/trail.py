"""The events and audit entries that changes of programs and tiers leave, in the transaction of the change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.structs import asdict

from tessera.loyalty.values.programs import Program, Tier
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events

Record = Program | Tier


class Change(NamedTuple):
    """What was done to what: the words of the audit log, and the event's name."""

    action: str
    kind: str
    event: str


async def note_additions(
    session: Session,
    actor: Actor,
    deed: Change,
    records: Sequence[Record],
    payload_of: Callable[[Any], Mapping[str, Any]],
) -> None:
    """Write an event for each new record, and one audit entry; `payload_of` gives an event's content."""
    await record_events(session, [Event(item.chain_id, deed.event, item.id, payload_of(item)) for item in records])
    await note_each_chain(session, actor, deed, records, side="after")


async def note_deletions(session: Session, actor: Actor, deed: Change, records: Sequence[Record]) -> None:
    """Write an event for each deleted record, and one audit entry for each chain."""
    await record_events(session, [Event(item.chain_id, deed.event, item.id, {}) for item in records])
    await note_each_chain(session, actor, deed, records, side="before")


async def note_changes(
    session: Session, actor: Actor, deed: Change, befores: Mapping[UUID, Record], afters: Sequence[Record]
) -> None:
    """Write an event and an audit entry for each record, with the properties that differ."""
    events, entries = [], []
    for after in afters:
        old, new = differences(befores[after.id], after)
        events.append(Event(after.chain_id, deed.event, after.id, new))
        entries.append(Entry(deed.action, deed.kind, after.id, after.name, after.chain_id, before=old, after=new))
    await record_events(session, events)
    await record_entries(session, actor, entries)


def differences(before: Record, after: Record) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the properties that differ, as they were and as they are; the moment of change aside."""
    old, new = asdict(before), asdict(after)
    names = [name for name in new if new[name] != old[name] and name != "updated_at"]
    return {name: old[name] for name in names}, {name: new[name] for name in names}


async def note_each_chain(
    session: Session, actor: Actor, deed: Change, records: Sequence[Record], *, side: str
) -> None:
    """Write one audit entry for each chain: of one record with its name, of several with their number."""
    chains: dict[UUID, list[Record]] = {}
    for item in records:
        chains.setdefault(item.chain_id, []).append(item)
    entries = []
    for chain_id, items in chains.items():
        summary = {"count": len(items), "codes": [item.code for item in items]}
        only = items[0] if len(items) == 1 else None
        name = only.name if only else f"{len(items)} {deed.kind}s"
        entries.append(Entry(deed.action, deed.kind, only.id if only else None, name, chain_id, **{side: summary}))
    await record_entries(session, actor, entries)
