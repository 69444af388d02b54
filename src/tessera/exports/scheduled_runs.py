"""Runs that schedules start: many at once, each moment once, in one transaction with what the schedule notes."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera import connectors, outbound, queries
from tessera.exports.announcements import announce_missed, announce_paused
from tessera.exports.definitions import KIND, list_definitions_by_id
from tessera.exports.events import RUN_CREATED
from tessera.exports.runs import create_runs
from tessera.exports.snapshots import take_snapshot
from tessera.exports.store import runs as runs_store
from tessera.exports.store import snapshots as store
from tessera.exports.values import Definition
from tessera.platform import schedules
from tessera.platform.actors import system_actor
from tessera.platform.db import Session
from tessera.platform.errors import TesseraError
from tessera.platform.events import Event, record_events
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources
from tessera.platform.schedules import DueMoment, MomentOutcome

logger = logging.getLogger(__name__)

ACTOR = system_actor("schedule")
MISSED = "no worker was there in time"
SWITCHED_OFF = "the export is switched off"


@dataclass(frozen=True, slots=True)
class Planned:
    """A run that a moment starts."""

    run_id: UUID
    moment: DueMoment
    definition: Definition
    snapshot_id: UUID


async def start_due(resources: Resources) -> int:
    """Start what is due, and what waited for the end of a run; return how many runs there are now."""
    started = 0
    while True:
        now = resources.clock()
        async with resources.database.session() as session:
            claim = await schedules.claim_due(session, KIND, now)
            waiting = await list_free_owners(session)
            queued = await schedules.take_queued(session, KIND, waiting, now=now) if waiting else []
            started += await start_moments(session, resources, [*claim.moments, *queued], now=now)
            missed = {owner_id: (count, MISSED) for owner_id, count in claim.missed.items()}
            await announce_missed(session, resources, missed, now=now)
            await announce_paused(session, resources, claim.paused)
        if not claim.more:
            return started


async def is_needed(resources: Resources) -> bool:
    """Say whether there is something to start; asked every second by every worker, so it is one small look."""
    async with resources.database.session() as session:
        return await schedules.has_due(session, KIND, resources.clock()) or bool(
            await schedules.list_waiting(session, KIND, count=1)
        )


async def list_free_owners(session: Session) -> list[UUID]:
    """Return definitions with a moment that waits, and without an active run."""
    waiting = await schedules.list_waiting(session, KIND)
    active = await runs_store.list_active_definitions(session, waiting) if waiting else set()
    return [definition_id for definition_id in waiting if definition_id not in active]


async def start_moments(session: Session, resources: Resources, moments: Sequence[DueMoment], *, now: datetime) -> int:
    """Make a run for each moment whose definition can run now; note what became of the others."""
    if not moments:
        return 0
    found = await list_definitions_by_id(session, [moment.owner_id for moment in moments])
    definitions = {definition.id: definition for definition in found}
    fresh = await find_fresh_snapshots(session, found)
    planned: list[Planned] = []
    broken: dict[UUID, tuple[int, str]] = {}
    outcomes: list[MomentOutcome] = []
    for moment in moments:
        definition = definitions.get(moment.owner_id)
        if definition is None or not definition.enabled:
            outcomes.append(MomentOutcome(moment.owner_id, moment.due_at, None, SWITCHED_OFF, may_wait=False))
            continue
        snapshot_id = fresh.get(definition.id) or await try_snapshot(session, resources, definition)
        if isinstance(snapshot_id, TesseraError):
            reason = f"it cannot run: {snapshot_id.message}"
            broken[definition.id] = (1, reason)
            outcomes.append(MomentOutcome(moment.owner_id, moment.due_at, None, reason, may_wait=False))
            continue
        planned.append(Planned(new_id(), moment, definition, snapshot_id))
    made = await create_runs(session, resources.jobs, [values_of(each) for each in planned])
    started = [each for each in planned if each.run_id in made]
    outcomes += [MomentOutcome(each.moment.owner_id, each.moment.due_at, each.run_id) for each in started]
    outcomes += [MomentOutcome(each.moment.owner_id, each.moment.due_at) for each in planned if each.run_id not in made]
    await schedules.record_outcomes(session, KIND, outcomes, now=now)
    await announce_missed(session, resources, broken, now=now)
    await record_events(
        session,
        [
            Event(
                each.definition.chain_id,
                RUN_CREATED,
                each.run_id,
                {"definition_id": str(each.definition.id), "trigger": "schedule"},
            )
            for each in started
        ],
    )
    return len(started)


def values_of(planned: Planned) -> Mapping[str, object]:
    """Return the columns of the run."""
    return {
        "id": planned.run_id,
        "chain_id": planned.definition.chain_id,
        "definition_id": planned.definition.id,
        "snapshot_id": planned.snapshot_id,
        "trigger": "schedule",
        "queue": planned.definition.queue.value,
        "scheduled_for": planned.moment.due_at,
        **ACTOR.signature,
    }


async def try_snapshot(session: Session, resources: Resources, definition: Definition) -> UUID | TesseraError:
    """Return what a run of the definition works from, or why it cannot run."""
    try:
        async with session.begin_nested():
            return await take_snapshot(session, ACTOR, definition, keys=resources.keys)
    except TesseraError as error:
        logger.warning("export %s cannot run by its schedule: %s", definition.internal_name, error.message)
        return error


async def find_fresh_snapshots(session: Session, definitions: Sequence[Definition]) -> Mapping[UUID, UUID]:
    """Return the snapshots that are still true, by definition: nothing they were taken of has a new version."""
    ids = [definition.id for definition in definitions]
    kept = {row["definition_id"]: row for row in await store.list_newest(session, ids)}
    rows = kept.values()
    now_at = {
        "query": await queries.list_query_versions(session, [row["query_id"] for row in rows]),
        "template": await outbound.list_template_versions(
            session, [each.template_id for each in definitions if each.template_id]
        ),
        "profile": await connectors.list_profile_versions(
            session, [row["profile_id"] for row in rows if row["profile_id"]]
        ),
    }
    return {
        each.id: kept[each.id]["id"]
        for each in definitions
        if each.id in kept and is_fresh(each, kept[each.id], now_at)
    }


def is_fresh(definition: Definition, kept: Mapping[str, object], now_at: Mapping[str, Mapping[UUID, int]]) -> bool:
    """Say whether a snapshot was taken of what there is now."""
    wanted: list[tuple[object, object]] = [(kept["definition_version"], definition.version)]
    if definition.query_id is not None:
        wanted.append((kept["query_version"], now_at["query"].get(definition.query_id)))
    if definition.template_id is not None:
        wanted.append((kept["template_version"], now_at["template"].get(definition.template_id)))
    if isinstance(profile_id := kept["profile_id"], UUID):
        wanted.append((kept["profile_version"], now_at["profile"].get(profile_id)))
    return all(before == now for before, now in wanted)
