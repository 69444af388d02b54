"""What merges come to, whatever the accounts and memberships: every membership is kept exactly once."""

from copy import copy
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tessera.loyalty.accounts.merge_plans import plan_merges
from tessera.loyalty.errors import MergeSourceNotFoundError, MergeTargetNotFoundError
from tessera.loyalty.values.merges import AccountMerge, HeldAccount, Holding

CHAIN = UUID(int=1)
A, B, C, D = (UUID(int=number) for number in range(10, 14))
P, Q, R = (UUID(int=number) for number in range(20, 23))


def account(account_id: UUID, kind: str = "customer", chain_id: UUID = CHAIN) -> HeldAccount:
    return HeldAccount(account_id, chain_id, kind)


def holding(number: int, account_id: UUID, program_id: UUID, *, primary: bool = False) -> Holding:
    return Holding(UUID(int=100 + number), CHAIN, account_id, program_id, primary)


ACCOUNTS = {one: account(one) for one in (A, B, C, D)}


@pytest.mark.parametrize(
    ("holdings", "sources", "moved", "deleted", "primary"),
    [
        ([], [A], [], [], None),
        ([holding(1, A, P)], [A], [1], [], None),
        ([holding(1, A, P), holding(2, D, P)], [A], [], [1], None),
        ([holding(1, A, P, primary=True), holding(2, D, Q, primary=True)], [A], [1], [], 2),
        ([holding(1, A, P, primary=True), holding(2, D, Q)], [A], [1], [], 1),
        ([holding(1, A, P, primary=True), holding(2, B, Q, primary=True)], [A, B], [1, 2], [], 2),
        ([holding(1, A, P, primary=True), holding(2, B, Q, primary=True)], [B, A], [1, 2], [], 1),
        ([holding(1, A, P), holding(2, B, P)], [B, A], [2], [1], None),
        ([holding(1, A, P, primary=True), holding(2, D, P)], [A], [], [1], None),
        ([holding(1, A, P, primary=True), holding(2, B, P, primary=True)], [A, B, A], [1], [2], 1),
    ],
)
def test_target_goes_first(
    holdings: list[Holding], sources: list[UUID], moved: list[int], deleted: list[int], primary: int | None
) -> None:
    held = [copy(one) for one in holdings]
    plan = plan_merges(ACCOUNTS, held, [AccountMerge("customer", sources, D)])

    assert sorted(plan.moved) == [UUID(int=100 + number) for number in moved]
    assert sorted(plan.deleted) == [UUID(int=100 + number) for number in deleted]
    active = [one for one in held if one.id not in plan.deleted]
    assert [one.id.int - 100 for one in active if one.is_primary] == ([] if primary is None else [primary])
    assert {one.account_id for one in active} <= {D}
    assert plan.targets == dict.fromkeys(sources, D)


def test_merges_follow_each_other() -> None:
    held = [holding(1, A, P, primary=True), holding(2, B, Q), holding(3, C, P)]
    plan = plan_merges(ACCOUNTS, held, [AccountMerge("customer", [A], B), AccountMerge("customer", [B], C)])

    assert plan.targets == {A: B, B: C}
    assert (list(plan.moved), list(plan.deleted)) == ([held[1].id], [held[0].id])
    assert held[1].account_id == C


@pytest.mark.parametrize(
    ("merges", "error"),
    [
        ([AccountMerge("company", [A], D)], MergeTargetNotFoundError),
        ([AccountMerge("customer", [A], UUID(int=99))], MergeTargetNotFoundError),
        ([AccountMerge("customer", [A, D], D)], MergeTargetNotFoundError),
        ([AccountMerge("customer", [A], B), AccountMerge("customer", [C], A)], MergeTargetNotFoundError),
        ([AccountMerge("customer", [UUID(int=99)], D)], MergeSourceNotFoundError),
        ([AccountMerge("customer", [UUID(int=50)], D)], MergeSourceNotFoundError),
        ([AccountMerge("customer", [UUID(int=51)], D)], MergeSourceNotFoundError),
        ([AccountMerge("customer", [A], B), AccountMerge("customer", [A], C)], MergeSourceNotFoundError),
    ],
)
def test_wrong_merges_are_refused(merges: list[AccountMerge], error: type[Exception]) -> None:
    foreign = {UUID(int=50): account(UUID(int=50), "company"), UUID(int=51): account(UUID(int=51), chain_id=D)}
    with pytest.raises(error):
        plan_merges({**ACCOUNTS, **foreign}, [], merges)


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Holding], list[AccountMerge]]:
    """Return memberships that keep the rules, and merges that may be made."""
    accounts = [UUID(int=number) for number in range(10, 18)]
    pairs = draw(st.lists(st.tuples(st.sampled_from(accounts), st.sampled_from([P, Q, R])), unique=True))
    primaries: set[UUID] = set()
    held = []
    for number, (account_id, program_id) in enumerate(pairs):
        primary = account_id not in primaries and draw(st.booleans())
        primaries |= {account_id} if primary else set()
        held.append(holding(number, account_id, program_id, primary=primary))
    merges, standing = [], list(accounts)
    for _ in range(draw(st.integers(1, 4))):
        chosen = draw(st.lists(st.sampled_from(standing), min_size=2, unique=True)) if len(standing) > 1 else []
        if chosen:
            merges.append(AccountMerge("customer", chosen[1:], chosen[0]))
            standing = [one for one in standing if one not in chosen[1:]]
    return held, merges


@given(towns())
def test_every_membership_is_kept_exactly_once(town: tuple[list[Holding], list[AccountMerge]]) -> None:
    held, merges = town
    before = {one.id: copy(one) for one in held}
    accounts = {UUID(int=number): account(UUID(int=number)) for number in range(10, 18)}
    plan = plan_merges(accounts, held, merges)

    active = [one for one in held if one.id not in plan.deleted]
    assert plan.moved.keys().isdisjoint(plan.deleted)
    assert {one.id for one in held} == before.keys()
    assert all(one.account_id not in plan.targets for one in active)
    assert len({(one.account_id, one.program_id) for one in active}) == len(active)
    for account_id in accounts:
        assert sum(one.is_primary for one in active if one.account_id == account_id) <= 1
    for one in held:
        known = before[one.id]
        changed = (one.account_id, one.is_primary) != (known.account_id, known.is_primary)
        assert not changed or one.id in plan.moved or one.id in plan.deleted
        assert (one.id in plan.demoted) <= (known.is_primary and not one.is_primary)
    ends = {account_id: follow(plan.targets, account_id) for account_id in accounts}
    kept = {(one.account_id, one.program_id) for one in active}
    assert kept == {(ends[one.account_id], one.program_id) for one in before.values()}
    assert all(one.account_id == ends[before[one.id].account_id] for one in active)


def follow(targets: dict[UUID, UUID], account_id: UUID) -> UUID:
    """Return where the account's memberships end."""
    while account_id in targets:
        account_id = targets[account_id]
    return account_id
