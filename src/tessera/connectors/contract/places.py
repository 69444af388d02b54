"""Where the kinds of connector are: known by name to every process, loaded by those only that use them."""

from collections.abc import Mapping

# Each of our types as `module:NAME`, by its key and in the order of tiles.
PLACES: dict[str, str] = {}


def register_connectors(places: Mapping[str, str]) -> None:
    """Make types known by key, each with its place as `module:NAME`; the same call may come again."""
    PLACES.update(places)
