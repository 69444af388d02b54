"""The figures of each day as charts: members, points outstanding, points earned and burned, enrolments."""

from datetime import UTC, datetime
from typing import Any

from litestar import Response, get

from tessera import loyalty
from tessera.loyalty import DailyFigures
from tessera.platform.ids import parse_id
from tessera.web.charts import Series
from tessera.web.loyalty.memberships import list_chain_programs
from tessera.web.visits import PageVisit

PATH = "/loyalty/figures"
SPANS = {"30": "30 days", "90": "90 days", "365": "A year"}
CHARTS = (
    ("members", "Members", "at the end of each day", (Series("members", "members", "fine"),)),
    ("points", "Points outstanding", "at the end of each day", (Series("points", "points"),)),
    (
        "movements",
        "Points",
        "a day",
        (Series("earned", "earned", "fine"), Series("burned", "burned", "heals"), Series("expired", "expired", "off")),
    ),
    ("enrolments", "Enrolments", "a day", (Series("enrolments", "enrolments"),)),
)


@get(PATH, permission="members:read")
async def show_figures(visit: PageVisit) -> Response[Any]:
    """Show the chosen chain's figures; the address keeps how many days, and of which program."""
    if visit.chosen is None:
        return visit.page("loyalty/templates/no_chain.html", title="Figures")
    asked = visit.request.query_params
    programs = await list_chain_programs(visit, visit.chain.id)
    wanted = parse_id(asked.get("program", ""))
    program_id = wanted if any(program.id == wanted for program in programs) else None
    span = asked.get("days", "")
    days = await loyalty.list_daily_figures(
        visit.session,
        visit.actor,
        visit.chain.id,
        int(span) if span in SPANS else int(next(iter(SPANS))),
        now=visit.now,
        program_id=program_id,
    )
    return visit.page(
        "loyalty/templates/figures.html",
        days=days,
        charts=[(*chart, chart_rows(days, chart[3])) for chart in CHARTS],
        programs=programs,
        program_id=program_id,
        spans=SPANS,
        span=span if span in SPANS else next(iter(SPANS)),
        path_here=PATH,
    )


def chart_rows(days: list[DailyFigures], series: tuple[Series, ...]) -> list[tuple[float, list[float | None]]]:
    """Return what a chart draws of each day."""
    return [(start_of(day).timestamp(), [getattr(day, each.key) for each in series]) for day in days]


def start_of(day: DailyFigures) -> datetime:
    """Return the moment at which the day began."""
    return datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC)


PAGES = (show_figures,)
