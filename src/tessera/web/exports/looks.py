"""The summary beside the steps: how many rows would go now, and the first request, from what is typed."""

import asyncio
from dataclasses import replace
from typing import Any

from litestar import Response

from tessera.exports.previews import OpenedPreview, open_preview
from tessera.platform.errors import ConflictError, TesseraError
from tessera.web.exports import notice_fields, schedule_fields
from tessera.web.exports.details import (
    Choices,
    Editing,
    Look,
    read_choices,
    read_step,
    read_summary,
    show_step,
    typed_draft,
)
from tessera.web.exports.drafts import SCHEDULE, STEPS
from tessera.web.forms import Form
from tessera.web.visits import Visit

# A person waits for it; a run has as long as queries may take.
LONGEST_SECONDS = 15
LOOK = "look"


class NotCompleteError(ConflictError):
    """A step that is needed is not filled in yet."""

    code = "export_incomplete"


async def find_look(visit: Visit, editing: Editing, step: str, form: Form, choices: Choices) -> Look:
    """Return what a run would do, where that was asked for, or why it cannot be said."""
    look = Look()
    if form.get("do") != LOOK:
        return look
    try:
        preview = await open_typed(visit, editing, step, form, choices)
        changes = preview.definition.selection.changes is not None
        look = Look(rows_per_request=preview.destination.rows_per_request, changes=changes)
        async with asyncio.timeout(LONGEST_SECONDS):
            shown = preview.show(visit.resources, visit.actor, visit.engine)
            look = replace(look, first=await visit.while_connected(shown))
            return replace(look, rows=await visit.while_connected(preview.count(visit.actor, visit.engine)))
    except TimeoutError:
        return replace(look, fault=f"The query takes longer than {LONGEST_SECONDS} s. A run waits longer for it.")
    except TesseraError as error:
        return replace(look, fault=error.message)


async def open_typed(visit: Visit, editing: Editing, step: str, form: Form, choices: Choices) -> OpenedPreview:
    """Return what the export would do with what is typed in this step."""
    draft = read_step(step, form, editing.draft, choices)
    form.check()
    missing = [label for key, label in STEPS.items() if not draft.has(key)]
    if missing:
        raise NotCompleteError(f"Fill in the step {' and '.join(missing)} first.")
    stored = editing.definition
    new = draft.as_new() if stored is None else replace(stored, **draft.parts)
    stored_id = stored.id if stored else None
    async with visit.resources.database.session() as session:
        return await open_preview(
            session, visit.actor, editing.chain_id, new, resources=visit.resources, stored_id=stored_id
        )


async def answer_look(visit: Visit, editing: Editing, step: str, form: Form, look: Look) -> Response[Any]:
    """Answer a script with the part that changes, else with the page and what was typed."""
    async with visit.resources.database.session() as session:
        visit.session = session
        if visit.request.headers.get("HX-Request"):
            choices = await read_choices(visit, editing, step)
            summary = await read_summary(visit, editing, step, typed_draft(editing, step, form, choices))
            composed = schedule_fields.composed(form) if step == SCHEDULE else ""
            advanced = form.ticked("advanced")
            return visit.fragment(
                "exports/templates/summary.html", look=look, composed=composed, advanced=advanced, **summary
            )
        return await show_step(visit, editing, step, form=notice_fields.without_secrets(Form(form.fields)), look=look)
