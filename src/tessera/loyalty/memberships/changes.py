"""Changes of memberships: what a call asks for, settled against what is there, written in one go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from tessera.access.chains import require_chain
from tessera.loyalty import rules
from tessera.loyalty.authorship import profile_of
from tessera.loyalty.errors import MembershipNotFoundError, TierNotFoundError
from tessera.loyalty.events import MEMBERSHIP_UPDATED
from tessera.loyalty.memberships.creation import name_rival
from tessera.loyalty.store import accounts as account_store
from tessera.loyalty.store import changes as store
from tessera.loyalty.store import memberships as membership_store
from tessera.loyalty.store import tiers as tier_store
from tessera.loyalty.store.lots import sum_ended, take_from_lots
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import Membership, MembershipChange
from tessera.loyalty.values.steps import MembershipStep
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import ChangedMeanwhileError, Session
from tessera.platform.errors import ConflictError
from tessera.platform.events import Event, record_events
from tessera.platform.texts import check_urls


async def update_memberships(
    session: Session, actor: Actor, chain_id: UUID, items: Sequence[MembershipChange], *, now: datetime
) -> list[Membership]:
    """Change all of the memberships or none; return them in the given order.

    Several changes of one membership count as one, the later property winning. What stays as it was is not touched:
    neither its moment of change nor the feed shows it.
    """
    require_chain(actor, chain_id)
    check_urls("url", (item.url for item in items))
    changes = rules.fold_changes(items)
    tiers = await hold_tiers(session, chain_id, changes)
    claims = await hold_claims(session, chain_id, changes)
    held = await hold_memberships(session, chain_id, changes)
    winners = rules.choose_primaries(changes, held)
    check_claims(winners, claims)
    mark = Mark(*profile_of(actor), now)
    steps = [
        rules.apply_change(held[change.id], change, tiers=tiers, winners=winners, mark=mark)
        for change in changes.values()
    ]
    touched = [step for step in steps if step.moves or step.changed]
    demoted = await store.demote_rivals(session, chain_id, winners, mark)
    await write(session, chain_id, touched, actor=actor, mark=mark)
    await record(session, actor, chain_id, touched, demoted=demoted - held.keys())
    results = {**held, **{step.id: step.after for step in touched}}
    ended = await sum_ended(session, chain_id, list(results), now=now)
    results |= {one: replace(results[one], balance=(results[one].balance or 0) - points) for one, points in ended}
    return [results[item.id] for item in items]


async def hold_claims(session: Session, chain_id: UUID, changes: Mapping[UUID, MembershipChange]) -> set[UUID]:
    """Hold the accounts that a change makes a primary membership for, and return them."""
    claimants = [change.id for change in changes.values() if change.is_primary is True]
    if not claimants:
        return set()
    accounts = await store.find_accounts(session, chain_id, claimants)
    await account_store.lock_active_accounts(session, chain_id, sorted(accounts))
    return accounts


async def hold_memberships(
    session: Session, chain_id: UUID, changes: Mapping[UUID, MembershipChange]
) -> dict[UUID, Membership]:
    """Hold the memberships and return them; raise for the first that is not active in the chain."""
    held = await membership_store.lock_active_memberships(session, chain_id, list(changes))
    for membership_id in changes:
        if membership_id not in held:
            raise MembershipNotFoundError(
                f"There is no loyalty membership {membership_id} in the chain.", membership_id=membership_id
            )
    return held


async def hold_tiers(session: Session, chain_id: UUID, changes: Mapping[UUID, MembershipChange]) -> dict[UUID, UUID]:
    """Hold the tiers that memberships change to; return the program of each."""
    ids = sorted({change.tier_id for change in changes.values() if isinstance(change.tier_id, UUID)})
    tiers = await tier_store.lock_active_tiers(session, chain_id, ids) if ids else {}
    for tier_id in ids:
        if tier_id not in tiers:
            raise TierNotFoundError(f"There is no loyalty tier {tier_id} in the chain.", tier_id=tier_id)
    return tiers


def check_claims(winners: Mapping[UUID, UUID], claims: set[UUID]) -> None:
    """Raise where a membership went to another account between the two looks at it."""
    if not winners.keys() <= claims:
        raise ChangedMeanwhileError("A membership moved to another account meanwhile. Repeat the call.")


async def write(session: Session, chain_id: UUID, steps: Sequence[MembershipStep], *, actor: Actor, mark: Mark) -> None:
    """Write the steps, and take from lots what a balance set to less leaves no room for."""
    if not steps:
        return
    traded = rules.find_traded(steps)
    if traded:
        await store.clear_identifiers(session, chain_id, traded)
    try:
        async with session.begin_nested():
            with_lots = await store.write_steps(session, chain_id, steps, source=actor.kind, mark=mark)
    except ConflictError as refusal:
        raise await name_rival(session, chain_id, [step.after for step in steps], refusal) from refusal
    if with_lots:
        spent = [(step.id, step.before.balance, step.after.balance) for step in steps if step.id in with_lots]
        await take_from_lots(session, chain_id, spent, now=mark.now)


async def record(
    session: Session, actor: Actor, chain_id: UUID, steps: Sequence[MembershipStep], *, demoted: set[UUID]
) -> None:
    """Write an event for each membership that changed, and one audit entry with the counts."""
    events = [Event(chain_id, MEMBERSHIP_UPDATED, step.id, payload) for step in steps if (payload := step.payload)]
    events += [Event(chain_id, MEMBERSHIP_UPDATED, item, {"is_primary": False}) for item in sorted(demoted)]
    await record_events(session, events)
    if steps:
        after = {"count": len(steps), "with_points": sum(step.moves for step in steps)}
        only = steps[0].id if len(steps) == 1 else None
        name = "1 membership" if only else f"{len(steps)} memberships"
        await record_entries(session, actor, [Entry("updated", "membership", only, name, chain_id, after=after)])
