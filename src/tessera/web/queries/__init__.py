"""Pages of the queries room: the list, one query, and its editor."""

from tessera.web.queries.editor import (
    ask_for_query,
    create_saved_query,
    edit_query,
    preview_edited_query,
    preview_new_query,
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
    preview_new_query,
    edit_query,
    save_query,
    preview_edited_query,
)

__all__ = ["PAGES"]
