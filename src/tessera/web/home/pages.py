"""Home: is anything wrong, what runs, and on a fresh system the first steps."""

from typing import Any

from litestar import Response, get

from tessera import exports
from tessera.exports import RunState
from tessera.web.exports.words import RUN_STATES, count_parts
from tessera.web.home.figures import make_cards, read_figures
from tessera.web.home.health import judge_exports
from tessera.web.home.steps import read_steps
from tessera.web.visits import SIGNED_IN, PageVisit

# Enough for twenty runs of a handful of exports; the list of runs shows the rest.
RUNS_READ = 200


@get("/", permission=SIGNED_IN)
async def show_home(visit: PageVisit) -> Response[Any]:
    """Show members and points, how the exports fare, or how to begin where nothing has run yet."""
    figures = await read_figures(visit)
    shown: dict[str, Any] = {
        "figures": figures,
        "cards": make_cards(figures[0], figures[1:], visit.actor) if figures else [],
    }
    if not visit.actor.may("exports:read"):
        return visit.page("home/templates/home.html", health=[], active=[], steps=[], **shown)
    runs = (await exports.list_runs(visit.session, visit.actor, size=RUNS_READ)).items
    return visit.page(
        "home/templates/home.html",
        health=judge_exports(runs),
        active=[run for run in runs if run.active and run.state is not RunState.HELD],
        steps=[] if runs else await read_steps(visit),
        states=RUN_STATES,
        count_parts=count_parts,
        **shown,
    )
