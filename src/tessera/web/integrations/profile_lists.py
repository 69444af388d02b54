"""The connection profiles of one connector type: the list, and the line that begins one."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors
from tessera.connectors import ProfileFilter
from tessera.connectors.calls import Health, profile_health
from tessera.connectors.contract import ConnectorType
from tessera.platform.errors import NotFoundError
from tessera.web.forms import WHOLE, Form
from tessera.web.integrations.tiles import CONNECTORS, Tile, find_tile, tab_line
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

FIRST, OTHER = f"{CONNECTORS}/{{tile_key:str}}", f"{CONNECTORS}/{{tile_key:str}}/{{type_key:str}}"
LONGEST_SEARCH = 200


class ConnectorNotFoundError(NotFoundError):
    """There is no such connector."""

    code = "connector_not_found"


@get(FIRST, permission="connection-profiles:read")
async def list_first_profiles(visit: PageVisit, tile_key: FromPath[str]) -> Response[Any]:
    """List the profiles of the tile's first type."""
    return await show_list(visit, *find_type(tile_key))


@get(OTHER, permission="connection-profiles:read")
async def list_other_profiles(visit: PageVisit, tile_key: FromPath[str], type_key: FromPath[str]) -> Response[Any]:
    """List the profiles of another type behind the tile."""
    return await show_list(visit, *find_type(tile_key, type_key))


@post(FIRST, permission="connection-profiles:write")
async def begin_first_profile(visit: PageVisit, tile_key: FromPath[str]) -> Response[Any]:
    """Take the name of a profile of the tile's first type, and open its pop-up."""
    return await begin(visit, *find_type(tile_key))


@post(OTHER, permission="connection-profiles:write")
async def begin_other_profile(visit: PageVisit, tile_key: FromPath[str], type_key: FromPath[str]) -> Response[Any]:
    """Take the name of a profile of another type behind the tile, and open its pop-up."""
    return await begin(visit, *find_type(tile_key, type_key))


def find_type(tile_key: str, type_key: str | None = None) -> tuple[Tile, ConnectorType]:
    """Return the tile and the type that the address names."""
    tile = find_tile(tile_key)
    types = tile.types if tile else ()
    connector = next((each for each in types if type_key is None or each.key == type_key), None)
    if tile is None or connector is None:
        raise ConnectorNotFoundError("There is no such connector. Choose one from the page of connectors.")
    return tile, connector


async def show_list(visit: Visit, tile: Tile, connector: ConnectorType, **more: Any) -> Response[Any]:
    """Show the profiles of one type."""
    values = {**await read_list(visit, tile, connector), **more}
    return visit.page("integrations/templates/profiles.html", **values)


async def read_list(visit: Visit, tile: Tile, connector: ConnectorType) -> dict[str, Any]:
    """Return what the list of one type shows; `typed` is what its create line contains."""
    query = visit.request.query_params
    search, sort = query.get("q", "")[:LONGEST_SEARCH].replace("\0", "").strip(), query.get("sort", "label")
    wanted = ProfileFilter(visit.chain.id, connector.key, search, sort)
    page = await connectors.list_profiles(visit.session, visit.actor, wanted, number=page_number(visit))
    health = await profile_health(visit.session, visit.actor, profile_ids=[profile.id for profile in page.items])
    return {
        "tile": tile,
        "connector": connector,
        "tabs_of": tab_line(tile),
        "page": page,
        "failing": {key for key, each in health.items() if each.health is Health.NEEDS_YOU},
        "path": tile.path_of(connector),
        "search": search,
        "sort": sort,
        "variants": {variant.key: variant.label for variant in connector.variants},
        "full": await is_full(visit, connector),
        "typed": Form(),
        "line_faults": {},
    }


async def is_full(visit: Visit, connector: ConnectorType) -> bool:
    """Say whether the chain has as many profiles of the type as it may."""
    most = connector.capabilities.most_per_chain
    if most is None:
        return False
    counts = await connectors.count_profiles(visit.session, visit.actor, chain_id=visit.chain.id)
    return counts.get(connector.key, {"total": 0})["total"] >= most


async def begin(visit: Visit, tile: Tile, connector: ConnectorType) -> Response[Any]:
    """Open the pop-up that asks for the rest: nothing is stored before it is saved."""
    form = await visit.form()
    form.text("label", required=True)
    variants = {each.key for each in connector.variants}
    variant = next(iter(variants)) if len(variants) == 1 else form.choice("variant", variants, required=True)
    if await is_full(visit, connector):
        form.fault(WHOLE, "This chain has all the profiles of this connector that it may have.")
    if form.faults:
        return await show_list(visit, tile, connector, status=422, typed=form, line_faults=form.faults)
    asked = urlencode({"variant": variant, "label": form.get("label")})
    return visit.go(f"/admin/integrations/profiles/{visit.chain.id}/new/{connector.key}?{asked}")
