"""One request of a run: what was sent, what came back, every attempt."""

from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera import exports
from tessera.exports import log
from tessera.web.exports.run import columns_of
from tessera.web.exports.words import ATTEMPT_OUTCOMES, REQUEST_STATES
from tessera.web.visits import PageVisit


@get("/admin/exports/runs/{run_id:uuid}/requests/{number:int}", permission="exports:read")
async def show_run_request(visit: PageVisit, run_id: FromPath[UUID], number: FromPath[int]) -> Response[Any]:
    """Show the request as it was kept, secrets masked."""
    run = await exports.get_run(visit.session, visit.actor, run_id=run_id)
    detail = await log.get_request(visit.session, visit.actor, run_id, number=number)
    return visit.page(
        "exports/templates/request.html",
        run=run,
        columns_of=columns_of,
        run_path=f"/admin/exports/runs/{run_id}",
        detail=detail,
        logged=detail.request,
        states=REQUEST_STATES,
        outcomes=ATTEMPT_OUTCOMES,
    )
