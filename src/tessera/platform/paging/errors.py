"""Failures of lists."""

from tessera.platform.errors import NotFoundError


class CursorNotFoundError(NotFoundError):
    """The cursor is not a record that the actor can see."""

    code = "cursor_not_found"
