"""What happens to queries, as the event log names it."""

QUERY_CREATED = "queries.query.created"
QUERY_CHANGED = "queries.query.changed"
QUERY_DELETED = "queries.query.deleted"
