"""Export definitions: what leaves, and where to."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta, field

from tessera import exports
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.export_previews import ExportPreview, show_preview
from tessera.api.management.v1.export_shapes import (
    ExportDefinition,
    ExportDefinitionChange,
    ExportDestination,
    ExportFilter,
    ExportGates,
    NewExportDefinition,
    read_change,
    read_new,
    show_definition,
    show_definitions,
    show_stored,
)
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.runs import Run, show_run
from tessera.api.management.v1.scalars import Moment
from tessera.exports import previews


class DefinitionQuery(SearchQuery, frozen=True):
    """Which definitions to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None


class RunOrder(Asked, frozen=True):
    """What is decided for one run: another period than that of the definition, or every row."""

    from_: Annotated[Moment | None, Meta(description="`:from` of the query.")] = field(name="from", default=None)
    to: Annotated[Moment | None, Meta(description="`:to` of the query.")] = None
    full_refresh: Annotated[bool, Meta(description="Send every selected row, also where only changes are sent.")] = (
        False
    )


async def list_export_definitions(call: Call, query: DefinitionQuery) -> NumberedListing[ExportDefinition]:
    """List export definitions by label."""
    page = await exports.list_definitions(
        call.session, call.actor, chain_id=query.chain_id, search=query.q, number=query.page, size=query.limit
    )
    shown = await show_definitions(call.session, call.actor, page.items)
    return number_page(page, lambda each: shown[each.id])


async def create_export_definition(call: Call, body: NewExportDefinition) -> ExportDefinition:
    """Make an export definition.

    Its query must have every column that its destination uses. Where the query reads what describes members, its owner
    needs the permission `members:read`, and so does who makes it.
    """
    new = await read_new(call.session, call.actor, body)
    made = await exports.create_definition(
        call.session, call.actor, chain_id=body.chain_id, new=new, keys=call.resources.keys, now=call.now
    )
    return await show_definition(call.session, call.actor, made)


async def get_export_definition(call: Call, definition_id: UUID) -> ExportDefinition:
    """Show an export definition."""
    return await show_stored(call.session, call.actor, definition_id)


async def change_export_definition(
    call: Call, definition_id: UUID, body: ExportDefinitionChange, if_match: int | None
) -> ExportDefinition:
    """Change an export definition."""
    return await change(call, definition_id, msgspec.to_builtins(body), if_match)


async def put_export_filter(
    call: Call, definition_id: UUID, body: ExportFilter, if_match: int | None
) -> ExportDefinition:
    """Replace what an export definition selects."""
    return await change(call, definition_id, msgspec.to_builtins(body), if_match)


async def put_export_destination(
    call: Call, definition_id: UUID, body: ExportDestination, if_match: int | None
) -> ExportDefinition:
    """Replace where an export definition leads, with all its settings."""
    stored = await exports.get_definition(call.session, call.actor, definition_id=definition_id)
    given = msgspec.to_builtins(body)
    # A change keeps the settings that it does not name, and null takes the default.
    given["settings"] = {**dict.fromkeys(stored.settings), **body.settings}
    return await change(call, definition_id, given, if_match)


async def put_export_gates(
    call: Call, definition_id: UUID, body: ExportGates, if_match: int | None
) -> ExportDefinition:
    """Replace the gates of an export definition."""
    return await change(call, definition_id, {"gates": msgspec.to_builtins(body)}, if_match)


async def change(call: Call, definition_id: UUID, given: Mapping[str, Any], version: int | None) -> ExportDefinition:
    """Change these members of a definition and return it."""
    session, actor = call.session, call.actor
    stored = await exports.get_definition(session, actor, definition_id=definition_id)
    wanted = await read_change(session, actor, stored, given, version)
    saved = await exports.update_definition(session, actor, stored, wanted, keys=call.resources.keys, now=call.now)
    return await show_definition(session, actor, saved)


async def copy_export_definition(call: Call, definition_id: UUID) -> ExportDefinition:
    """Copy an export definition.

    The copy is disabled, so that nothing leaves twice.
    """
    made = await exports.copy_definition(
        call.session, call.actor, definition_id=definition_id, keys=call.resources.keys, now=call.now
    )
    return await show_definition(call.session, call.actor, made)


async def run_export_definition(call: Call, definition_id: UUID, body: RunOrder) -> Run:
    """Start a run of an export definition, also of one that is disabled."""
    started = await exports.start_run(
        call.session,
        call.actor,
        call.resources,
        definition_id=definition_id,
        trigger="api",
        options=exports.RunOptions(body.from_, body.to, body.full_refresh),
    )
    return show_run(started)


async def delete_export_definition(call: Call, definition_id: UUID, if_match: int | None) -> None:
    """Delete an export definition of which no run is on record."""
    await exports.delete_definition(call.session, call.actor, definition_id=definition_id, version=if_match)


async def preview_export_definition(call: Call, definition_id: UUID, body: ExportDefinitionChange) -> ExportPreview:
    """Show how many rows an export definition selects now, and what leaves first; nothing is sent.

    With a body, as that change would make it; nothing is stored.
    """
    async with call.resources.database.session() as session:
        stored = await exports.get_definition(session, call.actor, definition_id=definition_id)
        wanted = await read_change(session, call.actor, stored, msgspec.to_builtins(body), None)
    work = previews.preview_change(call.resources, call.engine, call.actor, definition_id, wanted)
    return show_preview(await call.while_connected(work))


async def preview_new_export(call: Call, body: NewExportDefinition) -> ExportPreview:
    """Show what an export definition would select and send before it is made; nothing is stored or sent."""
    async with call.resources.database.session() as session:
        new = await read_new(session, call.actor, body)
    work = previews.preview_new(call.resources, call.engine, call.actor, body.chain_id, new)
    return show_preview(await call.while_connected(work))


BASE = "/export-definitions"
ONE = f"{BASE}/{{definition_id}}"
READ, WRITE = "exports:read", "exports:write"
EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "Members to the CRM",
    "query": "members",
    "template": "crm_members",
    "owner": "ada@example.com",
}
ROUTES = (
    Route("GET", BASE, READ, list_export_definitions),
    Route("POST", BASE, WRITE, create_export_definition, status=201, example=EXAMPLE, made="/id"),
    Route("POST", f"{BASE}/preview", READ, preview_new_export, example=EXAMPLE, in_transaction=False),
    Route("GET", ONE, READ, get_export_definition),
    Route("PATCH", ONE, WRITE, change_export_definition, example={"settings": {"concurrency": 8}}),
    Route("DELETE", ONE, "exports:admin", delete_export_definition),
    Route("PUT", f"{ONE}/filter", WRITE, put_export_filter, example={"query": "members", "period": "day"}),
    Route("PUT", f"{ONE}/destination", WRITE, put_export_destination, example={"template": "crm_members"}),
    Route("PUT", f"{ONE}/gates", WRITE, put_export_gates, example={"rows": "hold", "rows_percent": 25}),
    Route("POST", f"{ONE}/copy", WRITE, copy_export_definition, status=201),
    Route(
        "POST",
        f"{ONE}/preview",
        READ,
        preview_export_definition,
        example={"settings": {"rows_per_request": 50}},
        in_transaction=False,
        bodyless=True,
    ),
    Route(
        "POST",
        f"{ONE}/run",
        WRITE,
        run_export_definition,
        status=202,
        example={"from": "2031-01-01T00:00:00Z", "to": "2031-02-01T00:00:00Z"},
        bodyless=True,
    ),
)
