"""Background work: a queue in the same database, enqueued in the caller's transaction."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.jobs.queue import Job, JobQueue, Queue
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Job",
    "JobQueue",
    "Queue",
]
