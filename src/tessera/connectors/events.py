"""Names of this room's events; they are API."""

PROFILE_CREATED = "connection_profile.created"
PROFILE_UPDATED = "connection_profile.updated"
PROFILE_DELETED = "connection_profile.deleted"
