"""How long runs and their logs are kept."""

from tessera.exports.store import runs as store
from tessera.platform.db import Database
from tessera.platform.settings import Settings

# A run can have a million rows: each is forgotten in a transaction of its own, and no more than these at one go.
MOST = 100


async def forget_old_runs(database: Database, settings: Settings) -> int:
    """Delete logs and runs past their days; return how many runs it touched."""
    async with database.session() as session:
        logs = await store.list_runs_with_old_log(session, settings.request_log_days, most=MOST)
        runs = await store.list_old_runs(session, settings.run_days, most=MOST)
    for run_id in {*logs, *runs}:
        async with database.session() as session:
            await store.forget_log(session, run_id)
    for run_id in runs:
        async with database.session() as session:
            await store.forget_run(session, run_id)
    return len({*logs, *runs})
