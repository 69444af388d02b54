"""The list of runs."""

from typing import Any

from litestar import Response, get

from tessera import exports
from tessera.exports import RunFilter, RunState
from tessera.platform.ids import parse_id
from tessera.web.exports.words import RUN_STATES, count_parts
from tessera.web.list_parameters import chosen, page_number
from tessera.web.visits import PageVisit


@get("/admin/exports/runs", permission="exports:read")
async def list_export_runs(visit: PageVisit) -> Response[Any]:
    """List the runs, newest first, of one definition or of all; the address keeps the filter."""
    state, definition_id = chosen(visit, "state", RunState), parse_id(visit.request.query_params.get("definition", ""))
    definition = (
        await exports.get_definition(visit.session, visit.actor, definition_id=definition_id) if definition_id else None
    )
    page = await exports.list_runs(
        visit.session, visit.actor, RunFilter(definition_id, state), number=page_number(visit)
    )
    return visit.page(
        "exports/templates/runs.html",
        page=page,
        state=state,
        states=RUN_STATES,
        count_parts=count_parts,
        definition=definition,
    )
