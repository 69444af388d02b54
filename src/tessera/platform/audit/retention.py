"""How long audit entries are kept."""

from datetime import datetime, timedelta

from sqlalchemy import text

from tessera.platform.db import Database

BATCH = 5_000
# The application may not delete entries itself: the function does, and spares those of the last month.
FORGET = text("SELECT tessera.forget_audit_entries(:before, :most)")


async def purge_entries(database: Database, *, days: int, now: datetime, batch: int = BATCH) -> int:
    """Delete entries older than so many days, a batch a transaction; return how many."""
    total = 0
    while True:
        async with database.session() as session:
            gone = int(
                (await session.execute(FORGET, {"before": now - timedelta(days=days), "most": batch})).scalar_one()
            )
        total += gone
        if gone < batch:
            return total
