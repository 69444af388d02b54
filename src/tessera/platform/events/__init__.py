"""Events: what happened, written in the transaction in which it happened, and read in an order that never changes.

News travels upward as these rows only.
"""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.events.errors import PositionAheadError, PositionExpiredError, PositionInvalidError
    from tessera.platform.events.feed import EventPage, StoredEvent, latest_position, list_events, position_before
    from tessera.platform.events.jobs import background_work
    from tessera.platform.events.listener import wait_for_events
    from tessera.platform.events.positions import BEGINNING, EventPosition, parse_position
    from tessera.platform.events.records import INSERT_EVENTS, Event, record_events
    from tessera.platform.events.recovery import find_new_number, renumber_events
    from tessera.platform.events.retention import purge_events
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "BEGINNING",
    "INSERT_EVENTS",
    "Event",
    "EventPage",
    "EventPosition",
    "PositionAheadError",
    "PositionExpiredError",
    "PositionInvalidError",
    "StoredEvent",
    "background_work",
    "find_new_number",
    "latest_position",
    "list_events",
    "parse_position",
    "position_before",
    "purge_events",
    "record_events",
    "renumber_events",
    "wait_for_events",
]
