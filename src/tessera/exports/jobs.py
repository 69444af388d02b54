"""Jobs of this room."""

from tessera.platform.jobs import Job, Queue

EXECUTE_RUN = Job("exports.run", queue=Queue.RUNS)
