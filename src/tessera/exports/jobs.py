"""What a worker does for exports."""

from functools import partial

from tessera.exports.execution import Executor
from tessera.exports.retention import purge_runs
from tessera.exports.run_files import purge_files
from tessera.exports.runs import EXECUTE_RUN, drop_forgotten
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine


def background_work(resources: Resources, engine: QueryEngine, client: OutboundClient) -> BackgroundWork:
    """Execute runs, resume those whose worker is gone, and delete those past their days."""
    executor = Executor(resources, engine, client)
    lease_seconds = resources.settings.run_lease_seconds
    return BackgroundWork(
        handlers={EXECUTE_RUN: executor.execute},
        chores=[
            Chore("exports.requeue_stalled", lease_seconds, executor.requeue_stalled),
            Chore("exports.drop_held", HOURLY, partial(drop_forgotten, resources.database)),
            Chore("exports.purge_files", HOURLY, partial(purge_files, resources.database, resources.settings)),
            Chore("exports.purge_runs", HOURLY, partial(purge_runs, resources.database, resources.settings)),
        ],
        stop=executor.stop,
    )
