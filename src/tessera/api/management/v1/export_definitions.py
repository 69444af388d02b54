"""Export definitions: what leaves, and where to."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from tessera import exports, outbound, queries
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.runs import Run, show_run
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.api.management.v1.shapes import show_as

Rows = Annotated[int, Meta(ge=1, le=1000, description="Rows a request carries; null takes the template's.")]
Flight = Annotated[int, Meta(ge=1, le=256, description="Requests in flight at once; null takes the profile's.")]
Words = Annotated[str, Meta(max_length=10_000)]
Reference = Annotated[Text, Meta(description="Id or internal name.", examples=["members"])]


class DefinitionQuery(SearchQuery, frozen=True):
    """Which definitions to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None


class NewExportDefinition(Asked, frozen=True):
    """A definition to make."""

    chain_id: UUID
    label: Label
    query: Reference
    template: Reference
    internal_name: Text | None = None
    description: Words = ""
    rows_per_request: Rows | None = None
    concurrency: Flight | None = None
    enabled: bool = True


class ExportDefinitionChange(Asked, frozen=True):
    """What to change of a definition; what is left out stays."""

    label: Label | UnsetType = UNSET
    internal_name: Text | UnsetType = UNSET
    description: Words | UnsetType = UNSET
    query: Reference | UnsetType = UNSET
    template: Reference | UnsetType = UNSET
    rows_per_request: Rows | UnsetType | None = UNSET
    concurrency: Flight | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET


class ExportDefinition(Struct, frozen=True):
    """What leaves, and where to."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    query_id: UUID
    template_id: UUID
    rows_per_request: int | None
    concurrency: int | None
    enabled: bool
    version: int
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


show_definition = show_as(ExportDefinition)


async def list_export_definitions(call: Call, query: DefinitionQuery) -> NumberedListing[ExportDefinition]:
    """List export definitions by label."""
    page = await exports.list_definitions(
        call.session, call.actor, chain_id=query.chain_id, search=query.q, number=query.page, size=query.limit
    )
    return number_page(page, show_definition)


async def create_export_definition(call: Call, body: NewExportDefinition) -> ExportDefinition:
    """Make an export definition.

    Its query must have every column that its template uses.
    """
    query = await queries.get_query(call.session, call.actor, body.chain_id, body.query)
    template = await outbound.get_template(call.session, call.actor, body.chain_id, body.template)
    new = exports.NewDefinition(
        label=body.label,
        query_id=query.id,
        template_id=template.id,
        internal_name=body.internal_name,
        description=body.description,
        rows_per_request=body.rows_per_request,
        concurrency=body.concurrency,
        enabled=body.enabled,
    )
    return show_definition(
        await exports.create_definition(
            call.session, call.actor, chain_id=body.chain_id, new=new, keys=call.resources.keys
        )
    )


async def get_export_definition(call: Call, definition_id: UUID) -> ExportDefinition:
    """Show an export definition."""
    return show_definition(await exports.get_definition(call.session, call.actor, definition_id=definition_id))


async def change_export_definition(
    call: Call, definition_id: UUID, body: ExportDefinitionChange, if_match: int | None
) -> ExportDefinition:
    """Change an export definition."""
    stored = await exports.get_definition(call.session, call.actor, definition_id=definition_id)
    session, actor, chain_id = call.session, call.actor, stored.chain_id
    change = exports.DefinitionChange(
        label=body.label,
        internal_name=body.internal_name,
        description=body.description,
        query_id=UNSET if body.query is UNSET else (await queries.get_query(session, actor, chain_id, body.query)).id,
        template_id=UNSET
        if body.template is UNSET
        else (await outbound.get_template(session, actor, chain_id, body.template)).id,
        rows_per_request=body.rows_per_request,
        concurrency=body.concurrency,
        enabled=body.enabled,
        version=if_match,
    )
    return show_definition(await exports.update_definition(session, actor, stored, change, keys=call.resources.keys))


async def copy_export_definition(call: Call, definition_id: UUID) -> ExportDefinition:
    """Copy an export definition.

    The copy is disabled, so that nothing leaves twice.
    """
    return show_definition(
        await exports.copy_definition(call.session, call.actor, definition_id=definition_id, keys=call.resources.keys)
    )


async def run_export_definition(call: Call, definition_id: UUID) -> Run:
    """Start a run of an export definition."""
    return show_run(
        await exports.start_run(
            call.session, call.actor, call.resources.jobs, definition_id=definition_id, trigger="api"
        )
    )


async def delete_export_definition(call: Call, definition_id: UUID, if_match: int | None) -> None:
    """Delete an export definition of which no run is on record."""
    await exports.delete_definition(call.session, call.actor, definition_id=definition_id, version=if_match)


ONE = "/export-definitions/{definition_id}"
EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "Members to the CRM",
    "query": "members",
    "template": "crm_members",
}
ROUTES = (
    Route("GET", "/export-definitions", "exports:read", list_export_definitions),
    Route(
        "POST",
        "/export-definitions",
        "exports:write",
        create_export_definition,
        status=201,
        example=EXAMPLE,
        made="/id",
    ),
    Route("GET", ONE, "exports:read", get_export_definition),
    Route("PATCH", ONE, "exports:write", change_export_definition, example={"concurrency": 8}),
    Route("DELETE", ONE, "exports:admin", delete_export_definition),
    Route("POST", f"{ONE}/copy", "exports:write", copy_export_definition, status=201),
    Route("POST", f"{ONE}/run", "exports:write", run_export_definition, status=202),
)
