"""Pages of the queries room, to read and to preview."""

from tessera.web.queries.queries import list_saved_queries, show_saved_query

PAGES = (list_saved_queries, show_saved_query)

__all__ = ["PAGES"]
