"""Names of this room's events; they are API."""

DEFINITION_CREATED = "exports.definition.created"
DEFINITION_CHANGED = "exports.definition.changed"
DEFINITION_DELETED = "exports.definition.deleted"
RUN_CREATED = "exports.run.created"
RUN_FINISHED = "exports.run.finished"
