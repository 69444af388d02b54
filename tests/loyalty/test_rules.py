"""Decisions on values."""

from uuid import UUID

from tessera.loyalty import NewMembership
from tessera.loyalty.rules import find_double, find_misplaced_tier, settle_primaries

ADA, BOB, PROGRAM, TIER, OTHER = (UUID(int=number) for number in range(1, 6))


def member(account: UUID, *, primary: bool = False, tier: UUID | None = None) -> NewMembership:
    return NewMembership(account_id=account, program_id=PROGRAM, is_primary=primary, tier_id=tier)


def test_last_primary_of_an_account_wins() -> None:
    items = [member(ADA, primary=True), member(BOB, primary=True), member(ADA), member(ADA, primary=True), member(ADA)]

    assert [item.is_primary for item in settle_primaries(items)] == [False, True, False, True, False]


def test_settled_primaries_stay() -> None:
    items = [member(ADA, primary=True), member(BOB)]

    assert settle_primaries(items) is items


def test_second_coming_is_found() -> None:
    assert find_double([3, 1, 2, 1, 3]) == 1
    assert find_double([1, 2, 3]) is None


def test_tier_of_another_program_is_found() -> None:
    assert find_misplaced_tier([member(ADA), member(BOB, tier=TIER)], {TIER: PROGRAM}) is None
    assert find_misplaced_tier([member(ADA), member(BOB, tier=TIER)], {TIER: OTHER}) == TIER
    assert find_misplaced_tier([member(BOB, tier=TIER)], {}) == TIER
