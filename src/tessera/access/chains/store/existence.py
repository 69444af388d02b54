"""Whether a chain exists."""

from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Session

HAS_CHAIN = text("SELECT EXISTS (SELECT 1 FROM chains WHERE id = :chain_id)")


async def has_chain(session: Session, chain_id: UUID) -> bool:
    """Say whether the chain exists."""
    return bool(await session.scalar(HAS_CHAIN, {"chain_id": chain_id}))
