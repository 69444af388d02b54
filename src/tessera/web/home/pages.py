"""Home: is anything wrong, what runs next, and on a fresh system the first steps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get

from tessera.connectors import calls
from tessera.connectors.calls import ProfileDay
from tessera.exports import RunState, history
from tessera.exports.history import HourCount
from tessera.web.exports.words import RUN_STATES, count_parts
from tessera.web.home.attention import Line, lines_of, lines_of_profiles, read_key_lines, read_mail_line
from tessera.web.home.destinations import SHOWN, make_destinations
from tessera.web.home.figures import make_cards, read_figures
from tessera.web.home.lanes import make_day
from tessera.web.home.steps import read_steps
from tessera.web.visits import SIGNED_IN, PageVisit, Visit

LANES, LATEST, LINES = 8, 8, 8


@get("/", permission=SIGNED_IN)
async def show_home(visit: PageVisit) -> Response[Any]:
    """Show members and points, what needs attention and what runs next, or how to begin where nothing has run yet."""
    figures = await read_figures(visit)
    days = await read_profile_days(visit)
    found = await read_exports(visit, days)
    lines = [*found.pop("lines"), *await read_mail_line(visit), *await read_key_lines(visit)]
    # Within a tone the order stays: what is held comes before what has failed.
    lines.sort(key=lambda line: line.tone != "needs")
    sees_exports = visit.actor.may("exports:read")
    return visit.page(
        "home/templates/home.html",
        figures=figures,
        cards=make_cards(figures[0], figures[1:], visit.actor) if figures else [],
        lines=lines[:LINES],
        further=lines[LINES:],
        steps=await read_steps(visit) if sees_exports and not found["latest"] else [],
        sees_exports=sees_exports,
        states=RUN_STATES,
        count_parts=count_parts,
        **found,
    )


async def read_exports(visit: Visit, days: Sequence[ProfileDay]) -> dict[str, Any]:
    """Return what the page says about the exports and connections of the chosen chain."""
    lines: list[Line] = []
    found: dict[str, Any] = {"latest": [], "active": [], "day": None, "destinations": []}
    hours: Mapping[UUID, Mapping[int, HourCount]] = {}
    if visit.chosen is not None and visit.actor.may("exports:read"):
        session, actor, chain_id = visit.session, visit.actor, visit.chosen.id
        latest = await history.list_latest_runs(session, actor, chain_id, count=LATEST)
        active = await history.list_active_runs(session, actor, chain_id)
        upcoming = await history.list_upcoming(session, actor, chain_id, now=visit.now, count=LANES)
        concerns = await history.list_concerns(
            session, actor, chain_id, now=visit.now, upcoming=upcoming, active=active
        )
        lines += lines_of(concerns, may_change=actor.may("exports:write"))
        hours = await history.list_run_hours(session, actor, chain_id, now=visit.now) if days else {}
        day = make_day(upcoming, visit.now)
        running = [run for run in active if run.state is not RunState.HELD]
        found |= {"latest": latest, "active": running[:LATEST], "day": day if day.lanes else None}
    if visit.chosen is not None:
        lines += lines_of_profiles(days, visit.chosen.id, runs_shown=visit.actor.may("exports:read"))
    return {**found, "destinations": make_destinations(days, hours)[:SHOWN], "lines": lines}


async def read_profile_days(visit: Visit) -> Sequence[ProfileDay]:
    """Return how the connection profiles fared, to those who may see them."""
    if visit.chosen is None or not visit.actor.may("connection-profiles:read"):
        return ()
    return await calls.list_profile_days(visit.session, visit.actor, visit.chosen.id, now=visit.now)
