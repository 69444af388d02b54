"""What runs next: the moments of the schedules that come first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from uuid import UUID

from tessera.exports.definitions import KIND
from tessera.exports.store import definitions as definitions_store
from tessera.platform import schedules
from tessera.platform.actors import Actor
from tessera.platform.calendar import Schedule, next_moments
from tessera.platform.db import Session

AHEAD = timedelta(hours=24)
# Every half hour of a day; what fires more often reads "and more".
MOST_MOMENTS = 48
# Workers claim each second: what they have not claimed after this, nobody claims.
LATE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class UpcomingRuns:
    """A definition and its moments ahead, the next one first; `more` says that there are others before the end.

    `late` says that the first of them has passed and no worker has started a run.
    """

    definition_id: UUID
    label: str
    moments: Sequence[datetime]
    more: bool
    late: bool


async def list_upcoming(
    session: Session, actor: Actor, chain_id: UUID, *, now: datetime, count: int = 10
) -> list[UpcomingRuns]:
    """Return the chain's definitions that start by themselves within a day, the next one first."""
    actor.require("exports:read")
    found = await schedules.list_upcoming(session, KIND, actor.reach(chain_id), count=count)
    soon = {owner_id: at for owner_id, at in found if at <= now + AHEAD}
    if not soon:
        return []
    stored = await schedules.find_schedules(session, KIND, list(soon))
    labels = {row["id"]: row["label"] for row in await definitions_store.find_definitions(session, list(soon))}
    return [
        make_upcoming(owner_id, labels[owner_id], (stored[owner_id].schedule, at), now)
        for owner_id, at in soon.items()
        if owner_id in labels and owner_id in stored
    ]


def make_upcoming(definition_id: UUID, label: str, scheduled: tuple[Schedule, datetime], now: datetime) -> UpcomingRuns:
    """Return the definition with its moments of the coming day."""
    schedule, first = scheduled
    later = takewhile(lambda at: at <= now + AHEAD, next_moments(schedule, max(first, now), MOST_MOMENTS))
    moments = [first, *later]
    return UpcomingRuns(
        definition_id, label, moments[:MOST_MOMENTS], more=len(moments) > MOST_MOMENTS, late=first < now - LATE
    )
