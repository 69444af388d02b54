"""What happens to queries, as the event log names it."""

QUERY_CREATED = "query.created"
QUERY_UPDATED = "query.updated"
QUERY_DELETED = "query.deleted"
