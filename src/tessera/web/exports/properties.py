"""The pop-up *Edit Export Definition Name*: name, internal name, description, queue, owner; and *Take over*."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import UNSET

from tessera import exports
from tessera.exports import Definition, DefinitionChange, Owner, RunQueue
from tessera.platform.errors import ConflictError, DeniedError, InvalidError
from tessera.web.exports.definition_steps import ONE, update
from tessera.web.exports.definitions import path_of, read_facts
from tessera.web.exports.words import QUEUES
from tessera.web.forms import Form, shown
from tessera.web.visits import PageVisit, Visit

LABELS = {
    "label": "Name",
    "internal_name": "Internal Name",
    "description": "Description",
    "queue": "Integration Queue Name",
    "owner": "Owner",
}


@get(f"{ONE}/edit", permission="exports:write")
async def edit_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Open the pop-up with what is stored."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    return await show_properties(visit, definition)


@post(f"{ONE}/edit", permission="exports:write")
async def save_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Save what was typed, or show it again with what is wrong."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    form = await visit.form()
    try:
        queue = form.choice("queue", list(RunQueue), required=True)
        form.check()
        change = DefinitionChange(
            label=form.get("label"),
            internal_name=form.get("internal_name") if form.ticked("edit_internal_name") else UNSET,
            description=form.get("description"),
            queue=RunQueue(queue or definition.queue),
            version=form.version,
        )
        async with visit.session.begin_nested():
            await update(visit, definition, change)
    except (InvalidError, ConflictError, DeniedError) as error:
        return await show_properties(visit, definition, form, error)
    return visit.go(path_of(definition), notice="saved")


@post(f"{ONE}/take-over", permission="exports:write")
async def take_over_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Let this user own the definition: it then runs with this user's rights."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    actor = visit.actor
    assert actor.id is not None
    try:
        async with visit.session.begin_nested():
            await update(visit, definition, DefinitionChange(owner=Owner(actor.kind, actor.id, actor.name)))
    except (InvalidError, ConflictError, DeniedError) as error:
        return await show_properties(visit, definition, error=error)
    return visit.go(path_of(definition), notice="export_taken_over")


async def show_properties(
    visit: Visit,
    definition: Definition,
    form: Form | None = None,
    error: InvalidError | ConflictError | DeniedError | None = None,
) -> Response[Any]:
    """Show the pop-up; what was typed takes the place of what is stored."""
    names = ("label", "internal_name", "description", "queue")
    stored = Form.of({name: str(getattr(definition, name)) for name in names})
    return visit.page(
        "exports/templates/definition_edit.html",
        form=form or stored,
        labels=LABELS,
        queue_choices=[(each.value, label) for each, label in QUEUES.items()],
        **await read_facts(visit, definition),
        **shown(error),
    )
