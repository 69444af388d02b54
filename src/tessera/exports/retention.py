"""How long runs and their logs are kept."""

from tessera.exports.store import runs as store
from tessera.platform.db import Database
from tessera.platform.settings import Settings

# No more runs than these in one transaction.
MOST = 100


async def purge_runs(database: Database, settings: Settings) -> int:
    """Drop the weeks of the log that are past their days, and delete runs past theirs; return how many of both went."""
    async with database.session() as session:
        gone = len(await store.drop_log(session, settings.request_log_days))
    while True:
        async with database.session() as session:
            runs = await store.list_old_runs(session, settings.run_days, most=MOST)
            await store.forget_runs(session, runs, days=settings.run_days)
        gone += len(runs)
        if len(runs) < MOST:
            return gone
