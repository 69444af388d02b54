"""Decisions on memberships, programs and tiers: values in, values out."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec import UNSET, UnsetType
from msgspec.structs import asdict, replace

from tessera.loyalty.errors import TierNotFoundError
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import Membership, MembershipChange, NewMembership
from tessera.loyalty.values.programs import Program, ProgramChange, Tier, TierChange
from tessera.loyalty.values.steps import MembershipStep
from tessera.platform.texts import TextLengthError

T = TypeVar("T", bound=Hashable)
C = TypeVar("C", MembershipChange, ProgramChange, TierChange)
R = TypeVar("R", Program, Tier)


def settle_primaries(items: Sequence[NewMembership]) -> Sequence[NewMembership]:
    """Leave each account one primary membership: the last that asks for it."""
    last: dict[UUID, int] = {}
    claims = 0
    for place, item in enumerate(items):
        if item.is_primary:
            last[item.account_id] = place
            claims += 1
    if claims == len(last):
        return items
    return [
        replace(item, is_primary=False) if item.is_primary and last[item.account_id] != place else item
        for place, item in enumerate(items)
    ]


def find_double(values: Iterable[T]) -> T | None:
    """Return the first value that comes a second time."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def find_misplaced_tier(items: Iterable[NewMembership], programs: dict[UUID, UUID]) -> UUID | None:
    """Return the first tier that is unknown or of another program than its membership; `programs` is by tier."""
    for item in items:
        if item.tier_id is not None and programs.get(item.tier_id) != item.program_id:
            return item.tier_id
    return None


# What no two active memberships share, by the code of the refusal.
UNIQUE: Mapping[str, Callable[[Membership], tuple[object, ...]]] = {
    "membership_exists": lambda item: (item.program_id, item.account_id),
    "membership_number_taken": lambda item: (item.program_id, item.membership_number),
    "provider_membership_id_taken": lambda item: (item.program_id, item.provider_membership_id),
}


def find_rival(items: Sequence[Membership], others: Iterable[Membership], code: str) -> int | None:
    """Return the place of the first membership that breaks the rule, against the others or one before it."""
    key_of = UNIQUE.get(code)
    if key_of is None:
        return None
    seen = {key_of(other) for other in others}
    for place, item in enumerate(items):
        key = key_of(item)
        if None not in key and key in seen:
            return place
        seen.add(key)
    return None


def fold_changes(items: Iterable[C]) -> dict[UUID, C]:
    """Return one change for each record, in the order of first mention; a later property goes before an earlier."""
    folded: dict[UUID, C] = {}
    for item in items:
        earlier = folded.get(item.id)
        folded[item.id] = item if earlier is None else replace(earlier, **given_properties(item))
    return folded


def given_properties(change: MembershipChange | ProgramChange | TierChange) -> dict[str, Any]:
    """Return what a change sets or clears; what it keeps is not in it."""
    return {name: value for name, value in asdict(change).items() if value is not UNSET}


def amend(before: R, change: ProgramChange | TierChange, *, now: datetime) -> R:
    """Return the record as the change leaves it; the very same one where nothing differs."""
    differing = {name: value for name, value in given_properties(change).items() if value != getattr(before, name)}
    return replace(before, **differing, updated_at=now) if differing else before


def check_lengths(what: str, texts: Iterable[str | UnsetType], *, longest: int) -> None:
    """Raise for a text that is empty or too long; one that is kept is no matter."""
    for text in texts:
        if text is not UNSET and not 1 <= len(text) <= longest:
            raise TextLengthError(f"The {what} {text[:20]!r} has {len(text)} characters. Give it 1 to {longest}.")


def find_traded_codes(befores: Iterable[Tier], afters: Iterable[Tier]) -> list[UUID]:
    """Return the tiers that give their code to another one of the same call and program."""
    taken = {(after.program_id, after.code): after.id for after in afters}
    return [before.id for before in befores if taken.get((before.program_id, before.code), before.id) != before.id]


def choose_primaries(changes: Mapping[UUID, MembershipChange], held: Mapping[UUID, Membership]) -> dict[UUID, UUID]:
    """Return the membership that becomes primary by account: the last that asks for it."""
    return {held[change.id].account_id: change.id for change in changes.values() if change.is_primary is True}


def apply_change(
    before: Membership,
    change: MembershipChange,
    *,
    tiers: Mapping[UUID, UUID],
    winners: Mapping[UUID, UUID],
    mark: Mark,
) -> MembershipStep:
    """Return the membership before and after the change; raise for a tier of another program.

    `tiers` gives the program of each tier changed to, `winners` the membership that becomes primary by account.
    """
    program_id = before.program_id if change.program_id is UNSET else change.program_id
    primary = before.is_primary if change.is_primary is UNSET else change.is_primary
    winner = winners.get(before.account_id)
    after = Membership(
        before.id,
        before.chain_id,
        before.account_id,
        program_id,
        choose_tier(before, change, program_id, tiers),
        before.state if change.state is UNSET else change.state,
        primary if winner is None else winner == before.id,
        before.membership_number if change.membership_number is UNSET else change.membership_number,
        before.provider_membership_id if change.provider_membership_id is UNSET else change.provider_membership_id,
        before.balance if change.points is UNSET else change.points,
        before.expires_at if change.expires_at is UNSET else change.expires_at,
        before.url if change.url is UNSET else change.url,
        before.creator_kind,
        before.creator_id,
        mark.kind,
        mark.actor_id,
        before.created_at,
        mark.now,
    )
    moves = after.balance != before.balance
    return MembershipStep(before, after, (after.balance or 0) - (before.balance or 0) if moves else None)


def choose_tier(
    before: Membership, change: MembershipChange, program_id: UUID, tiers: Mapping[UUID, UUID]
) -> UUID | None:
    """Return the tier that the membership has then; one of the old program goes with it."""
    if change.tier_id is UNSET:
        return before.tier_id if program_id == before.program_id else None
    if change.tier_id is not None and tiers.get(change.tier_id) != program_id:
        raise TierNotFoundError(
            f"There is no loyalty tier {change.tier_id} in the program {program_id}.", tier_id=change.tier_id
        )
    return change.tier_id


def find_traded(steps: Sequence[MembershipStep]) -> list[UUID]:
    """Return the memberships that give a number or provider id to another one of the same call."""
    wanted = {
        text
        for step in steps
        for text in (step.after.membership_number, step.after.provider_membership_id)
        if text is not None and text not in (step.before.membership_number, step.before.provider_membership_id)
    }
    if not wanted:
        return []
    return [
        step.id
        for step in steps
        if not wanted.isdisjoint((step.before.membership_number, step.before.provider_membership_id))
    ]
