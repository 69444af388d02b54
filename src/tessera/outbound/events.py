"""Names of this room's events; they are API."""

TEMPLATE_CREATED = "integrations.template.created"
TEMPLATE_CHANGED = "integrations.template.changed"
TEMPLATE_DELETED = "integrations.template.deleted"
