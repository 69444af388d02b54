"""Movements of the ledger, and the balance at an instant."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.points.ledger import unknown_membership
from tessera.loyalty.store import ledger as store
from tessera.loyalty.store import lots as lot_store
from tessera.loyalty.values.ledger import Lot
from tessera.loyalty.values.points import Balance, Expiring, Movement
from tessera.platform.actors import Actor
from tessera.platform.db import Session


async def list_movements(
    session: Session, actor: Actor, chain_id: UUID, membership_id: UUID, *, before: int | None = None, count: int = 100
) -> list[Movement]:
    """Return movements of a membership, newest first; with `before` those of lower sequences only."""
    require_chain(actor, chain_id)
    if not await store.is_active_membership(session, chain_id, membership_id):
        raise unknown_membership(membership_id)
    return await store.select_page(session, chain_id, membership_id, before=before, count=count)


async def get_balance(
    session: Session, actor: Actor, chain_id: UUID, membership_id: UUID, *, at: datetime | None, now: datetime
) -> Balance:
    """Return a membership's points at an instant, without one: now.

    In the past that is the sum of the movements written until then. Now and in the future it is what is in the
    books, without points that are over by then, and as if no more were earned or spent.
    """
    require_chain(actor, chain_id)
    standing = await lot_store.read_standing(session, chain_id, membership_id)
    if standing is None:
        raise unknown_membership(membership_id)
    if at is not None and at < now:
        balance = await store.sum_until(session, chain_id, membership_id, at)
        return Balance(membership_id, at, balance, None, None, None)
    return look_ahead(membership_id, *standing, at=at or now)


def look_ahead(membership_id: UUID, balance: int | None, lots: Sequence[Lot], *, at: datetime) -> Balance:
    """Return the points at an instant that is not over, by the lots."""
    alive = [lot for lot in lots if not lot.has_ended(at)]
    if balance is not None:
        balance -= sum(lot.remaining for lot in lots) - sum(lot.remaining for lot in alive)
    pending = sum(lot.remaining for lot in alive if lot.is_pending(at))
    moments = [lot.expires_at for lot in alive if lot.expires_at is not None]
    expiring = None
    if moments:
        first = min(moments)
        expiring = Expiring(first, sum(lot.remaining for lot in alive if lot.expires_at == first))
    return Balance(membership_id, at, balance, max((balance or 0) - pending, 0), pending, expiring)
