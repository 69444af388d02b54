"""How long runs and their logs are kept."""

from uuid import UUID

from tessera.exports.store import runs as store
from tessera.platform.db import Database
from tessera.platform.settings import Settings

# No more runs than these at one go, and no more rows in one transaction: a run can have ten million.
MOST, MOST_ROWS = 100, 10_000


async def purge_runs(database: Database, settings: Settings, *, most_rows: int = MOST_ROWS) -> int:
    """Delete logs and runs past their days; return how many runs it touched."""
    async with database.session() as session:
        logs = await store.list_runs_with_old_log(session, settings.request_log_days, most=MOST)
        runs = await store.list_old_runs(session, settings.run_days, most=MOST)
    for run_id in {*logs, *runs}:
        await forget_log(database, run_id, most_rows)
    for run_id in runs:
        async with database.session() as session:
            await store.forget_run(session, run_id)
    return len({*logs, *runs})


async def forget_log(database: Database, run_id: UUID, most: int) -> None:
    """Delete a run's log, a piece a transaction."""
    left = True
    while left:
        async with database.session() as session:
            left = await store.forget_log(session, run_id, most=most)
