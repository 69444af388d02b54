"""How long audit entries are kept."""

from datetime import datetime, timedelta

from sqlalchemy import text

from tessera.platform.db import Database

# The application may not delete entries itself: the function does, and spares those of the last month.
DROP = text("SELECT count(*) FROM tessera.drop_audit_entries(:before)")


async def purge_entries(database: Database, *, days: int, now: datetime) -> int:
    """Drop the quarters whose entries are all older than so many days, and make those ahead; return how many went."""
    async with database.session() as session:
        return int((await session.execute(DROP, {"before": now - timedelta(days=days)})).scalar_one())
