"""Arguments that are judged as they are read, before a command loads or starts anything."""

from datetime import datetime
from uuid import UUID

from tessera.platform.errors import InvalidError


class IdInvalidError(InvalidError):
    """A text that should be an id is none."""

    code = "id_invalid"


class MomentInvalidError(InvalidError):
    """A text that should be a moment is none."""

    code = "moment_invalid"


def require_id(text: str) -> UUID:
    """Return the id that was typed."""
    if not text.strip():
        raise IdInvalidError(
            "The id is empty. Copy one from a list, such as `tessera run list` or `tessera token list`."
        )
    try:
        return UUID(text if len(text) == len(str(UUID(int=0))) else "")
    except ValueError:
        raise IdInvalidError(
            f"{text} is not an id. An id looks like 0190b3c4-5d6e-7f80-9123-456789abcdef; lists show it."
        ) from None


def parse_moment(text: str) -> datetime:
    """Return the moment that was typed; one without a zone is this machine's own."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise MomentInvalidError(
            f"{text} is not a moment. Write 2027-01-31, 2027-01-31T18:00 or 2027-01-31T18:00+01:00."
        ) from None
