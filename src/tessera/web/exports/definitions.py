"""Export definitions: one of them, its copy, its switch, its end. The list and the steps are pages of their own."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports
from tessera.exports import Definition, DefinitionChange
from tessera.platform.errors import ConflictError
from tessera.web.exports.definition_steps import ONE, open_definition, update
from tessera.web.exports.details import PATH, find_parked, show_step
from tessera.web.exports.drafts import FILTER
from tessera.web.exports.past_runs import read_past_runs
from tessera.web.exports.words import QUEUES, RUN_STATES, count_parts
from tessera.web.visits import PageVisit, Visit

RUNS_SHOWN = 10


@get(ONE, permission="exports:read")
async def show_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Show the Details with their first step; to those who may not change it, what is stored."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    needed = {"exports:write"} if definition.profile_id is None else {"exports:write", "connection-profiles:read"}
    if all(visit.actor.may(each) for each in needed):
        return await show_step(visit, await open_definition(visit, definition_id), FILTER)
    return visit.page(
        "exports/templates/definition.html",
        **await read_facts(visit, definition),
    )


@post(f"{ONE}/copy", permission="exports:write")
async def copy_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Copy the definition and show the copy, which is disabled."""
    made = await exports.copy_definition(
        visit.session, visit.actor, definition_id=definition_id, keys=visit.resources.keys, now=visit.now
    )
    return visit.go(path_of(made), notice="export_copied")


@post(f"{ONE}/switch", permission="exports:write")
async def switch_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Enable the definition or disable it."""
    enabled = (await visit.form()).get("enabled") == "true"
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    await update(visit, definition, DefinitionChange(enabled=enabled))
    return visit.go(path_of(definition), notice="export_enabled" if enabled else "export_disabled")


@post(f"{ONE}/delete", permission="exports:admin")
async def delete_export_definition(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Ask, then delete a definition without runs; of one with runs say what can be done instead."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=definition_id)
    runs = await exports.list_runs(visit.session, visit.actor, exports.RunFilter(definition_id), size=1)
    facts = {**await read_facts(visit, definition), "total": runs.total}
    if (await visit.form()).get("confirmed") != "yes":
        return visit.page("exports/templates/definition_delete.html", refused="", **facts)
    try:
        async with visit.session.begin_nested():
            await exports.delete_definition(visit.session, visit.actor, definition_id=definition_id)
    except ConflictError as error:
        return visit.page("exports/templates/definition_delete.html", status=409, refused=error.message, **facts)
    return visit.go(PATH, notice="deleted")


async def read_facts(visit: Visit, definition: Definition) -> dict[str, Any]:
    """Return what a definition's page shows beside its steps."""
    return {
        "definition": definition,
        "shown_runs": RUNS_SHOWN,
        **await read_past_runs(visit, definition),
        "parked": await find_parked(visit, definition),
        "states": RUN_STATES,
        "queues": QUEUES,
        "count_parts": count_parts,
    }


def path_of(definition: Definition) -> str:
    """Return the address of a definition's page."""
    return f"{PATH}/{definition.id}"
