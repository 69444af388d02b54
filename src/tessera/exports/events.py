"""Names of this room's events; they are API."""

DEFINITION_CREATED = "exports.definition.created"
RUN_CREATED = "exports.run.created"
RUN_FINISHED = "exports.run.finished"
