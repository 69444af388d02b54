"""References between assets: one table says what refers to what.

Saving an asset writes its references in the same transaction, and holds what they lead to until it ends
(FOR KEY SHARE, by a foreign key or by the store that owns the target). Deleting an asset locks it first
(FOR UPDATE), then asks here; so a deletion sees every reference, and a referrer finds a target that stays.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from tessera.platform.assets import store
from tessera.platform.assets.errors import InUseError
from tessera.platform.db import Session

MOST_LISTED, MOST_NAMED = 20, 5


@dataclass(frozen=True, slots=True)
class Target:
    """What an asset refers to; with `carries_secrets` the asset's own secrets go where the target leads."""

    kind: str
    id: UUID
    carries_secrets: bool = False


@dataclass(frozen=True, slots=True)
class Referrer:
    """An asset that refers to another one."""

    kind: str
    id: UUID
    label: str


async def record_references(session: Session, kind: str, row: Mapping[str, Any], targets: Collection[Target]) -> None:
    """Write what the asset refers to now; the caller's transaction holds the targets and saves the asset."""
    source = {"kind": kind, **{name: row[name] for name in ("id", "chain_id", "label")}}
    await store.replace(session, source, [asdict(target) for target in targets])


async def forget_references(session: Session, kind: str, asset_id: UUID) -> None:
    """Delete the references of an asset that is deleted."""
    await store.delete(session, kind, asset_id)


async def list_referrers(session: Session, kind: str, asset_id: UUID, *, secret: bool = False) -> list[Referrer]:
    """Return the first assets that refer to it, by kind and label; with `secret` those that send secrets there."""
    rows = await store.list_referrers(session, kind, asset_id, secret=secret, limit=MOST_LISTED)
    return [Referrer(**row) for row in rows]


async def list_targets(session: Session, kind: str, ids: Sequence[UUID], to_kind: str) -> Mapping[UUID, list[UUID]]:
    """Return what each of these assets refers to, of one kind; those that refer to none are left out."""
    found: dict[UUID, list[UUID]] = {}
    for row in await store.list_targets(session, kind, ids, to_kind) if ids else ():
        found.setdefault(row["id"], []).append(row["target"])
    return found


async def count_referrers(session: Session, kind: str, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return how many assets refer to each; those without any are left out."""
    return await store.count_referrers(session, kind, ids)


async def check_unused(session: Session, kind: str, asset_id: UUID, *, noun: str, label: str) -> None:
    """Refuse to delete an asset that others refer to. The caller has locked it."""
    users = await list_referrers(session, kind, asset_id)
    if users:
        counts = await count_referrers(session, kind, [asset_id])
        # Referrers may be deleted meanwhile: only the asset itself is locked.
        more = counts.get(asset_id, 0) - MOST_NAMED
        named = ", ".join(user.label for user in users[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")
        raise InUseError(
            f"The {noun} {label} is used by {named}. Choose another {noun} there first.",
            users=[user.label for user in users],
        )
