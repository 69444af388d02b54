"""Background work: a queue in the same database, enqueued in the caller's transaction."""

from tessera.platform.jobs.queue import Job, JobQueue, Queue

__all__ = ["Job", "JobQueue", "Queue"]
