"""The steps of a stored export: *Filter*, *Destination* and *Schedule*, each saved by itself."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports
from tessera.exports import Definition, timing
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tessera.web.exports.destination_step import asks_rows
from tessera.web.exports.destinations import type_of
from tessera.web.exports.details import PATH, Editing, read_choices, read_step, show_step
from tessera.web.exports.drafts import DESTINATION, STEPS, draft_of
from tessera.web.exports.looks import answer_look, find_look
from tessera.web.exports.notice_fields import without_secrets
from tessera.web.exports.target_tests import test_of, test_target
from tessera.web.exports.timings import list_latest_moments, save_timing
from tessera.web.stepper import read_move
from tessera.web.visits import PageVisit, Visit

ONE = f"{PATH}/{{definition_id:uuid}}"


@get(f"{ONE}/{{step:str}}", permission="exports:write")
async def show_definition_step(visit: PageVisit, definition_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Show a step as it is stored."""
    return await show_step(visit, await open_definition(visit, definition_id), check_step(step))


@post(f"{ONE}/{{step:str}}", permission="exports:write")
async def save_definition_step(visit: PageVisit, definition_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Save a step and go where its button leads, or show it again with what is wrong."""
    editing = await open_definition(visit, definition_id)
    assert editing.definition is not None
    form, draft = await visit.form(), editing.draft
    choices = await read_choices(visit, editing, check_step(step))
    if step == DESTINATION and asks_rows(form, draft):
        return await show_step(visit, editing, step, form=form)
    saved, drawn = False, []
    try:
        typed = read_step(step, form, draft, choices)
        form.check()
        if typed != draft:
            change = typed.as_change(step, form.version)
            async with visit.session.begin_nested():
                await update(visit, editing.definition, change)
                drawn = await save_timing(visit, definition_id, draft, typed)
            saved = True
    except (InvalidError, ConflictError, DeniedError, NotFoundError) as error:
        return await show_step(visit, editing, step, form=without_secrets(form), error=error)
    if drawn:
        return await show_step(visit, await open_definition(visit, definition_id), step, drawn=drawn)
    return visit.go(editing.stepper(step).path_after(read_move(form)), notice="saved" if saved else None)


@post(f"{ONE}/{{step:str}}/look", permission="exports:write", in_transaction=False)
async def look_at_definition(visit: PageVisit, definition_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Count the rows, or show the first request, of the export as it is typed; nothing is saved."""
    form = await visit.form()
    async with visit.resources.database.session() as session:
        visit.session = session
        editing = await open_definition(visit, definition_id)
        choices = await read_choices(visit, editing, check_step(step))
    look = await find_look(visit, editing, step, form, choices)
    if test_of(form) is not None:
        return await test_target(visit, editing, form)
    return await answer_look(visit, editing, step, form, look)


async def update(visit: Visit, definition: Definition, change: exports.DefinitionChange) -> Definition:
    """Store a change."""
    return await exports.update_definition(
        visit.session, visit.actor, definition, change, keys=visit.resources.keys, now=visit.now
    )


async def open_definition(visit: Visit, definition_id: UUID) -> Editing:
    """Return the stored export as its steps show it."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    kind = await type_of(visit, definition)
    stored = await timing.get_schedule(visit.session, visit.actor, definition_id=definition_id)
    moments = await list_latest_moments(visit, stored)
    return Editing(definition.chain_id, draft_of(definition, kind, stored), definition, stored=stored, moments=moments)


def check_step(step: str) -> str:
    """Return the step, or refuse an address that names none."""
    if step not in STEPS:
        raise NotFoundError("There is no such step. Choose Filter, Destination or Schedule.")
    return step
