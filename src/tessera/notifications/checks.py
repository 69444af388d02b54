"""Which events a subscription may name."""

import re
from collections.abc import Sequence

from tessera.notifications.errors import EventNamesError

EVENT_NAME = re.compile(r"[a-z_]+\.[a-z_]+", re.ASCII)
MOST_NAMES = 100


def check_names(names: Sequence[str] | None) -> list[str] | None:
    """Return the names of events in order, each once."""
    if names is None:
        return None
    wrong = sorted(name for name in set(names) if not EVENT_NAME.fullmatch(name))
    if wrong:
        raise EventNamesError(
            f"{wrong[0][:60]!r} is not a name of an event. Names are like membership.created.",
            field="event_names",
        )
    if not 1 <= len(names) <= MOST_NAMES:
        raise EventNamesError(
            f"Name 1 to {MOST_NAMES} events, or none at all (null) for every one of loyalty.", field="event_names"
        )
    return sorted(set(names))
