"""Saving when an export runs and who is notified, what became of its latest moments, and letting a paused one go on."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from tessera import exports
from tessera.exports import timing
from tessera.platform.schedules import RecordedMoment, StoredSchedule
from tessera.web.exports.details import PATH
from tessera.web.exports.drafts import SCHEDULE, Draft
from tessera.web.visits import PageVisit, Visit

MOMENTS_SHOWN = 10


@post(f"{PATH}/{{definition_id:uuid}}/resume", permission="exports:write")
async def resume_export_schedule(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Let the schedule go on that failures have paused."""
    await timing.resume_schedule(visit.session, visit.actor, visit.resources, definition_id=definition_id)
    return visit.go(f"{PATH}/{definition_id}/{SCHEDULE}", notice="schedule_resumed")


async def save_timing(visit: Visit, definition_id: UUID, before: Draft, typed: Draft) -> list[tuple[str, str]]:
    """Store schedule and rules where they changed; return the secrets that were made just now, by target."""
    drawn: list[tuple[str, str]] = []
    if typed.rules != before.rules:
        made = await timing.set_notice_rules(
            visit.session, visit.actor, visit.resources, definition_id=definition_id, given=typed.rules
        )
        drawn = await name_secrets(visit, definition_id, made)
    if typed.schedule is not None and (typed.schedule, typed.policies) != (before.schedule, before.policies):
        await timing.set_schedule(
            visit.session,
            visit.actor,
            visit.resources,
            definition_id=definition_id,
            schedule=typed.schedule,
            policies=typed.policies,
        )
    return drawn


async def name_secrets(visit: Visit, definition_id: UUID, made: Any) -> list[tuple[str, str]]:
    """Return each secret with the label of its target."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    labels = {target.id: target.label for target in definition.notices.targets}
    return [(labels[target_id], secret) for target_id, secrets in made.items() for secret in secrets.values()]


async def list_latest_moments(visit: Visit, stored: StoredSchedule | None) -> Sequence[RecordedMoment]:
    """Return the latest moments of a schedule, the newest first."""
    if stored is None:
        return ()
    return await timing.list_scheduled_moments(
        visit.session, visit.actor, definition_id=stored.owner_id, count=MOMENTS_SHOWN
    )
