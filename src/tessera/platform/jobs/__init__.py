"""Background work: a queue in the same database, enqueued in the caller's transaction."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.jobs.background import BackgroundWork, job_queue_work, name_worker, work_in_background
    from tessera.platform.jobs.chores import EVERY_SECOND, HOURLY, Chore, doing_chores
    from tessera.platform.jobs.queue import Job, JobQueue, Queue
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "EVERY_SECOND",
    "HOURLY",
    "BackgroundWork",
    "Chore",
    "Job",
    "JobQueue",
    "Queue",
    "doing_chores",
    "job_queue_work",
    "name_worker",
    "work_in_background",
]
