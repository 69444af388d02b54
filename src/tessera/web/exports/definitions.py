"""Export definitions: the list, one of them, and the button that runs it."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports
from tessera.web.exports.words import RUN_STATES, count_parts
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit

PATH = "/admin/exports/definitions"


@get(PATH, permission="exports:read")
async def list_export_definitions(visit: PageVisit) -> Response[Any]:
    """List the definitions with their last runs."""
    page = await exports.list_definitions(visit.session, visit.actor, number=page_number(visit))
    return visit.page("exports/templates/definitions.html", page=page)


@get(f"{PATH}/{{definition_id:uuid}}", permission="exports:read")
async def show_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Show one definition and its latest runs."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    runs = await exports.list_runs(visit.session, visit.actor, exports.RunFilter(definition_id), size=10)
    return visit.page(
        "exports/templates/definition.html",
        definition=definition,
        runs=runs,
        states=RUN_STATES,
        count_parts=count_parts,
    )


@post(f"{PATH}/{{definition_id:uuid}}/run", permission="exports:write")
async def start_export_run(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Start a run and go to its page."""
    run = await exports.start_run(
        visit.session,
        visit.actor,
        visit.resources.jobs,
        definition_id=definition_id,
        keys=visit.resources.keys,
    )
    return visit.go(f"/admin/exports/runs/{run.id}", notice="run_started")
