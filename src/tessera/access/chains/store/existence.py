"""Which chains there are, for rooms that keep things by chain."""

from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Session

LIST = text("SELECT id FROM chains ORDER BY id")
HOLD = text("SELECT id FROM chains WHERE id = :chain_id FOR NO KEY UPDATE")
HAS_CHAIN = text("SELECT EXISTS (SELECT 1 FROM chains WHERE id = :chain_id)")


async def has_chain(session: Session, chain_id: UUID) -> bool:
    """Say whether the chain exists."""
    return bool(await session.scalar(HAS_CHAIN, {"chain_id": chain_id}))


async def list_chain_ids(session: Session) -> list[UUID]:
    """Return the ids of all chains, archived ones among them."""
    return list(await session.scalars(LIST))


async def hold_chain(session: Session, chain_id: UUID) -> bool:
    """Hold the chain until the transaction ends, so that numbers are given one after the other; False if it is gone."""
    return await session.scalar(HOLD, {"chain_id": chain_id}) is not None
