"""How long messages are kept: their bodies, which identify persons, for days; their outcomes for months."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from tessera.inbound.receipts import purpose_of
from tessera.inbound.store import messages as store
from tessera.platform.db import Session, change_in_batches
from tessera.platform.resealing import Resealing
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

# In one transaction, so that none is long.
MOST, RESEALED = 2_000, 500


async def purge_messages(resources: Resources) -> int:
    """Delete bodies and messages past their days; what still waits is kept. Return how many were touched."""
    settings, now = resources.settings, resources.clock()
    bodies, rows = now - timedelta(days=settings.inbound_body_days), now - timedelta(days=settings.inbound_message_days)
    clocks = now - timedelta(days=settings.inbound_clock_days)
    pieces = ((store.forget_bodies, bodies), (store.forget_messages, rows), (store.forget_clocks, clocks))
    total = 0
    for forget, before in pieces:
        total += await change_in_batches(resources.database, partial(forget, before=before), most=MOST)
    return total


async def reseal_messages(session: Session, keys: KeyRing) -> int:
    """Seal every kept body with the newest key; return how many changed."""
    changed = 0
    after: UUID | None = None
    while rows := await store.list_sealed(session, after=after, limit=RESEALED):
        bodies = [
            {"id": row["id"], "sealed_body": keys.reseal(row["sealed_body"], purpose_of(row["id"]))}
            for row in rows
            if not keys.is_current(row["sealed_body"])
        ]
        await store.replace_bodies(session, bodies)
        changed += len(bodies)
        after = rows[-1]["id"]
    return changed


RESEALING = Resealing("the bodies of {} inbound message", reseal_messages)
