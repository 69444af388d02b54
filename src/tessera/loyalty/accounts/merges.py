"""Merges of accounts: the target survives, the sources become inactive and their memberships move."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import narrow_chains
from tessera.loyalty.accounts.merge_plans import plan_merges
from tessera.loyalty.authorship import SYSTEM_PROFILE, profile_of
from tessera.loyalty.events import ACCOUNT_MERGED, MEMBERSHIP_DELETED, MEMBERSHIP_UPDATED
from tessera.loyalty.points.transfers import hand_over_points
from tessera.loyalty.store import accounts as account_store
from tessera.loyalty.store import merges as store
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.merges import AccountMerge, HeldAccount, MergePlan
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.db import Session
from tessera.platform.events import Event, record_events


async def merge_accounts(
    session: Session, actor: Actor, chain_id: UUID | None, merges: Sequence[AccountMerge], *, now: datetime
) -> None:
    """Make all of the merges, one after the other, or none. Without a chain, of accounts in any of the actor's.

    A membership in a program that the target has one of already is deleted, and the one that stays gets its points.
    """
    ids = [account_id for merge in merges for account_id in (merge.target_id, *merge.source_ids)]
    accounts = await account_store.hold_accounts(session, narrow_chains(actor, chain_id), ids)
    holdings = await store.hold_memberships(session, accounts)
    plan = plan_merges(accounts, holdings, merges)
    mark = Mark(*profile_of(actor), now)
    moved = await pass_points_on(session, actor, plan, now=now)
    if plan.moved:
        await store.move_memberships(session, list(plan.moved.values()), mark)
    if plan.deleted:
        await store.delete_memberships(session, list(plan.deleted.values()), mark)
    await store.write_merges(session, accounts, plan.targets, actor_id=actor.id or SYSTEM_PROFILE, mark=mark)
    await record(session, actor, accounts, plan, moved)


async def pass_points_on(session: Session, actor: Actor, plan: MergePlan, *, now: datetime) -> dict[UUID, int]:
    """Give the points of memberships that go to those that stay; return how many each gave."""
    chains: dict[UUID, list[tuple[UUID, UUID]]] = {}
    for giver_id, heir_id in plan.heirs.items():
        chains.setdefault(plan.deleted[giver_id].chain_id, []).append((giver_id, heir_id))
    moved: dict[UUID, int] = {}
    for chain_id, pairs in chains.items():
        moved |= await hand_over_points(session, actor, chain_id, pairs, now=now)
    return moved


async def record(
    session: Session,
    actor: Actor,
    accounts: Mapping[UUID, HeldAccount],
    plan: MergePlan,
    moved: Mapping[UUID, int],
) -> None:
    """Write an event for each membership and source, and one audit entry for each target."""
    events = [
        Event(item.chain_id, MEMBERSHIP_UPDATED, item.id, move_payload(plan, item.id, item.account_id))
        for item in plan.moved.values()
    ]
    events += [
        Event(item.chain_id, MEMBERSHIP_DELETED, item.id, end_payload(plan, item.id, moved))
        for item in plan.deleted.values()
    ]
    events += [
        Event(accounts[source_id].chain_id, ACCOUNT_MERGED, source_id, {"source_id": source_id, "target_id": target_id})
        for source_id, target_id in plan.targets.items()
    ]
    await record_events(session, events)
    sources: dict[UUID, list[UUID]] = {}
    for source_id, target_id in plan.targets.items():
        sources.setdefault(target_id, []).append(source_id)
    entries = [
        Entry(
            "merged",
            accounts[target_id].kind,
            target_id,
            f"{len(ids)} into 1 {accounts[target_id].kind}",
            accounts[target_id].chain_id,
            after={"source_ids": ids},
        )
        for target_id, ids in sources.items()
    ]
    await record_entries(session, actor, entries)


def move_payload(plan: MergePlan, membership_id: UUID, account_id: UUID) -> dict[str, Any]:
    """Return the payload of the event of a membership that moved."""
    demotion = {"is_primary": False} if membership_id in plan.demoted else {}
    return {"account_id": account_id, **demotion}


def end_payload(plan: MergePlan, membership_id: UUID, moved: Mapping[UUID, int]) -> dict[str, Any]:
    """Return the payload of the event of a membership that was merged: where its points are now."""
    return {"merged_into_id": plan.heirs[membership_id], "points": moved.get(membership_id, 0)}
