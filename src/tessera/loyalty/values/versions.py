"""Versions of records: the moment of the last change as a number, which programs compare."""

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def version_at(moment: datetime) -> int:
    """Return the version of a record that was last changed at this moment: microseconds, exactly."""
    return (moment - BEGINNING) // timedelta(microseconds=1)
