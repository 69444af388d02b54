"""Deletion of accounts, customers and companies alike, once they hold no membership any more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty.accounts.changes import count_in_words
from tessera.loyalty.authorship import SYSTEM_PROFILE
from tessera.loyalty.errors import AccountInUseError, AccountNotFoundError
from tessera.loyalty.events import COMPANY_DELETED, CUSTOMER_DELETED
from tessera.loyalty.store import accounts as account_store
from tessera.loyalty.store import companies as store
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events

DELETED = {"customer": CUSTOMER_DELETED, "company": COMPANY_DELETED}


async def delete_accounts(
    session: Session, actor: Actor, chain_id: UUID, ids: Sequence[UUID], *, now: datetime
) -> None:
    """Delete all of the accounts or none. They stay readable as deleted."""
    require_chain(actor, chain_id)
    wanted = list(dict.fromkeys(ids))
    held = await account_store.hold_accounts(session, [chain_id], wanted)
    for account_id in wanted:
        if account_id not in held:
            raise AccountNotFoundError(f"There is no account {account_id} in the chain.", account_id=account_id)
    # New memberships hold their account first, so none can appear behind this look.
    holders = await account_store.find_members(session, chain_id, wanted)
    if holders:
        raise AccountInUseError(
            f"The account {min(holders)} holds memberships. Delete them first.", account_id=min(holders)
        )
    await store.mark_deleted(session, [chain_id], wanted, actor_id=actor.id or SYSTEM_PROFILE, now=now)
    kinds = [held[account_id].kind for account_id in wanted]
    await record_events(
        session, [Event(chain_id, DELETED[kind], item, {}) for item, kind in zip(wanted, kinds, strict=True)]
    )
    only = wanted[0] if len(wanted) == 1 else None
    entries = [
        Entry("deleted", kind, only, count_in_words(count, kind), chain_id, before={"count": count})
        for kind in dict.fromkeys(kinds)
        if (count := kinds.count(kind))
    ]
    await record_entries(session, actor, entries)
