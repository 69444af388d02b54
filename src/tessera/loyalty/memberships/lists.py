"""Lists of memberships."""

from datetime import datetime

from tessera.access.chains import narrow_chains
from tessera.loyalty.store import memberships as store
from tessera.loyalty.values.memberships import Membership, MembershipFilter
from tessera.platform.actors import Actor
from tessera.platform.db import Reader, Session
from tessera.platform.paging import CursorNotFoundError


async def list_memberships(
    session: Session | Reader, actor: Actor, narrowing: MembershipFilter, *, now: datetime
) -> list[Membership]:
    """Return a page of memberships, newest first; points that are over by now are in no balance."""
    chain_ids = narrow_chains(actor, narrowing.chain_ids)
    found = await store.select_memberships(session, chain_ids, narrowing, reach=actor.reach() or chain_ids, now=now)
    if found is None:
        raise CursorNotFoundError(f"There is no loyalty membership {narrowing.cursor} to continue after.")
    return found
