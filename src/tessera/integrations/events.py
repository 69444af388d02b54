"""Names of this room's events; they are API."""

PROFILE_CREATED = "integrations.profile.created"
PROFILE_CHANGED = "integrations.profile.changed"
PROFILE_DELETED = "integrations.profile.deleted"
TEMPLATE_CREATED = "integrations.template.created"
TEMPLATE_CHANGED = "integrations.template.changed"
TEMPLATE_DELETED = "integrations.template.deleted"
