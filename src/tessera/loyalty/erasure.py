"""Clearing what members gave: of records deleted long ago by themselves, of one account on demand."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from tessera.loyalty.authorship import SYSTEM_PROFILE
from tessera.loyalty.errors import AccountNotFoundError
from tessera.loyalty.store import erasure as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Database, Session, change_in_batches

BATCH = 1_000


async def clear_deleted_records(database: Database, *, days: int, now: datetime, batch: int = BATCH) -> int:
    """Clear accounts and memberships deleted that many days ago, a batch a transaction; return how many.

    The records themselves stay: points and other records refer to them.
    """
    before = now - timedelta(days=days)
    total = 0
    for statement in (store.CLEAR_MEMBERSHIPS, store.CLEAR_ACCOUNTS):
        clear = partial(store.clear_deleted, statement=statement, before=before)
        total += await change_in_batches(database, clear, most=batch)
    return total


async def clear_account(session: Session, actor: Actor, account_id: UUID, *, now: datetime) -> None:
    """Clear names and everything else that identifies the person or company; it cannot be undone."""
    actor.require("members:write")
    chains = actor.reach()
    chain_id = await store.clear_account(
        session, account_id, chains=chains, actor_id=actor.id or SYSTEM_PROFILE, now=now
    )
    if chain_id is None:
        raise AccountNotFoundError(f"There is no account {account_id} within reach of {actor.name}.")
    # Without a name, which would be kept here then.
    await record_entries(session, actor, [Entry("cleared", "account", account_id, str(account_id), chain_id)])
