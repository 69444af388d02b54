"""Pages: server-rendered, no state of their own."""

from tessera.web.failures import answer_failure
from tessera.web.pages import build_pages

__all__ = ["answer_failure", "build_pages"]
