"""Tiles: how the connector types appear on the page of connectors, and the tabs of the pages behind a tile. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from tessera.connectors.contract import ConnectorType, connector_types

CONNECTORS = "/admin/integrations/connectors"
TEMPLATES = "templates"

Tab = tuple[str, str, str, None]


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile and the types behind it."""

    key: str
    types: tuple[ConnectorType, ...]

    @property
    def first(self) -> ConnectorType:
        """The type whose profiles show first."""
        return self.types[0]

    @property
    def label(self) -> str:
        """The name on the tile."""
        return next((each.tile_label for each in self.types if each.tile_label), self.first.label)

    @property
    def about(self) -> str:
        """The line on the tile."""
        return " ".join(dict.fromkeys(each.about for each in self.types if each.about))

    @property
    def path(self) -> str:
        """Where a click on the tile leads."""
        return f"{CONNECTORS}/{self.key}"

    def path_of(self, connector: ConnectorType) -> str:
        """Return the address of one type's profiles."""
        return self.path if connector == self.first else f"{self.path}/{connector.key}"


def list_tiles() -> list[Tile]:
    """Return every tile in the order of the registry."""
    found: dict[str, list[ConnectorType]] = {}
    for connector in connector_types().values():
        found.setdefault(connector.tile, []).append(connector)
    return [Tile(key, tuple(types)) for key, types in found.items()]


def find_tile(key: str) -> Tile | None:
    """Return the tile with that key."""
    return next((tile for tile in list_tiles() if tile.key == key), None)


def tab_line(tile: Tile) -> list[Tab]:
    """Return the tabs of a tile's pages as the macro `tabs` takes them: its types, and templates where it has some."""
    made = list(type_tabs(tile))
    if any(each.capabilities.takes_templates for each in tile.types):
        made.append((TEMPLATES, "Template", f"{tile.path}/{TEMPLATES}", None))
    return made if len(made) > 1 else []


def type_tabs(tile: Tile) -> Iterator[Tab]:
    """Yield a tab for each type; a type that has its tile to itself is called after what is in it."""
    alone = len(tile.types) == 1
    for each in tile.types:
        yield (each.key, "Connection Profiles" if alone else each.label, tile.path_of(each), None)
