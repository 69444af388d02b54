"""Chains and enterprises: made by administrators and the demo, read by everybody."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.loyalty.errors import ChainReachError, UnknownCursorError
from tessera.loyalty.reach import require_chain
from tessera.loyalty.store import chains as store
from tessera.loyalty.values.chains import Chain, Enterprise, EnterpriseFilter, LinkedEnterprise, NewEnterprise
from tessera.platform.audit import Entry, record_entries
from tessera.platform.auth import Actor
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_id


async def create_chains(session: Session, actor: Actor, names: Sequence[str], *, now: datetime) -> list[Chain]:
    """Create chains; only somebody who sees every chain may, because nobody else could see them afterwards."""
    if actor.chains is not None:
        raise ChainReachError(
            f"{actor.name} sees only some chains and would not see a new one. Ask somebody who sees every chain."
        )
    chains = [Chain(new_id(), name, now, now) for name in names]
    await store.insert_chains(session, [chain.id for chain in chains], names, now)
    await record_entries(session, actor, [Entry("created", "chain", item.id, item.name, item.id) for item in chains])
    return chains


async def list_chains(session: Session | Reader, actor: Actor) -> list[Chain]:
    """Return the actor's chains by name."""
    return await store.select_chains(session, None if actor.chains is None else sorted(actor.chains))


async def create_enterprises(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewEnterprise], *, now: datetime
) -> list[Enterprise]:
    """Create enterprises of one chain."""
    require_chain(actor, chain_id)
    ids = [item.id or new_id() for item in items]
    await store.insert_enterprises(session, chain_id, ids, items, now)
    entries = [
        Entry("created", "enterprise", enterprise_id, item.name, chain_id)
        for enterprise_id, item in zip(ids, items, strict=True)
    ]
    await record_entries(session, actor, entries)
    return await store.select_enterprises(session, [chain_id], ids)


async def list_enterprises(
    session: Session | Reader, actor: Actor, *, ids: Sequence[UUID] | None = None
) -> list[Enterprise]:
    """Return the enterprises of the actor's chains, oldest first."""
    return await store.select_enterprises(session, None if actor.chains is None else sorted(actor.chains), ids)


async def list_linked_enterprises(
    session: Session | Reader, actor: Actor, narrowing: EnterpriseFilter
) -> list[LinkedEnterprise]:
    """Return a page of the enterprises that the acting access token reaches, newest first."""
    found = await store.select_linked_enterprises(session, actor.id, narrowing)
    if found is None:
        raise UnknownCursorError(f"There is no enterprise {narrowing.cursor} to continue after.")
    return found
