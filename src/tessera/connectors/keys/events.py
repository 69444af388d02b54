"""Names of events of encryption keys; they are API."""

ENCRYPTION_KEY_CREATED = "encryption_key.created"
ENCRYPTION_KEY_UPDATED = "encryption_key.updated"
ENCRYPTION_KEY_DELETED = "encryption_key.deleted"
