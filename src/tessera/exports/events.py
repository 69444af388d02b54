"""Names of this room's events; they are API."""

DEFINITION_CREATED = "export_definition.created"
DEFINITION_UPDATED = "export_definition.updated"
DEFINITION_DELETED = "export_definition.deleted"
RUN_CREATED = "run.created"
RUN_FINISHED = "run.finished"
