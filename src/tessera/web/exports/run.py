"""A run's page: progress, counts, charts, and three views of what happened."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from tessera import exports
from tessera.exports import RequestState, Run, RunFilter, RunNotFoundError, RunState, log
from tessera.web.charts import Series
from tessera.web.exports.words import (
    ATTEMPT_OUTCOMES,
    FILE_STATES,
    GATES,
    REQUEST_STATES,
    RUN_STATES,
    TRIGGERS,
    count_parts,
    moment_words,
    next_step,
    refused_by,
)
from tessera.web.list_parameters import chosen, page_number
from tessera.web.visits import PageVisit, Visit

PATH = "/admin/exports/runs/{run_id:uuid}"
RESENDS_SHOWN = 20
# The gate about the owner's rights: who releases such a run takes the export over.
OWNER = "owner"
ROWS = (Series("rows", "rows", "fine"),)
REQUESTS = (Series("requests", "sent"), Series("retries", "attempts again", "heals"))
LATENCY = (Series("p50", "median", "off"), Series("p95", "95th percentile"), Series("p99", "99th percentile", "heals"))
ANSWERS = (
    Series("accepted", "2xx", "fine"),
    Series("refused", "3xx and 4xx", "needs"),
    Series("broken", "5xx", "heals"),
    Series("unanswered", "no answer", "off"),
)
CHARTS = (
    ("rows", "Rows sent", "a second", ROWS),
    ("requests", "Requests sent", "a second", REQUESTS),
    ("latency", "Latency", "ms", LATENCY),
    ("answers", "Answers", "a second", ANSWERS),
)
COLUMNS = ("rows", "requests", "retries", "accepted", "refused", "broken", "unanswered")


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
    rates = await log.list_rates(visit.session, visit.actor, run_id)
    return {
        "active": run.active,
        "seconds": [rate.second.timestamp() for rate in rates],
        "p50": [rate.p50_ms for rate in rates],
        "p95": [rate.p95_ms for rate in rates],
        "p99": [rate.p99_ms for rate in rates],
        **{name: [getattr(rate, name) for rate in rates] for name in COLUMNS},
    }


@post(f"{PATH}/cancel", permission="exports:write")
async def cancel_export_run(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Ask for the run's end."""
    await exports.cancel_run(visit.session, visit.actor, visit.resources, run_id=run_id)
    return visit.go(f"/admin/exports/runs/{run_id}", notice="run_cancelled")


@get(f"{PATH}/file", permission="exports:read")
async def download_run_file(visit: PageVisit, run_id: FromPath[UUID]) -> Stream:
    """Give the file of a run that is kept here; it is sent when the visit's transaction has been committed."""
    found = await log.open_run_file(visit.session, visit.actor, run_id=run_id, settings=visit.resources.settings)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Length": str(found.size),
    }
    return Stream(found.chunks, media_type="application/octet-stream", headers=headers)


async def read_run(visit: Visit, run_id: UUID) -> dict[str, Any]:
    """Return what the page shows: the run, and the chosen view."""
    run = await exports.get_run(visit.session, visit.actor, run_id=run_id)
    file = await log.find_run_file(visit.session, visit.actor, run_id=run_id)
    view = chosen(visit, "view", View) or (View.TIME_LINE if file else View.REQUESTS)
    answers = await log.list_answers(visit.session, visit.actor, run_id) if run.attempts else []
    return {
        "run": run,
        "file": file,
        "file_states": FILE_STATES,
        "parent": await find_parent(visit, run),
        "resends": await exports.list_runs(visit.session, visit.actor, RunFilter(parent_id=run_id), size=RESENDS_SHOWN),
        "held": run.state is RunState.HELD,
        "can_resend": not run.active and run.failed > 0 and visit.actor.may("exports:write"),
        "needs_owner": any(finding.gate == OWNER for finding in run.findings),
        "gates": GATES,
        "triggers": TRIGGERS,
        "next_step": next_step(run),
        "refused": "",
        "answers": answers,
        "groups": await log.count_row_errors(visit.session, visit.actor, run_id) if run.failed else [],
        "outcomes": ATTEMPT_OUTCOMES,
        "run_path": f"/admin/exports/runs/{run_id}",
        "columns_of": columns_of,
        "refused_by": refused_by,
        "query": visit.request.url.query,
        "progress": read_progress(run, run.seconds(visit.now)),
        "states": RUN_STATES,
        "parts": count_parts(run),
        "charts": CHARTS,
        "view": view,
        **await read_view(visit, run_id, view),
    }


async def find_parent(visit: Visit, run: Run) -> Run | None:
    """Return the run whose failed rows this one sends again; None where there is none, or it is kept no longer."""
    if run.parent_id is None:
        return None
    try:
        return await exports.get_run(visit.session, visit.actor, run_id=run.parent_id)
    except RunNotFoundError:
        return None


async def read_view(visit: Visit, run_id: UUID, view: View) -> dict[str, Any]:
    """Return the lines of the chosen view."""
    session, actor, number = visit.session, visit.actor, page_number(visit)
    if view is View.ROWS:
        return {"page": await log.list_row_errors(session, actor, run_id, number=number)}
    if view is View.TIME_LINE:
        return {"moments": await log.list_moments(session, actor, run_id), "moment_words": moment_words}
    state = chosen(visit, "state", RequestState)
    page = await log.list_requests(session, actor, run_id, state=state, number=number)
    return {"page": page, "state": state, "request_states": REQUEST_STATES}


def read_progress(run: Run, seconds: float | None) -> dict[str, float | None]:
    """Return the rows sent a second, and the seconds left at the speed so far while the run is active."""
    speed = run.settled / seconds if seconds else None
    left = (run.selected - run.settled) / speed if run.active and speed and run.selected is not None else None
    return {"seconds": seconds, "rate": run.sent / seconds if seconds else None, "left": left}


def columns_of(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Return the heads of the columns of rows; one that the run added, such as how a row changed, comes after them."""
    widest = max(map(len, rows), default=len(names))
    return [*names, *["change"] * (widest - len(names))][:widest]
