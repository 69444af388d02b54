"""Names of this room's events; they are API."""

PROFILE_CREATED = "integrations.profile.created"
PROFILE_CHANGED = "integrations.profile.changed"
PROFILE_DELETED = "integrations.profile.deleted"
