"""The connection profiles of one connector type: the list, and the line that makes one."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors
from tessera.connectors import NewProfile, ProfileFilter
from tessera.connectors.contract import ConnectorType
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError
from tessera.web.forms import faults_of
from tessera.web.integrations.profile_forms import show_form
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
async def create_first_profile(visit: PageVisit, tile_key: FromPath[str]) -> Response[Any]:
    """Make a profile of the tile's first type."""
    return await create(visit, *find_type(tile_key))


@post(OTHER, permission="connection-profiles:write")
async def create_other_profile(visit: PageVisit, tile_key: FromPath[str], type_key: FromPath[str]) -> Response[Any]:
    """Make a profile of another type behind the tile."""
    return await create(visit, *find_type(tile_key, type_key))


def find_type(tile_key: str, type_key: str | None = None) -> tuple[Tile, ConnectorType]:
    """Return the tile and the type that the address names."""
    tile = find_tile(tile_key)
    types = tile.types if tile else ()
    connector = next((each for each in types if type_key is None or each.key == type_key), None)
    if tile is None or connector is None:
        raise ConnectorNotFoundError("There is no such connector. Choose one from the page of connectors.")
    return tile, connector


async def show_list(
    visit: Visit, tile: Tile, connector: ConnectorType, *, status: int = 200, **typed: Any
) -> Response[Any]:
    """Show the profiles of one type; `typed` is what the create line holds after it was refused."""
    query = visit.request.query_params
    search, sort = query.get("q", "")[:LONGEST_SEARCH].replace("\0", "").strip(), query.get("sort", "label")
    wanted = ProfileFilter(visit.chain.id, connector.key, search, sort)
    page = await connectors.list_profiles(visit.session, visit.actor, wanted, number=page_number(visit))
    path = tile.path_of(connector)
    return visit.page(
        "integrations/templates/profiles.html",
        status=status,
        tile=tile,
        connector=connector,
        tabs_of=tab_line(tile),
        page=page,
        path=path,
        search=search,
        sort=sort,
        variants={variant.key: variant.label for variant in connector.variants},
        full=await is_full(visit, connector),
        typed=typed,
    )


async def is_full(visit: Visit, connector: ConnectorType) -> bool:
    """Say whether the chain has as many profiles of the type as it may."""
    most = connector.capabilities.most_per_chain
    if most is None:
        return False
    counts = await connectors.count_profiles(visit.session, visit.actor, chain_id=visit.chain.id)
    return counts.get(connector.key, {"total": 0})["total"] >= most


async def create(visit: Visit, tile: Tile, connector: ConnectorType) -> Response[Any]:
    """Make a draft and open its pop-up; where that is refused, show the line as it was typed."""
    form = await visit.form()
    label = form.get("label", "")
    only = connector.variants[0].key if len(connector.variants) == 1 else ""
    variant = form.get("variant", only)
    settings = visit.resources.settings
    try:
        made = await connectors.create_profile(
            visit.session,
            visit.actor,
            chain_id=visit.chain.id,
            new=NewProfile(connector.key, variant, label, draft=True),
            keys=visit.resources.keys,
            policy=connectors.address_policy(settings),
        )
    except (InvalidError, ConflictError) as error:
        return await show_list(
            visit, tile, connector, status=422, label=label, variant=variant, faults=faults_of(error)
        )
    if made.token is not None:  # shown with the pop-up: no address brings it back
        return await show_form(visit, made, is_new=True, token=made.token)
    return visit.go(f"/admin/integrations/profiles/{made.chain_id}/{made.id}/edit?new=1")
