"""Names of events of encryption keys; they are API."""

ENCRYPTION_KEY_CREATED = "integrations.encryption_key.created"
ENCRYPTION_KEY_CHANGED = "integrations.encryption_key.changed"
ENCRYPTION_KEY_DELETED = "integrations.encryption_key.deleted"
