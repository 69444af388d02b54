"""Positions in the feed: everything up to one has been read."""

import re
from typing import NamedTuple

from tessera.platform.events.errors import PositionInvalidError

POSITION = re.compile(r"(0|[1-9][0-9]{0,18})-(0|[1-9][0-9]{0,18})", re.ASCII)
LARGEST = 2**63 - 1


class EventPosition(NamedTuple):
    """A place in the order of events, which is that of transactions and, within one, of writing."""

    transaction_id: int
    sequence: int

    def __str__(self) -> str:
        return f"{self.transaction_id}-{self.sequence}"


BEGINNING = EventPosition(0, 0)


def parse_position(text: str) -> EventPosition:
    """Return the position that the text spells, as an answer of the feed gave it."""
    found = POSITION.fullmatch(text)
    if found is None or max(map(int, found.groups())) > LARGEST:
        raise PositionInvalidError(
            f"{text[:60]!r} is not a position. Give the position of the answer before, or `latest` to begin now."
        )
    return EventPosition(int(found[1]), int(found[2]))
