"""Saved queries of the chosen chain: the list, one of them, its copy, its end, and its column headers as a file."""

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import queries
from tessera.platform.errors import ConflictError, TesseraError
from tessera.platform.paging import Page
from tessera.queries import Query
from tessera.web.forms import LONGEST_TEXT
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/analytics/queries"
ONE = f"{PATH}/{{chain_id:uuid}}/{{query_id:uuid}}"
SORTS = ("label", "internal_name", "created", "updated")
LONGEST_SEARCH = 255


@get(PATH, permission="queries:read")
async def list_saved_queries(visit: PageVisit) -> Response[Any]:
    """List the queries of the chosen chain."""
    return await list_page(visit)


@post(PATH, permission="queries:write")
async def begin_query(visit: PageVisit) -> Response[Any]:
    """Go on to the editor under the name that was typed."""
    name = (await visit.form()).get("display_name").strip()
    if not name or len(name) > LONGEST_TEXT or not name.isprintable():
        fault = f"Give it a name of 1 to {LONGEST_TEXT} printable characters."
        return await list_page(visit, status=422, typed=name, fault=fault)
    return visit.go(f"{PATH}/{visit.chain.id}/new?label={quote(name)}")


@get(ONE, permission="queries:read")
async def show_saved_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Show one query, and its first rows if the address asks for them."""
    return await detail_page(visit, chain_id, query_id)


@get(f"{ONE}/columns.csv", permission="queries:read")
async def download_columns(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[str]:
    """Give the column headers as one line of CSV."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    named = f'attachment; filename="{query.internal_name}_columns.csv"'
    return Response(
        queries.header_line(column.name for column in query.columns),
        media_type="text/csv; charset=utf-8; header=present",
        headers={"Content-Disposition": named},
    )


@post(f"{ONE}/copy", permission="queries:write")
async def copy_saved_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Copy the query and show the copy."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    copied = await queries.copy_query(visit.session, visit.actor, query=query)
    return visit.go(f"{PATH}/{chain_id}/{copied.id}", notice="copied")


@post(f"{ONE}/delete", permission="queries:admin")
async def delete_saved_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Delete a query that nothing uses."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    try:
        await queries.delete_query(visit.session, visit.actor, query=query)
    except ConflictError as error:
        return await detail_page(visit, chain_id, query_id, status=409, refused=error.message)
    return visit.go(PATH, notice="deleted")


async def list_page(visit: Visit, *, status: int = 200, typed: str = "", fault: str = "") -> Response[Any]:
    """Answer with the list."""
    asked = visit.request.query_params
    search, sort = asked.get("q", "").strip()[:LONGEST_SEARCH].replace("\0", ""), asked.get("sort", "")
    sort = sort if sort.removeprefix("-") in SORTS else "label"
    page: Page[Query] = Page([], 0, 1, 50)
    if visit.chosen is not None:
        page = await queries.list_queries(
            visit.session, visit.actor, visit.chosen.id, search=search, sort=sort, number=page_number(visit)
        )
    return visit.page(
        "queries/templates/queries.html",
        status=status,
        page=page,
        search=search,
        sort=sort,
        typed=typed,
        fault=fault,
    )


async def detail_page(
    visit: Visit, chain_id: UUID, query_id: UUID, *, status: int = 200, refused: str = ""
) -> Response[Any]:
    """Answer with one query."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    users = await queries.list_query_users(visit.session, visit.actor, query)
    preview = await read_preview(visit, query) if "preview" in visit.request.query_params else {}
    shown = {"preview": None, "preview_refused": None} | preview
    return visit.page("queries/templates/query.html", status=status, query=query, users=users, refused=refused, **shown)


async def read_preview(visit: Visit, query: Query) -> dict[str, Any]:
    """Return the first rows, or why there are none to see."""
    try:
        preview = queries.preview_query(visit.actor, visit.engine, query.chain_id, query)
        return {"preview": await visit.while_connected(preview)}
    except TesseraError as error:
        return {"preview_refused": error.message}
