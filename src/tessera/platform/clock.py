"""The only place that asks what time it is. Everything else gets the time as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return this moment in UTC, with zone."""
    return datetime.now(UTC)
