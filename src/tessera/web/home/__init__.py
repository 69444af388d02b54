"""The home page."""

from tessera.web.home.pages import show_home

PAGES = (show_home,)

__all__ = ["PAGES"]
