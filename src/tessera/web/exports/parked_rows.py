"""Parked rows of an export: why they are skipped, and *Try again*."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports
from tessera.exports import log
from tessera.web.exports.definition_steps import ONE
from tessera.web.exports.definitions import path_of
from tessera.web.list_parameters import page_number
from tessera.web.visits import PageVisit


@get(f"{ONE}/parked", permission="exports:read")
async def list_parked_rows(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """List all parked rows of the export."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    page = await log.list_parked_rows(visit.session, visit.actor, definition_id, number=page_number(visit))
    return visit.page("exports/templates/parked_rows.html", definition=definition, page=page, own=path_of(definition))


@post(f"{ONE}/parked/forget", permission="exports:write")
async def try_parked_rows(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Let the next run send one row, or all, again."""
    form = await visit.form()
    key = form.id("key")
    form.check()
    keys = None if key is None else [key]
    await exports.forget_refusals(visit.session, visit.actor, definition_id=definition_id, keys=keys)
    return visit.go(f"/admin/exports/definitions/{definition_id}", notice="refusals_forgotten")
