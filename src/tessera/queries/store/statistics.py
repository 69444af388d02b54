"""What the planner knows of the datasets' tables."""

from sqlalchemy import text

from tessera.platform.db import Session

REFRESH = text("SELECT tessera.refresh_statistics()")


async def refresh_statistics(session: Session) -> None:
    """Count again what has outgrown the last count; does nothing in most calls."""
    await session.execute(REFRESH)
