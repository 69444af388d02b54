"""Creation of memberships, in bulk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tessera.access.chains import require_chain
from tessera.loyalty import rules
from tessera.loyalty.authorship import profile_of
from tessera.loyalty.errors import (
    AccountNotFoundError,
    ProgramNotFoundError,
    TierNotFoundError,
)
from tessera.loyalty.events import MEMBERSHIP_UPDATED
from tessera.loyalty.store import accounts as account_store
from tessera.loyalty.store import memberships as store
from tessera.loyalty.store import programs as program_store
from tessera.loyalty.store import tiers as tier_store
from tessera.loyalty.store.changes import demote_rivals
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import Membership, NewMembership
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.errors import ConflictError
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_ids
from tessera.platform.texts import check_urls


async def create_memberships(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[NewMembership], *, now: datetime
) -> list[Membership]:
    """Create all of the memberships or none, in the given order; new primaries take the mark from older ones."""
    require_chain(actor, chain_id)
    check_urls("url", (item.url for item in items))
    items = rules.settle_primaries(items)
    await check_references(session, chain_id, items)
    kind, actor_id = profile_of(actor)
    memberships = [
        Membership(
            membership_id,
            chain_id,
            item.account_id,
            item.program_id,
            item.tier_id,
            item.state,
            item.is_primary,
            item.membership_number,
            item.provider_membership_id,
            item.points,
            item.expires_at,
            item.url,
            kind,
            actor_id,
            kind,
            actor_id,
            now,
            now,
        )
        for membership_id, item in zip(new_ids(len(items)), items, strict=True)
    ]
    winners = {item.account_id: item.id for item in memberships if item.is_primary}
    demoted = await demote_rivals(session, chain_id, winners, Mark(kind, actor_id, now))
    try:
        async with session.begin_nested():
            await store.insert_memberships(session, memberships, source=actor.kind)
    except ConflictError as refusal:
        raise await name_rival(session, chain_id, memberships, refusal) from refusal
    await record(session, actor, memberships, demoted)
    return memberships


async def check_references(session: Session, chain_id: UUID, items: Sequence[NewMembership]) -> None:
    """Hold everything that the memberships refer to; raise for the first that is not active in the chain."""
    program_ids = sorted({item.program_id for item in items})
    programs = await program_store.lock_active_programs(session, chain_id, program_ids)
    for program_id in program_ids:
        if program_id not in programs:
            raise ProgramNotFoundError(f"There is no loyalty program {program_id} in the chain.", program_id=program_id)
    tier_ids = sorted({item.tier_id for item in items if item.tier_id is not None})
    tiers = await tier_store.lock_active_tiers(session, chain_id, tier_ids) if tier_ids else {}
    misplaced = rules.find_misplaced_tier(items, tiers)
    if misplaced is not None:
        raise TierNotFoundError(f"There is no loyalty tier {misplaced} in the program.", tier_id=misplaced)
    account_ids = list(dict.fromkeys(item.account_id for item in items))
    if await account_store.lock_active_accounts(session, chain_id, account_ids) < len(account_ids):
        active = await account_store.hold_accounts(session, [chain_id], account_ids)
        unknown = next(account_id for account_id in account_ids if account_id not in active)
        raise AccountNotFoundError(f"There is no active account {unknown} in the chain.", account_id=unknown)


async def name_rival(
    session: Session, chain_id: UUID, memberships: Sequence[Membership], refusal: ConflictError
) -> ConflictError:
    """Return the refusal with the first of the memberships that it is about."""
    others = await store.find_rivals(session, chain_id, memberships)
    place = rules.find_rival(memberships, others, refusal.code)
    if place is None:
        return refusal
    return type(refusal)(refusal.message, place=place, membership_id=memberships[place].id)


async def record(session: Session, actor: Actor, memberships: Sequence[Membership], demoted: set[UUID]) -> None:
    """Write an event for each membership that lost its mark, and one audit entry with the counts."""
    chain_id = memberships[0].chain_id
    await record_events(
        session, [Event(chain_id, MEMBERSHIP_UPDATED, item, {"is_primary": False}) for item in sorted(demoted)]
    )
    after = {"count": len(memberships), "with_points": sum(item.balance is not None for item in memberships)}
    only = memberships[0].id if len(memberships) == 1 else None
    name = "1 membership" if only else f"{len(memberships)} memberships"
    await record_entries(session, actor, [Entry("created", "membership", only, name, chain_id, after=after)])
