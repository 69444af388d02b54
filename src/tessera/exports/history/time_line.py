"""What happened to a definition: its runs, moments without a run, and changes of its settings, as one list.

Settings are those of the definition, its query, its template and its profiles as it refers to them now.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.exports.definitions import KIND
from tessera.exports.history.past_runs import PastRun, make_runs
from tessera.exports.store import history as store
from tessera.exports.values import Definition
from tessera.platform import schedules
from tessera.platform.actors import Actor
from tessera.platform.assets import list_targets
from tessera.platform.audit import KeptEntry, list_entries_about
from tessera.platform.db import Session
from tessera.platform.schedules import RecordedMoment


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One line: exactly one of a run, a moment that started none, and a change of settings."""

    at: datetime
    run: PastRun | None = None
    moment: RecordedMoment | None = None
    change: KeptEntry | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A part of the list, newest first; `before` leads on to what is older, None where nothing is."""

    lines: Sequence[HistoryLine]
    before: datetime | None


async def read_history(
    session: Session, actor: Actor, definition: Definition, *, before: datetime | None = None, count: int = 50
) -> History:
    """Return what happened to the definition before then; changes only to those who may read the audit log."""
    actor.require("exports:read")
    if not actor.sees(definition.chain_id):
        return History((), None)
    # Two more of each: one says that there is more, and the other that its moment has no further line.
    most = count + 2
    runs = make_runs(await store.list_runs_of(session, definition.id, chains=actor.reach(), before=before, count=most))
    moments = await schedules.list_moments(session, KIND, definition.id, count=most, before=before, without_run=True)
    changes: Sequence[KeptEntry] = ()
    if actor.may("audit:read"):
        settings = await list_settings(session, definition)
        changes = await list_entries_about(session, actor, settings, until=before, count=most)
    lines = [
        *(HistoryLine(run.created_at, run=run) for run in runs),
        *(HistoryLine(moment.due_at, moment=moment) for moment in moments),
        *(HistoryLine(change.created_at, change=change) for change in changes),
    ]
    return cut_history(lines, count)


async def list_settings(session: Session, definition: Definition) -> list[UUID]:
    """Return the assets whose settings decide what the definition sends."""
    template = definition.template_id
    through = await list_targets(session, "http_template", [template], "connection_profile") if template else {}
    named = (definition.id, definition.query_id, template, definition.profile_id)
    found = [each for each in named if each is not None]
    return list(dict.fromkeys([*found, *(profile for profiles in through.values() for profile in profiles)]))


def cut_history(lines: Iterable[HistoryLine], count: int) -> History:
    """Return the newest lines; those of one moment stay together, since the next part begins before a moment."""
    ordered = sorted(lines, key=lambda line: line.at, reverse=True)
    end = min(count, len(ordered))
    while 0 < end < len(ordered) and ordered[end].at == ordered[end - 1].at:
        end += 1
    return History(ordered[:end], ordered[end - 1].at if end < len(ordered) else None)
