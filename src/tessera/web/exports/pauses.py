"""A paused schedule waits for a user: *Resume* lets the export run by itself again."""

from typing import Any
from uuid import UUID

from litestar import Response, post
from litestar.params import FromPath

from tessera import exports
from tessera.web.exports.definition_steps import ONE
from tessera.web.visits import PageVisit


@post(f"{ONE}/resume", permission="exports:write")
async def resume_export_schedule(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """End the pause, and go back to what else needs attention."""
    await exports.resume_schedule(visit.session, visit.actor, visit.resources, definition_id=definition_id)
    return visit.go("/", notice="export_resumed")
