"""The page of connectors: a tile a connector, by group, with how many profiles there are and how they fare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from tessera import connectors
from tessera.connectors.calls import Health, health_by_type
from tessera.web.integrations.tiles import CONNECTORS, Tile, list_tiles
from tessera.web.visits import PageVisit

# Groups that others bring come after ours.
GROUPS = ("HTTP", "Marketing", "Files", "Storage")
NONE: Mapping[str, int] = {"total": 0, "incomplete": 0, "off": 0}


@dataclass(frozen=True, slots=True)
class TileState:
    """What a tile tells: how many profiles there are, and the worst that is known of them as tone and word."""

    tile: Tile
    total: int
    tone: str
    word: str


@get(CONNECTORS, permission="connection-profiles:read")
async def list_connectors(visit: PageVisit) -> Response[Any]:
    """Show every connector with the profiles of the chosen chain."""
    chain_id = visit.chosen.id if visit.chosen else None
    counts = await connectors.count_profiles(visit.session, visit.actor, chain_id=chain_id)
    health = await health_by_type(visit.session, visit.actor, chain_id=chain_id)
    states = [judge_tile(tile, counts, health) for tile in list_tiles()]
    return visit.page("integrations/templates/connectors.html", groups=group_tiles(states))


def judge_tile(
    tile: Tile, counts: Mapping[str, Mapping[str, int]], health: Mapping[str, Mapping[Health, int]]
) -> TileState:
    """Return what a tile tells."""
    keys = [connector.key for connector in tile.types]
    total, incomplete, off = (sum(counts.get(key, NONE)[name] for key in keys) for name in NONE)
    failing, fine = (sum(health.get(key, {}).get(each, 0) for key in keys) for each in (Health.NEEDS_YOU, Health.FINE))
    tone, word = "off", "No profile yet"
    if failing:
        tone, word = "needs", f"{failing:,} failing"
    elif incomplete:
        tone, word = "heals", f"{incomplete:,} incomplete"
    elif fine:
        tone, word = "fine", "Reached"
    elif off and off == total:
        tone, word = "off", "Switched off"
    elif total:
        tone, word = "off", "Not tried yet"
    return TileState(tile, total, tone, word)


def group_tiles(states: list[TileState]) -> list[tuple[str, list[TileState]]]:
    """Return the tiles under their headings."""
    found: dict[str, list[TileState]] = {group: [] for group in GROUPS}
    for state in states:
        found.setdefault(state.tile.first.group, []).append(state)
    return [(group, members) for group, members in found.items() if members]
