"""Deletion of memberships. They stay readable as deleted, and their ledgers with them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.authorship import profile_of
from tessera.loyalty.errors import MembershipNotFoundError
from tessera.loyalty.events import MEMBERSHIP_DELETED
from tessera.loyalty.store import memberships as store
from tessera.loyalty.values.marks import Mark
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events


async def delete_memberships(
    session: Session, actor: Actor, chain_id: UUID, ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete all of the memberships or none. No other membership becomes primary in their place."""
    require_chain(actor, chain_id)
    wanted = list(dict.fromkeys(ids))
    held = await store.lock_active_memberships(session, chain_id, wanted)
    for membership_id in wanted:
        if membership_id not in held:
            raise MembershipNotFoundError(
                f"There is no loyalty membership {membership_id} in the chain.", membership_id=membership_id
            )
    await store.mark_deleted(session, chain_id, wanted, Mark(*profile_of(actor), now))
    await record(session, actor, chain_id, wanted)


async def record(session: Session, actor: Actor, chain_id: UUID, ids: Sequence[UUID]) -> None:
    """Write an event for each membership, and one audit entry with the count."""
    await record_events(session, [Event(chain_id, MEMBERSHIP_DELETED, item, {}) for item in ids])
    only = ids[0] if len(ids) == 1 else None
    name = "1 membership" if only else f"{len(ids)} memberships"
    await record_entries(
        session, actor, [Entry("deleted", "membership", only, name, chain_id, before={"count": len(ids)})]
    )
