"""Saved queries of a chain: the list, and one of them with its columns and, on demand, its first rows."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera import loyalty, queries
from tessera.platform.errors import TesseraError
from tessera.platform.ids import parse_id
from tessera.platform.paging import Page
from tessera.queries import Query
from tessera.web.paging import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/analytics/queries"


@get(PATH, permission="queries:read")
async def list_saved_queries(visit: PageVisit) -> Response[Any]:
    """List the queries of one chain, the first by name unless the address names another."""
    chains = await loyalty.list_chains(visit.session, visit.actor)
    asked = parse_id(visit.request.query_params.get("chain", ""))
    chain_id = asked or (chains[0].id if chains else None)
    page: Page[Query] = Page([], 0, 1, 50)
    if chain_id is not None:
        page = await queries.list_queries(visit.session, visit.actor, chain_id, number=page_number(visit))
    return visit.page("queries/templates/queries.html", page=page, chains=chains, chain_id=chain_id)


@get(f"{PATH}/{{chain_id:uuid}}/{{query_id:uuid}}", permission="queries:read")
async def show_saved_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Show one query, and its first rows if the address asks for them."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    preview = await read_preview(visit, query) if "preview" in visit.request.query_params else {}
    return visit.page("queries/templates/query.html", **({"query": query, "preview": None, "refused": None} | preview))


async def read_preview(visit: Visit, query: Query) -> dict[str, Any]:
    """Return the first rows, or why there are none to see."""
    try:
        return {"preview": await queries.preview_query(visit.actor, visit.engine, query.chain_id, query)}
    except TesseraError as error:
        return {"refused": error.message}
