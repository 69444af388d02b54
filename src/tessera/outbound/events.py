"""Names of this room's events; they are API."""

TEMPLATE_CREATED = "http_template.created"
TEMPLATE_UPDATED = "http_template.updated"
TEMPLATE_DELETED = "http_template.deleted"
