"""Failures of lists."""

from tessera.platform.errors import NotFoundError


class CursorNotFoundError(NotFoundError):
    """The cursor is no record that the actor can see."""

    code = "cursor_unknown"
