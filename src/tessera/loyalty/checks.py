"""Looking whether the room's facts agree with each other."""

from uuid import UUID

from msgspec import Struct

from tessera.loyalty.store import faults as store
from tessera.platform.actors import Actor
from tessera.platform.db import Session

MOST = 20

# What each check finds, in plain words: `1 membership …`, `2 memberships …`.
MEANINGS = {
    "balances": ("membership", "a balance that is not the sum of its movements"),
    "running_balances": ("membership", "a movement whose balance does not follow from the one before"),
    "lots": ("membership", "more points in lots than in the balance"),
    "tiers": ("membership", "a tier that is deleted or of another program"),
    "primaries": ("account", "more than one primary membership"),
}


class Fault(Struct, frozen=True):
    """What one check found wrong in a chain; `ids` names the first of `count` records."""

    check: str
    chain_id: UUID
    count: int
    ids: list[UUID]
    message: str


async def list_faults(session: Session, actor: Actor) -> list[Fault]:
    """Return everything that is wrong in the actor's chains: balances, lots, tiers, primary memberships."""
    chain_ids = actor.reach()
    return [
        Fault(check, chain_id, count, ids, describe(check, count))
        for check in MEANINGS
        for chain_id, count, ids in await store.find_faults(session, check, chain_ids, most=MOST)
    ]


def describe(check: str, count: int) -> str:
    """Say what is wrong."""
    noun, trouble = MEANINGS[check]
    return f"1 {noun} has {trouble}." if count == 1 else f"{count} {noun}s have {trouble}."
