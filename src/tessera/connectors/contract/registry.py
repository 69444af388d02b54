"""The connector types of this installation: ours, and those that other distributions bring.

A type is known by name until it is needed, so that a process loads the libraries of those only that it uses.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from tessera.connectors.contract.places import PLACES
from tessera.connectors.contract.types import ConnectorType
from tessera.platform.assets import SettingsInvalidError

GROUP = "tessera.connectors"


def connector_types() -> dict[str, ConnectorType]:
    """Return every type by its key; one from elsewhere never replaces one of ours."""
    return {key: load_connector(key) for key in PLACES} | {
        key: connector for key, connector in foreign_types().items() if key not in PLACES
    }


def get_connector(key: str) -> ConnectorType:
    """Return the type with that key."""
    if key in PLACES:
        return load_connector(key)
    found = foreign_types().get(key)
    if found is None:
        known = ", ".join([*PLACES, *foreign_types()])
        raise SettingsInvalidError(f"There is no connector type {key!r}. There are: {known}.", field="type")
    return found


@cache
def load_connector(key: str) -> ConnectorType:
    """Import one of our types."""
    module, _, name = PLACES[key].partition(":")
    connector = getattr(import_module(module), name)
    assert isinstance(connector, ConnectorType)
    return connector


@cache
def foreign_types() -> dict[str, ConnectorType]:
    """Return the types of other distributions by their keys."""
    found: dict[str, ConnectorType] = {}
    for entry in entry_points(group=GROUP):
        connector = entry.load()
        if not isinstance(connector, ConnectorType):
            raise TypeError(f"Entry point {entry.name} of {GROUP} is not a ConnectorType. Fix or remove its package.")
        found.setdefault(connector.key, connector)
    return found
