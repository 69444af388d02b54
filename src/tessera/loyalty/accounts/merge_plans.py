"""What merges of accounts come to: values in, values out."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from tessera.loyalty.errors import MergeSourceNotFoundError, MergeTargetNotFoundError
from tessera.loyalty.values.merges import AccountMerge, HeldAccount, Holding, MergePlan

Shelves = dict[UUID, list[Holding]]


def plan_merges(
    accounts: Mapping[UUID, HeldAccount], holdings: Iterable[Holding], merges: Sequence[AccountMerge]
) -> MergePlan:
    """Return what becomes of the accounts' active memberships when the merges happen one after the other.

    Raises for a source or target that is not an active account of the kind, or that an earlier merge took away.
    """
    shelves: Shelves = {}
    for holding in holdings:
        shelves.setdefault(holding.account_id, []).append(holding)
    plan = MergePlan()
    for merge in merges:
        sources = list(dict.fromkeys(merge.source_ids))
        check_merge(accounts, plan, merge)
        move_shelves(shelves, plan, sources, merge.target_id)
        plan.targets |= dict.fromkeys(sources, merge.target_id)
    return plan


def check_merge(accounts: Mapping[UUID, HeldAccount], plan: MergePlan, merge: AccountMerge) -> None:
    """Raise unless target and sources are there to be merged."""
    target = accounts.get(merge.target_id)
    if target is None or target.kind != merge.kind or target.id in plan.targets or target.id in merge.source_ids:
        raise MergeTargetNotFoundError(
            f"The {merge.kind} {merge.target_id} cannot be merged into: it is not active, or among the sources.",
            account_id=merge.target_id,
        )
    for source_id in merge.source_ids:
        source = accounts.get(source_id)
        if (
            source is None
            or source_id in plan.targets
            or (source.kind, source.chain_id) != (merge.kind, target.chain_id)
        ):
            raise MergeSourceNotFoundError(
                f"There is no active {merge.kind} {source_id} in the chain of the target.", account_id=source_id
            )


def move_shelves(shelves: Shelves, plan: MergePlan, sources: Sequence[UUID], target_id: UUID) -> None:
    """Move the sources' memberships to the target, but for those of programs that it has one of already.

    Of several sources' memberships in one program the first in request order moves. Where the target has no primary
    membership, the last primary one that moves stays so.
    """
    shelf = shelves.setdefault(target_id, [])
    programs = {holding.program_id: holding.id for holding in shelf}
    moving = []
    for holding in [holding for source_id in sources for holding in shelves.pop(source_id, ())]:
        if holding.program_id in programs:
            plan.moved.pop(holding.id, None)
            plan.demoted.discard(holding.id)
            plan.deleted[holding.id] = holding
            plan.heirs[holding.id] = programs[holding.program_id]
        else:
            programs[holding.program_id] = holding.id
            moving.append(holding)
    primaries = [] if any(holding.is_primary for holding in shelf) else [one for one in moving if one.is_primary]
    for holding in moving:
        if holding.is_primary and (not primaries or holding is not primaries[-1]):
            holding.is_primary = False
            plan.demoted.add(holding.id)
        holding.account_id = target_id
        plan.moved[holding.id] = holding
    shelf += moving
