"""The channels by name."""

from functools import cache

from tessera.notifications.contract import Channel
from tessera.notifications.places import PLACES
from tessera.platform.lazy_imports import load_place

# Every subscription is to a webhook: its table has no column for another channel.
SUBSCRIBED = "webhook"


@cache
def get_channel(key: str) -> Channel:
    """Import the channel with that key."""
    channel = load_place(PLACES[key])
    assert isinstance(channel, Channel)
    return channel
