"""A form in steps made of every part of the kit, for tests: no page of the product shows them all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, FileSystemLoader
from litestar import Response, Router, get, post
from litestar.di import Provide
from litestar.params import FromPath

from tessera.connectors.contract import MappingLayout, MappingRow
from tessera.web.charts import Bar, Series
from tessera.web.conditions import Condition
from tessera.web.failures import FAILURE_HANDLERS
from tessera.web.forms import Form, FormInvalidError, faults_of
from tessera.web.headers import SecurityHeaders
from tessera.web.mappings import Grid, asks_proposals, make_grid, propose_rows, read_grid
from tessera.web.page_templates import environment
from tessera.web.stepper import Step, Stepper, StepState, read_move
from tessera.web.visits import SIGNED_IN, PageVisit, provide_visit

STEPS = {"filter": "Filter", "destination": "Destination", "schedule": "Schedule"}
SOURCES = [(name, name) for name in ("email", "first_name", "tier_code", "balance")]
KINDS = (("identity", "Identity"), ("attribute", "Attribute"))
LAYOUT = MappingLayout(
    KINDS,
    targets={"identity": ("email", "customer_id")},
    transforms=(("lower", "Lower case"), ("text", "As text")),
    empty_values=(("omit", "Leave out"), ("null", "Send null")),
    propose=lambda sources: [
        MappingRow(name, "identity" if name == "email" else "attribute", name, empty="omit") for name in sources
    ],
)
CONDITIONS = {
    "once": Condition("recurrence", ("once",), "With Recurrence Once"),
    "repeat": Condition("recurrence", ("repeat",), "With Recurrence Repeat"),
    "day": Condition("interval", ("day",), "With interval Day"),
    "week": Condition("interval", ("week",), "With interval Week"),
    "advanced": Condition("advanced", ("true",), "With Advanced Mode"),
}
START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass
class Kept:
    """What was saved, by step, and which steps have been seen."""

    forms: dict[str, Form] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)


KEPT = Kept()


def make_stepper(key: str, wrong: bool = False) -> Stepper:
    """Return the steps, those that were saved as done."""
    states = {each: StepState.DONE if each in KEPT.forms else StepState.OPEN for each in STEPS}
    if wrong:
        states[key] = StepState.WRONG
    return Stepper([Step(each, label, f"/kit/{each}", states[each]) for each, label in STEPS.items()], key)


@get("/kit/{key:str}", permission=SIGNED_IN)
async def show_step(visit: PageVisit, key: FromPath[str]) -> Response[Any]:
    """Show a step as it was saved."""
    if key == "pictures":
        return visit.page("kit.html", **pictures())
    return show(visit, key, KEPT.forms.get(key, Form()), make_grid("columns", LAYOUT, KEPT.rows, SOURCES))


@post("/kit/{key:str}", permission=SIGNED_IN)
async def save_step(visit: PageVisit, key: FromPath[str]) -> Response[Any]:
    """Save a step, or show it again with what is wrong."""
    form = await visit.form()
    rows = read_grid("columns", form)
    if asks_proposals(form, "columns"):
        rows = propose_rows(LAYOUT, rows, [name for name, _ in SOURCES])
        return show(visit, key, form, make_grid("columns", LAYOUT, rows, SOURCES))
    try:
        check(key, form, rows)
    except FormInvalidError as error:
        faults = faults_of(error)
        grid = make_grid("columns", LAYOUT, rows, SOURCES, faults)
        return show(visit, key, form, grid, faults=faults)
    KEPT.forms[key] = form
    KEPT.rows = rows if key == "destination" else KEPT.rows
    return visit.go(make_stepper(key).path_after(read_move(form)))


def check(key: str, form: Form, rows: Sequence[dict[str, str]]) -> None:
    """Raise where a step does not fit; fields whose condition does not hold are not read."""
    if key == "filter":
        form.text("query", required=True)
    if key == "destination":
        for (number, column), fault in LAYOUT.check(rows)[1].items():
            form.fault(f"columns-{number}-{column}", fault)
    if key == "schedule" and CONDITIONS["once"].holds(form):
        form.wall_time("once_on", required=True)
    if key == "schedule" and CONDITIONS["repeat"].holds(form):
        form.day("from")
        form.days("excluded")
    form.check()


def show(visit: PageVisit, key: str, form: Form, grid: Grid, faults: dict[str, str] | None = None) -> Response[Any]:
    """Show a step."""
    return visit.page(
        "kit.html",
        status=422 if faults else 200,
        step=key,
        stepper=make_stepper(key, bool(faults)),
        form=form,
        grid=grid,
        faults=faults or {},
        labels=grid.labels | {"query": "Bigdata Query", "once_on": "Execute Once On", "excluded": "Excluded dates"},
        conditions=CONDITIONS,
        excluded=[day for day in form.repeated("excluded") if day],
    )


def pictures() -> dict[str, Any]:
    """Return what the page of charts and panels shows."""
    days = [START + timedelta(days=day) for day in range(30)]
    return {
        "step": "pictures",
        "series": [Series("sent", "sent", "fine"), Series("failed", "failed", "needs")],
        "rows": [(day.timestamp(), [1000 + 37 * number, number % 7]) for number, day in enumerate(days)],
        "points": [(f"{day:%Y-%m-%d}", 100 + number * number) for number, day in enumerate(days)],
        "bars": [
            Bar(
                number * 10,
                "needs" if number % 5 == 0 else "fine",
                f"{number * 10} rows, run {number}",
                f"/kit/{number}",
            )
            for number in range(24)
        ],
        "parts": [("sent", "fine", 830), ("unchanged", "off", 100), ("failed", "needs", 11), ("skipped", "heals", 0)],
        "since": START,
    }


@contextmanager
def kit_routes() -> Iterator[list[Any]]:
    """Give the routes of the demonstration, with its template within reach."""
    made = environment()
    before = made.loader
    made.loader = ChoiceLoader([loader for loader in (before, FileSystemLoader(Path(__file__).parent)) if loader])
    KEPT.forms.clear()
    KEPT.rows = []
    yield [
        Router(
            path="/",
            route_handlers=[show_step, save_step],
            dependencies={"visit": Provide(provide_visit)},
            exception_handlers=FAILURE_HANDLERS,
            middleware=[SecurityHeaders()],
            include_in_schema=False,
        )
    ]
    made.loader = before
