"""The channels by name."""

from functools import cache

from tessera.notifications.contract import Channel, Subscribable
from tessera.notifications.errors import ChannelNotFoundError
from tessera.notifications.places import PLACES
from tessera.platform.lazy_imports import load_place

# Every subscription is to a webhook: its table has no column for another channel.
SUBSCRIBED = "webhook"


@cache
def load_channel(place: str) -> Channel:
    """Import the channel at that place."""
    channel = load_place(place)
    assert isinstance(channel, Channel)
    return channel


def get_channel(key: str) -> Channel:
    """Return the channel with that key."""
    if key not in PLACES:
        raise ChannelNotFoundError(
            f"There is no channel {key[:60]!r}. There are: {', '.join(PLACES)}.", field="channel"
        )
    return load_channel(PLACES[key])


def list_channels() -> list[Channel]:
    """Return every channel, in the order of the wiring."""
    return [get_channel(key) for key in PLACES]


def get_subscribed() -> Subscribable:
    """Return the channel of subscriptions."""
    events = get_channel(SUBSCRIBED).events
    assert events is not None
    return events
