"""HTTP templates: the tab beside the profiles, one of them, its copy and its end."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import outbound
from tessera.outbound import TEMPLATE_TYPES, NewTemplate, TemplateFilter
from tessera.platform.errors import ConflictError, InvalidError
from tessera.web.forms import faults_of
from tessera.web.integrations.profile_lists import LONGEST_SEARCH, find_type
from tessera.web.integrations.tiles import CONNECTORS, TEMPLATES, tab_line
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit, Visit

LIST = f"{CONNECTORS}/http_api/{TEMPLATES}"
PATH = "/admin/integrations/templates"
ONE = f"{PATH}/{{chain_id:uuid}}/{{template_id:uuid}}"
SORTS = ("label", "internal_name", "created", "updated")


@get(PATH, permission="http-templates:read")
async def find_templates(visit: PageVisit) -> Response[None]:
    """Lead to the list."""
    return visit.go(LIST)


@get(LIST, permission="http-templates:read")
async def list_http_templates(visit: PageVisit) -> Response[Any]:
    """List the templates of the chosen chain."""
    return await show_list(visit)


@post(LIST, permission="http-templates:write")
async def create_http_template(visit: PageVisit) -> Response[Any]:
    """Make a draft, so that nothing is lost, and open its editor."""
    form = await visit.form()
    typed = {name: form.get(name) for name in ("display_name", "template_type")}
    if typed["template_type"] not in TEMPLATE_TYPES:
        return await show_list(visit, status=422, typed=typed, faults={"template_type": "Choose one of the list."})
    try:
        new = NewTemplate(typed["display_name"], draft=True)
        made = await outbound.create_template(
            visit.session, visit.actor, chain_id=visit.chain.id, new=new, keys=visit.resources.keys
        )
    except (InvalidError, ConflictError) as error:
        faults = {"display_name": " ".join(faults_of(error).values())}
        return await show_list(visit, status=422, typed=typed, faults=faults)
    return visit.go(f"{PATH}/{made.chain_id}/{made.id}/edit")


@get(ONE, permission="http-templates:read")
async def show_http_template(visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]) -> Response[Any]:
    """Show one template: method, path, headers, body."""
    return await detail_page(visit, chain_id, template_id)


@post(f"{ONE}/copy", permission="http-templates:write")
async def copy_http_template(visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]) -> Response[Any]:
    """Copy the template and show the copy."""
    copied = await outbound.copy_template(visit.session, visit.actor, chain_id, template_id)
    return visit.go(f"{PATH}/{chain_id}/{copied.id}", notice="copied")


@post(f"{ONE}/delete", permission="http-templates:admin")
async def delete_http_template(
    visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]
) -> Response[Any]:
    """Delete a template that no export definition uses."""
    try:
        await outbound.delete_template(visit.session, visit.actor, chain_id, template_id)
    except ConflictError as error:
        return await detail_page(visit, chain_id, template_id, status=409, refused=error.message)
    return visit.go(LIST, notice="deleted")


async def show_list(
    visit: Visit, *, status: int = 200, typed: dict[str, str] | None = None, faults: dict[str, str] | None = None
) -> Response[Any]:
    """Answer with the list; `typed` is what the create line holds after it was refused."""
    asked = visit.request.query_params
    search, sort = asked.get("q", "")[:LONGEST_SEARCH].replace("\0", "").strip(), asked.get("sort", "")
    wanted = TemplateFilter(visit.chain.id, search=search, sort=sort if sort.removeprefix("-") in SORTS else "label")
    page = await outbound.list_templates(visit.session, visit.actor, wanted, number=page_number(visit))
    tile, _ = find_type("http_api")
    return visit.page(
        "integrations/templates/http_templates.html",
        status=status,
        tile=tile,
        tabs_of=tab_line(tile),
        page=page,
        search=search,
        sort=wanted.sort,
        path=LIST,
        types=TEMPLATE_TYPES,
        typed=typed or {},
        faults=faults or {},
    )


async def detail_page(
    visit: Visit, chain_id: UUID, template_id: UUID, *, status: int = 200, refused: str = ""
) -> Response[Any]:
    """Answer with one template."""
    template = await outbound.get_template(visit.session, visit.actor, chain_id, template_id)
    return visit.page(
        "integrations/templates/http_template.html",
        status=status,
        template=template,
        shape=template.shape,
        types=TEMPLATE_TYPES,
        users=await outbound.list_template_users(visit.session, visit.actor, template),
        list_path=LIST,
        refused=refused,
    )
