"""Where the channels are: known by name to every process, loaded by those only that use them."""

from collections.abc import Mapping

# Each channel as `module:NAME`, by its key.
PLACES: dict[str, str] = {}


def register_channels(places: Mapping[str, str]) -> None:
    """Make channels known by key, each with its place as `module:NAME`; the same call may come again."""
    PLACES.update(places)
