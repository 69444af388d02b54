"""Chains and their enterprises: the list, and the forms that make new ones."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera.access import chains as access_chains
from tessera.access.chains import Chain, NewEnterprise
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tessera.web.forms import faults_of
from tessera.web.inputs import Inputs
from tessera.web.loyalty.short_lists import cut, matches, sort_of
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/chains"
ONE = f"{PATH}/{{chain_id:uuid}}"
DEFAULT_ZONE = "Europe/London"
SORTS = {"name": lambda chain: chain.name.lower(), "created": lambda chain: chain.created_at}


@get(PATH, permission="chains:read")
async def list_chain_pages(visit: PageVisit) -> Response[Any]:
    """List the chains that the user sees."""
    return list_page(visit)


@post(PATH, permission="chains:write")
async def create_chain(visit: PageVisit) -> Response[Any]:
    """Create a chain and show it."""
    form = await visit.form()
    inputs = Inputs(form)
    name = inputs.text("name", required=True)
    try:
        inputs.check()
        async with visit.session.begin_nested():
            (made,) = await access_chains.create_chains(visit.session, visit.actor, [str(name)], now=visit.now)
    except (InvalidError, ConflictError, DeniedError) as error:
        return list_page(visit, status=422, typed=form, faults=faults_of(error))
    return visit.go(f"{PATH}/{made.id}", notice="created")


@get(ONE, permission="chains:read")
async def show_chain(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Show one chain and its enterprises."""
    return await chain_page(visit, chain_id)


@post(f"{ONE}/enterprises", permission="chains:write")
async def create_enterprise(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Add an enterprise to the chain."""
    find_chain(visit, chain_id)
    form = await visit.form()
    inputs = Inputs(form)
    name, zone = inputs.text("name", required=True), inputs.text("time_zone")
    try:
        inputs.check()
        new = NewEnterprise(name=str(name), time_zone=zone or DEFAULT_ZONE)
        async with visit.session.begin_nested():
            await access_chains.create_enterprises(visit.session, visit.actor, chain_id, [new], now=visit.now)
    except (InvalidError, ConflictError) as error:
        return await chain_page(visit, chain_id, status=422, typed=form, faults=faults_of(error))
    return visit.go(f"{PATH}/{chain_id}", notice="created")


@post(f"{ONE}/rename", permission="chains:write")
async def rename_chain(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Give the chain another name."""
    find_chain(visit, chain_id)
    form = await visit.form()
    inputs = Inputs(form)
    name = inputs.text("chain_name", required=True)
    try:
        inputs.check()
        async with visit.session.begin_nested():
            await access_chains.rename_chain(visit.session, visit.actor, chain_id, str(name), now=visit.now)
    except (InvalidError, ConflictError) as error:
        faults = {"chain_name" if field == "name" else field: fault for field, fault in faults_of(error).items()}
        return await chain_page(visit, chain_id, status=422, typed=form, faults=faults)
    return visit.go(f"{PATH}/{chain_id}", notice="saved")


def list_page(visit: Visit, *, status: int = 200, **more: Any) -> Response[Any]:
    """Answer with the list."""
    search = visit.request.query_params.get("q", "").strip()[:255]
    sort = sort_of(visit, SORTS)
    kept = [chain for chain in visit.chains if matches(search, chain.name)]
    values = {"typed": {}, "faults": {}, **more}
    return visit.page(
        "loyalty/templates/chains.html",
        status=status,
        page=cut(visit, kept, SORTS, sort),
        search=search,
        sort=sort,
        path_here=PATH,
        **values,
    )


async def chain_page(visit: Visit, chain_id: UUID, *, status: int = 200, **more: Any) -> Response[Any]:
    """Answer with the chain's page."""
    shown = find_chain(visit, chain_id)
    every = await access_chains.list_enterprises(visit.session, visit.actor)
    values = {"typed": {}, "faults": {}, **more}
    return visit.page(
        "loyalty/templates/chain.html",
        status=status,
        shown=shown,
        enterprises=[each for each in every if each.chain_id == chain_id],
        **values,
    )


def find_chain(visit: Visit, chain_id: UUID) -> Chain:
    """Return the chain, or raise not found."""
    found = next((chain for chain in visit.chains if chain.id == chain_id), None)
    if found is None:
        raise NotFoundError("There is no such chain. Choose one from the list.")
    return found


PAGES = (list_chain_pages, create_chain, show_chain, rename_chain, create_enterprise)
