"""A held run waits for a person: *Release* lets it go on, *Drop* ends it with every row skipped."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from tessera import exports
from tessera.platform.errors import ConflictError, DeniedError, InvalidError
from tessera.web.exports.run import PATH, read_run
from tessera.web.statuses import status_of
from tessera.web.visits import PageVisit


@post(f"{PATH}/release", permission="exports:write")
async def release_held_run(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Let the run go on; where its owner lacks rights, this user takes the export over."""
    try:
        async with visit.session.begin_nested():
            await exports.release_run(visit.session, visit.actor, visit.resources, run_id=run_id)
    except (ConflictError, DeniedError, InvalidError) as error:
        page = await read_run(visit, run_id)
        return visit.page("exports/templates/run.html", status=status_of(error), **{**page, "refused": error.message})
    return visit.go(f"/admin/exports/runs/{run_id}", notice="run_released")


@post(f"{PATH}/drop", permission="exports:write")
async def drop_held_run(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """End the run; nothing of it is sent."""
    await exports.cancel_run(visit.session, visit.actor, visit.resources, run_id=run_id)
    return visit.go(f"/admin/exports/runs/{run_id}", notice="run_dropped")
