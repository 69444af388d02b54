"""The last runs of an export as pictures: a bar for each, and lines of rows, duration and share refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tessera.exports import Definition, history
from tessera.exports.history import PastRun
from tessera.web.charts import Bar
from tessera.web.exports.words import RUN_STATES
from tessera.web.formats import duration, exact, number
from tessera.web.visits import Visit

RUNS, SHOWN = "/admin/exports/runs", 30
Points = Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class PastRuns:
    """The pictures of some runs, oldest first, and the words beside them."""

    bars: Sequence[Bar]
    rows: Points
    seconds: Points
    refused: Points
    last_rows: str
    last_seconds: str
    refused_share: str


async def read_past_runs(visit: Visit, definition: Definition | None) -> dict[str, Any]:
    """Return the latest runs of a stored export, newest first, and their pictures."""
    if definition is None:
        return {"runs": [], "past": None}
    runs = await history.list_past_runs(visit.session, visit.actor, definition_id=definition.id, count=SHOWN)
    return {"runs": runs, "past": make_past_runs(runs[::-1], visit.now) if runs else None}


def make_past_runs(runs: Sequence[PastRun], now: datetime) -> PastRuns:
    """Return the pictures of these runs, the oldest of which comes first."""
    ended = [run for run in runs if not run.active]
    last = ended[-1] if ended else runs[-1]
    return PastRuns(
        bars=[make_bar(run, now) for run in runs],
        rows=[(exact(run.created_at), run.selected or 0) for run in ended],
        seconds=[(exact(run.created_at), round(run.seconds(now) or 0, 1)) for run in ended],
        refused=[(exact(run.created_at), round(run.refused_percent or 0, 1)) for run in ended],
        last_rows=number(last.selected),
        last_seconds=duration(last.seconds(now)),
        refused_share=share_of(ended),
    )


def make_bar(run: PastRun, now: datetime) -> Bar:
    """Return the bar of a run: as high as it had rows."""
    tone, word = RUN_STATES[run.state]
    failed = f", {run.failed:,} failed" if run.failed else ""
    took = f", took {duration(run.seconds(now))}" if run.finished_at and run.started_at else ""
    title = f"{exact(run.created_at)}: {word}, {number(run.selected)} rows{failed}{took}"
    return Bar(run.selected or 0, tone, title, f"{RUNS}/{run.id}")


def share_of(runs: Sequence[PastRun]) -> str:
    """Return the share of the rows of all these runs that did not arrive."""
    tried, failed = sum(run.sent + run.failed for run in runs), sum(run.failed for run in runs)
    if not tried:
        return "–"
    percent = 100 * failed / tried
    # Three of a million are not none.
    return "under 0.1 %" if 0 < percent < 0.1 else f"{percent:.1f} %" if failed else "0 %"
