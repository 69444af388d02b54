"""Trying parked rows again: what is known of their refusals is forgotten, and the next run sends them."""

from collections.abc import Sequence
from uuid import UUID

from tessera.exports.definitions import KIND, get_definition
from tessera.exports.store import parked_rows as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session


async def forget_refusals(
    session: Session, actor: Actor, *, definition_id: UUID, keys: Sequence[UUID] | None = None
) -> int:
    """Let the next run send parked rows again: those of these keys, or all; return how many they are."""
    actor.require("exports:write")
    definition = await get_definition(session, actor, definition_id=definition_id)
    changes = definition.selection.changes
    if changes is None:
        return 0
    count = await store.forget_refusals(session, definition_id, changes.most_refusals, keys)
    if count:
        entry = Entry(
            "refusals_forgotten",
            KIND,
            definition.id,
            definition.internal_name,
            definition.chain_id,
            after={"rows": count},
        )
        await record_entries(session, actor, [entry])
    return count
