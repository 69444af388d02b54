"""The history of an export: its runs, moments without a run and changes of its settings in one list."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromPath

from tessera import exports
from tessera.exports import history
from tessera.platform.audit import KeptEntry
from tessera.web.audit.links import link_of
from tessera.web.exports.definition_steps import ONE
from tessera.web.exports.past_runs import read_past_runs
from tessera.web.exports.words import RUN_STATES, TRIGGERS
from tessera.web.visits import PageVisit, Visit

OUTCOMES = {
    "claimed": ("running", "Starting"),
    "queued": ("heals", "Waits for the run before it"),
    "skipped": ("off", "Skipped"),
    "missed": ("needs", "Missed"),
}
MOST_NAMED = 6


@get(f"{ONE}/history", permission="exports:read")
async def show_export_history(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """List what happened to the export, newest first; the address says from when on it goes back."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    before = read_before(visit)
    shown = await history.read_history(visit.session, visit.actor, definition, before=before)
    return visit.page(
        "exports/templates/history.html",
        definition=definition,
        shown=shown,
        before=before,
        states=RUN_STATES,
        outcomes=OUTCOMES,
        triggers=TRIGGERS,
        link_of=link_of,
        changed_names=changed_names,
        **await read_past_runs(visit, definition),
    )


def read_before(visit: Visit) -> datetime | None:
    """Return the moment that the address names; what is no moment with a zone is as if it were not there."""
    try:
        found = datetime.fromisoformat(visit.request.query_params.get("before", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def changed_names(entry: KeptEntry) -> str:
    """Return the names of what a change was about, the first few of them."""
    if entry.action != "updated":
        return ""
    values: Mapping[str, Any] = {**(entry.before or {}), **(entry.after or {})}
    names = [name.replace("_", " ") for name in values]
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
