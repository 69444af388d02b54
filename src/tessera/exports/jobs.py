"""What a worker does for exports."""

from functools import partial

from tessera.connectors.paces import Paces
from tessera.exports.execution import Executor
from tessera.exports.retention import purge_runs
from tessera.exports.runs import EXECUTE_RUN
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import HOURLY, BackgroundWork, Chore
from tessera.platform.resources import Resources
from tessera.queries import QueryEngine


def background_work(resources: Resources, engine: QueryEngine, client: OutboundClient, paces: Paces) -> BackgroundWork:
    """Execute runs, resume those whose worker is gone, and delete those past their days."""
    executor = Executor(resources, engine, client, paces)
    lease_seconds = resources.settings.run_lease_seconds
    return BackgroundWork(
        handlers={EXECUTE_RUN: executor.execute},
        chores=[
            Chore("exports.requeue_stalled", lease_seconds, executor.requeue_stalled),
            Chore("exports.purge_runs", HOURLY, partial(purge_runs, resources.database, resources.settings)),
        ],
        stop=executor.stop,
    )
