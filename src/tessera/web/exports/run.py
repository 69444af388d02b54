"""A run's page: progress, counts, charts, and three views of what happened."""

from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from tessera import exports
from tessera.exports import RequestState, Run
from tessera.web.exports.words import REQUEST_STATES, RUN_STATES, count_parts, moment_words
from tessera.web.list_parameters import chosen, page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/exports/runs/{run_id:uuid}"


class View(StrEnum):
    """The three views below the charts."""

    REQUESTS = "requests"
    ROWS = "rows"
    TIME_LINE = "time-line"


@get(PATH, permission="exports:read")
async def show_run(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Show the run as it is now."""
    return visit.page("exports/templates/run.html", **await read_run(visit, run_id))


@get(f"{PATH}/progress", permission="exports:read")
async def show_run_progress(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Show the part of the run's page that changes while it is active."""
    return visit.fragment("exports/templates/run_live.html", **await read_run(visit, run_id))


@get(f"{PATH}/rates", permission="exports:read")
async def show_rates(visit: PageVisit, run_id: FromPath[UUID]) -> dict[str, Any]:
    """Give the charts their numbers, column by column."""
    run = await exports.get_run(visit.session, visit.actor, run_id=run_id)
    rates = await exports.list_rates(visit.session, visit.actor, run_id)
    return {
        "active": run.active,
        "seconds": [rate.second.timestamp() for rate in rates],
        "requests": [rate.requests for rate in rates],
        "rows": [rate.rows for rate in rates],
        "p50": [rate.p50_ms for rate in rates],
        "p95": [rate.p95_ms for rate in rates],
    }


@post(f"{PATH}/cancel", permission="exports:write")
async def cancel_export_run(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Ask for the run's end."""
    await exports.cancel_run(visit.session, visit.actor, run_id=run_id)
    return visit.go(f"/admin/exports/runs/{run_id}", notice="run_cancelled")


@get(f"{PATH}/file", permission="exports:read")
async def download_run_file(visit: PageVisit, run_id: FromPath[UUID]) -> Stream:
    """Give the file of a run that is kept here; it is sent when the visit's transaction has been committed."""
    found = await exports.open_run_file(visit.session, visit.actor, run_id=run_id, settings=visit.resources.settings)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Length": str(found.size),
    }
    return Stream(found.chunks, media_type="application/octet-stream", headers=headers)


async def read_run(visit: Visit, run_id: UUID) -> dict[str, Any]:
    """Return what the page shows: the run, and the chosen view."""
    run = await exports.get_run(visit.session, visit.actor, run_id=run_id)
    view = chosen(visit, "view", View) or View.REQUESTS
    return {
        "run": run,
        "run_path": f"/admin/exports/runs/{run_id}",
        "query": visit.request.url.query,
        "progress": read_progress(run, run.seconds(visit.now)),
        "states": RUN_STATES,
        "parts": count_parts(run),
        "view": view,
        **await read_view(visit, run_id, view),
    }


async def read_view(visit: Visit, run_id: UUID, view: View) -> dict[str, Any]:
    """Return the lines of the chosen view."""
    session, actor, number = visit.session, visit.actor, page_number(visit)
    if view is View.ROWS:
        return {"page": await exports.list_row_errors(session, actor, run_id, number=number)}
    if view is View.TIME_LINE:
        return {"moments": await exports.list_moments(session, actor, run_id), "moment_words": moment_words}
    state = chosen(visit, "state", RequestState)
    page = await exports.list_requests(session, actor, run_id, state=state, number=number)
    return {"page": page, "state": state, "request_states": REQUEST_STATES}


def read_progress(run: Run, seconds: float | None) -> dict[str, float | None]:
    """Return rows a second, and the seconds left at that speed while the run is active."""
    rate = run.settled / seconds if seconds else None
    left = (run.selected - run.settled) / rate if run.active and rate and run.selected is not None else None
    return {"seconds": seconds, "rate": rate, "left": left}
