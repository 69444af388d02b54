"""HTTP templates: the list, and one of them."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera import integrations
from tessera.web.paging import page_number
from tessera.web.visits import PageVisit

PATH = "/admin/integrations/templates"


@get(PATH, permission="http-templates:read")
async def list_http_templates(visit: PageVisit) -> Response[Any]:
    """List the templates of every chain that the user sees."""
    page = await integrations.list_templates(visit.session, visit.actor, number=page_number(visit))
    return visit.page("integrations/templates/http_templates.html", page=page)


@get(f"{PATH}/{{chain_id:uuid}}/{{template_id:uuid}}", permission="http-templates:read")
async def show_http_template(visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]) -> Response[Any]:
    """Show one template: method, path, headers, body."""
    template = await integrations.get_template(visit.session, visit.actor, chain_id, template_id)
    return visit.page("integrations/templates/http_template.html", template=template, shape=template.shape)
