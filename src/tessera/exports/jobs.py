"""What a worker does for exports."""

from functools import partial

from tessera.exports.execution import Executor
from tessera.exports.overdue import OVERDUE_SECONDS, report_overdue
from tessera.exports.retention import purge_runs
from tessera.exports.run_files import purge_files
from tessera.exports.runs import EXECUTE_RUN, PROMOTE_SECONDS, drop_forgotten, promote_waiting
from tessera.exports.scheduled_runs import is_needed, start_due
from tessera.platform.http import OutboundClient
from tessera.platform.jobs import EVERY_SECOND, HOURLY, BackgroundWork, Chore
from tessera.platform.paces import Paces
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
            Chore(
                "exports.start_due",
                EVERY_SECOND,
                partial(start_due, resources),
                needed=partial(is_needed, resources),
            ),
            Chore("exports.report_overdue", OVERDUE_SECONDS, partial(report_overdue, resources)),
            Chore("exports.promote_waiting", PROMOTE_SECONDS, partial(promote_waiting, resources.jobs)),
            Chore("exports.drop_held", HOURLY, partial(drop_forgotten, resources)),
            Chore("exports.purge_files", HOURLY, partial(purge_files, resources.database, resources.settings)),
            Chore("exports.purge_runs", HOURLY, partial(purge_runs, resources.database, resources.settings)),
        ],
        stop=executor.stop,
    )
