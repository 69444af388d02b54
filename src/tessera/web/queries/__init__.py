"""Pages of the queries room: the list, one query, and its editor."""

from tessera.web.queries.editor import (
    ask_for_query,
    create_saved_query,
    edit_query,
    look_into_new_query,
    look_into_query,
    save_query,
)
from tessera.web.queries.queries import (
    begin_query,
    copy_saved_query,
    delete_saved_query,
    download_columns,
    list_saved_queries,
    show_saved_query,
)

PAGES = (
    list_saved_queries,
    begin_query,
    show_saved_query,
    download_columns,
    copy_saved_query,
    delete_saved_query,
    ask_for_query,
    create_saved_query,
    look_into_new_query,
    edit_query,
    save_query,
    look_into_query,
)

__all__ = ["PAGES"]
