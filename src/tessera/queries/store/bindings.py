"""Statements on bindings: which chain a query's backend may see. Only the application can write them."""

from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Session

# A row that a dead backend left behind is taken over by the next one with its number.
BIND = text("""
INSERT INTO query_bindings (backend_pid, chain_id) VALUES (:pid, :chain_id)
ON CONFLICT (backend_pid) DO UPDATE SET chain_id = excluded.chain_id, bound_at = now()
""")
UNBIND = text("DELETE FROM query_bindings WHERE backend_pid = :pid")


async def bind_backend(session: Session, pid: int, chain_id: UUID) -> None:
    """Let the backend see the chain, and nothing else."""
    await session.execute(BIND, {"pid": pid, "chain_id": chain_id})


async def unbind_backend(session: Session, pid: int) -> None:
    """Let the backend see nothing."""
    await session.execute(UNBIND, {"pid": pid})
