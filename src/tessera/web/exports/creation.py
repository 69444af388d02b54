"""A new export: its steps carry along in the address what was filled in, and it is stored once they are complete.

Nothing is stored before: who turns back leaves nothing behind, and reloading loses nothing.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from tessera.web.exports.definition_steps import check_step
from tessera.web.exports.destination_step import asks_rows
from tessera.web.exports.destinations import destination_types
from tessera.web.exports.details import PATH, Editing, read_choices, read_step, show_step
from tessera.web.exports.drafts import DESTINATION, FILTER, PERSON, QUERY, SCHEDULE, STEPS, Draft
from tessera.web.exports.looks import answer_look, find_look
from tessera.web.exports.schedule_step import NAMES as SCHEDULED
from tessera.web.exports.timings import save_timing
from tessera.web.forms import WHOLE, Form, FormInvalidError
from tessera.web.integrations.property_fields import PLAIN
from tessera.web.stepper import FIELD, read_move
from tessera.web.visits import PageVisit, Visit

NEW = f"{PATH}/new/{{chain_id:uuid}}/{{step:str}}"
# What is no field of a step; of these the address keeps the first three.
RESERVED = ("label", "destination", "resource", "csrf_token", "version", "do", FIELD)
SEEN = {key: f"{key}_seen" for key in STEPS}
# Servers and browsers take addresses a good deal longer than this.
LONGEST_CARRIED = 6000


@get(NEW, permission="exports:write")
async def ask_for_export(visit: PageVisit, chain_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Show a step with what was filled in so far."""
    editing = await open_new(visit, chain_id)
    form = carried_form(editing, check_step(step))
    return await show_step(visit, editing, step, form=form)


@post(NEW, permission="exports:write")
async def create_export(visit: PageVisit, chain_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Store the export if it is complete, else carry the step along; or show what is wrong with it."""
    editing = await open_new(visit, chain_id)
    form = await visit.form()
    choices = await read_choices(visit, editing, check_step(step))
    if step == DESTINATION and asks_rows(form, editing.draft):
        return await show_step(visit, editing, step, form=form)
    try:
        draft = read_step(step, form, editing.draft, choices)
        form.check()
        kept = replace(editing, draft=draft, carried=carry(editing, step, form))
        if not draft.whole:
            check_length(kept)
            return visit.go(kept.stepper(step).path_after(read_move(form)), notice="export_open")
        async with visit.session.begin_nested():
            made = await exports.create_definition(
                visit.session,
                visit.actor,
                chain_id=chain_id,
                new=draft.as_new(),
                keys=visit.resources.keys,
                now=visit.now,
            )
            await save_timing(visit, made.id, Draft(draft.label, draft.type), draft)
    except (InvalidError, ConflictError, DeniedError, NotFoundError) as error:
        return await show_step(visit, editing, step, form=form, error=error)
    stored = Editing(chain_id, draft, made)
    return visit.go(stored.stepper(step).path_after(read_move(form)), notice="export_created")


@post(f"{NEW}/look", permission="exports:write", in_transaction=False)
async def look_at_export(visit: PageVisit, chain_id: FromPath[UUID], step: FromPath[str]) -> Response[Any]:
    """Count the rows, or show the first request, of what is filled in; nothing is saved."""
    form = await visit.form()
    async with visit.resources.database.session() as session:
        visit.session = session
        editing = await open_new(visit, chain_id)
        choices = await read_choices(visit, editing, check_step(step))
    look = await find_look(visit, editing, step, form, choices)
    return await answer_look(visit, editing, step, form, look)


async def open_new(visit: Visit, chain_id: UUID) -> Editing:
    """Return the export as the address carries it; a step that cannot be read any more is open again."""
    if all(chain.id != chain_id for chain in visit.chains):
        raise NotFoundError("There is no such chain. Choose one of those that you see.")
    asked = visit.request.query_params
    carried = tuple((name, value) for name, value in asked.multi_items() if isinstance(value, str))
    types = destination_types()
    kind = types.get(asked.get("destination", ""), next(iter(types.values())))
    resource = PERSON if asked.get("resource") == PERSON else QUERY
    editing = Editing(chain_id, Draft(asked.get("label", "")[:255], kind, resource), carried=carried)
    for step in STEPS:
        form = carried_form(editing, step)
        if form is not None:
            draft = read_step(step, form, editing.draft, await read_choices(visit, editing, step))
            editing = editing if form.faults else replace(editing, draft=draft)
    return editing


def carried_form(editing: Editing, step: str) -> Form | None:
    """Return what the address carries of a step; None where it was not filled in."""
    if (SEEN[step], "yes") not in editing.carried:
        return None
    return Form([(name, value) for name, value in editing.carried if step_of(name) == step])


def carry(editing: Editing, step: str, form: Form) -> tuple[tuple[str, str], ...]:
    """Return what the address carries once this step is filled in."""
    others = [pair for pair in editing.carried if step_of(pair[0]) != step and pair[0] != SEEN[step]]
    typed = [pair for pair in form.fields if step_of(pair[0]) == step and pair[1]]
    return (*others, *typed, (SEEN[step], "yes"))


def check_length(editing: Editing) -> None:
    """Refuse what is too long for an address; with the other steps filled in first, it is stored instead."""
    if len(editing.path_of(FILTER)) > LONGEST_CARRIED:
        other = next(label for key, label in STEPS.items() if not editing.draft.has(key))
        raise FormInvalidError("", faults={WHOLE: f"This is too long to be kept. Fill in the step {other} first."})


def step_of(name: str) -> str | None:
    """Return the step that a field belongs to."""
    if name in RESERVED or name in SEEN.values():
        return None
    if name in SCHEDULED:
        return SCHEDULE
    if name in ("template_id", "profile_id", "shards") or name.startswith(PLAIN):
        return DESTINATION
    return FILTER
