"""Many messages about members that are known, applied together: a handful of statements instead of a dozen each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tessera import loyalty
from tessera.inbound.attributes import BY_NAME
from tessera.inbound.errors import MessageNotFoundError
from tessera.inbound.members import Claim, make_change, newer_values
from tessera.inbound.outcomes import Outcome, applied
from tessera.inbound.sources import Mapped
from tessera.inbound.store import messages as store
from tessera.inbound.values import MessageState
from tessera.platform.db import Session


@dataclass(frozen=True, slots=True)
class MemberUpdate:
    """What a message says of the member with this value of the attribute looked up by."""

    message_id: UUID
    value: str
    mapped: Mapped
    moment: int


async def change_members(session: Session, claim: Claim, messages: Sequence[MemberUpdate]) -> int:
    """Apply the messages whose members are found just so, in their order; return how many. The others still wait.

    All messages of a member are among them or none, so that its order is kept.
    """
    members = await find_members(session, claim, sorted({each.value for each in messages}))
    known = [(each, members[each.value]) for each in messages if each.value in members]
    if not known:
        return 0
    clocks = await store.list_clocks(session, claim.profile_id, [member.id for member in members.values()])
    changes: dict[UUID, dict[str, Any]] = {}
    outcomes = []
    for update, member in known:
        clock, change = clocks.setdefault(member.id, {}), changes.setdefault(member.id, {})
        outcomes.append(fold(claim, update, member, clock=clock, change=change).describe(update.message_id))
    items = [make_change(account_id, values) for account_id, values in changes.items() if values]
    if items:
        await loyalty.update_accounts(session, claim.actor, claim.chain_id, items, now=claim.now)
    await store.write_all_clocks(session, profile_id=claim.profile_id, chain_id=claim.chain_id, clocks=clocks)
    if await store.settle_messages(session, outcomes, claim.now) != len(outcomes):
        raise MessageNotFoundError("Some of the messages wait no longer.")
    return len(outcomes)


async def find_members(session: Session, claim: Claim, values: Sequence[str]) -> Mapping[str, loyalty.Customer]:
    """Return members by the value that they are looked up by, those that have it exactly."""
    field = BY_NAME[claim.rules.lookup_by].field
    if not values:
        return {}
    asked: dict[str, Any] = {f"{field}s": list(values)}
    narrowing = loyalty.CustomerFilter(chain_ids=[claim.chain_id], **asked)
    found = await loyalty.list_customers(session, claim.actor, narrowing)
    return {getattr(member, field): member for member in found}


def fold(
    claim: Claim, update: MemberUpdate, member: loyalty.Customer, *, clock: dict[str, int], change: dict[str, Any]
) -> Outcome:
    """Add one message to what changes of its member, and say what it did."""
    newer = newer_values(claim, update.mapped, clock, update.moment)
    changed = any(change.get(name, value_of(member, name)) != value for name, value in newer.items())
    clock.update(dict.fromkeys(newer, update.moment))
    change.update(newer)
    state = MessageState.UPDATED if changed else MessageState.UNCHANGED
    return applied(state, member.id, update.mapped.notes)


def value_of(member: loyalty.Customer, name: str) -> Any:
    """Return a member's attribute."""
    attribute = BY_NAME[name]
    return getattr(member.address, attribute.line, None) if attribute.line else getattr(member, attribute.field)
