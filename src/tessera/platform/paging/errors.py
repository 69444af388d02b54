"""Failures of lists."""

from tessera.platform.errors import NotFoundError


class UnknownCursorError(NotFoundError):
    """The cursor is not a record that the actor can see."""

    code = "cursor_unknown"
