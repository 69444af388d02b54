"""Tiles and tabs come from the registry alone."""

from dataclasses import replace

from tessera.connectors.contract import connector_types
from tessera.web.integrations.tiles import Tile, find_tile, list_tiles, tab_line

HTTP = connector_types()["http_api"]


def test_every_type_stands_on_one_tile() -> None:
    shown = [connector.key for tile in list_tiles() for connector in tile.types]
    assert sorted(shown) == sorted(connector_types())
    assert find_tile("nothing") is None


def test_http_api_has_a_tab_for_templates() -> None:
    tile = find_tile("http_api")
    assert tile is not None
    base = "/admin/integrations/connectors/http_api"
    assert [tab[1:3] for tab in tab_line(tile)] == [("Connection Profiles", base), ("Template", f"{base}/templates")]


def test_types_that_share_a_tile_are_its_tabs() -> None:
    plain = replace(HTTP.capabilities, takes_templates=False)
    types = tuple(replace(HTTP, key=key, label=key.title(), capabilities=plain, tile_label="Fax") for key in ("a", "b"))
    tile = Tile("fax", types)
    base = "/admin/integrations/connectors/fax"
    assert tile.label == "Fax"
    assert [tab[:3] for tab in tab_line(tile)] == [("a", "A", base), ("b", "B", f"{base}/b")]
    assert tab_line(Tile("fax", types[:1])) == []
