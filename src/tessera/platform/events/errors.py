"""What can be wrong with a position in the feed."""

from tessera.platform.errors import ConflictError, InvalidError


class PositionInvalidError(InvalidError):
    """The text is not a position in the feed."""

    code = "position_invalid"


class PositionExpiredError(ConflictError):
    """Events behind the position are no longer kept."""

    code = "position_expired"


class PositionAheadError(ConflictError):
    """The position is ahead of everything that this database has written."""

    code = "position_ahead"
