"""Jobs of this room."""

from tessera.platform.jobs import Job

EXECUTE_RUN = Job("exports.execute_run")
