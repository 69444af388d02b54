"""Which chains exist within the reach of an actor."""

from collections.abc import Sequence
from uuid import UUID

from tessera.access.chains.errors import ChainNotFoundError
from tessera.access.chains.store import chains as chain_store
from tessera.platform.actors import Actor
from tessera.platform.db import Session


async def check_chains(session: Session, actor: Actor, ids: Sequence[UUID]) -> None:
    """Raise unless every chain exists within the actor's reach."""
    found = {chain.id for chain in await chain_store.select_chains(session, list(ids))}
    for chain_id in ids:
        if chain_id not in found or not actor.sees(chain_id):
            raise ChainNotFoundError(f"There is no chain {chain_id} within reach of {actor.name}.", chain_id=chain_id)
