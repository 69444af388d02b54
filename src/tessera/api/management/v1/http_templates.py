"""HTTP templates: the shape of a request, joined to a query and a profile. Values of secret headers never come out."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, field

from tessera import outbound
from tessera.api.management.v1.calls import Call
from tessera.api.management.v1.pages import NumberedListing, SearchQuery, number_page
from tessera.api.management.v1.request_values import Asked, NameOrId
from tessera.api.management.v1.routes import Route
from tessera.api.management.v1.scalars import Label, Moment, Text
from tessera.outbound import NewTemplate, Template, TemplateChange, TemplateFilter, Trial
from tessera.outbound.rendering import ErrorPath, Header, Method, TemplateShape

Verb = Literal["POST", "GET", "PUT", "PATCH", "DELETE"]
Kind = Annotated[Literal["outbound_api"], Meta(description="Chosen once.")]
Path = Annotated[str, Meta(max_length=8192, description="Below the profile's address; may hold `{{ column }}`.")]
Json = Annotated[
    str, Meta(max_length=4_194_304, description="JSON text, with `{{ column }}` inside its strings. Null is none.")
]
Rows = Annotated[int, Meta(ge=1, le=1000, description="How many rows one request carries.")]
Bytes = Annotated[int, Meta(ge=1, le=67_108_864, description="Largest body of a request.")]
HeaderName = Annotated[str, Meta(max_length=255)]
Pointer = Annotated[str, Meta(max_length=1000, description="A JSON Pointer.", examples=["/errors"])]
Sort = Literal["label", "-label", "internal_name", "-internal_name", "created", "-created", "updated", "-updated"]


class TemplateHeader(Asked, frozen=True):
    """One header line; the value may hold `{{ column }}`. Secret values are shown as `***`, which leaves them."""

    name: HeaderName
    value: Annotated[str, Meta(max_length=8192)]
    secret: bool = False


class TemplateErrorPath(Asked, frozen=True):
    """Where a success answer lists items that it refused: by index, or by a key that equals a column."""

    items: Pointer
    index: Pointer | None = None
    key: Pointer | None = None
    column: Text | None = None
    message: Pointer | None = None


Headers = Annotated[list[TemplateHeader], Meta(max_length=100)]
Statuses = Annotated[
    list[tuple[int, int]],
    Meta(min_length=1, max_length=50, description="Ranges of statuses that count as success.", examples=[[[200, 299]]]),
]


class TemplateQuery(SearchQuery, frozen=True):
    """Which templates to list."""

    chain_id: Annotated[UUID | None, Meta(description="Those of this chain only.")] = None
    profile_id: Annotated[UUID | None, Meta(description="Those that send through this profile.")] = None
    query_id: Annotated[UUID | None, Meta(description="Those with the columns of this query.")] = None
    ready: Annotated[bool, Meta(description="Only those that can be selected.")] = False
    sort: Annotated[Sort, Meta(description="By label, name, or when it was made or changed; - turns it round.")] = (
        "label"
    )


class NewHttpTemplate(Asked, frozen=True):
    """A template to make. Only a draft may lack its query, its profile or a body that its method needs."""

    chain_id: UUID
    label: Label
    template_type: Kind = "outbound_api"
    internal_name: Annotated[Text | None, Meta(description="Null makes one of the label.")] = None
    query_id: UUID | None = None
    profile_id: UUID | None = None
    method: Verb = "POST"
    url_path: Path = ""
    headers: Headers = field(default_factory=list)
    body: Json | None = None
    envelope: Json | None = None
    batch_size: Rows = 1
    max_body_bytes: Bytes = 1_048_576
    idempotency_header: HeaderName | None = "Idempotency-Key"
    success_statuses: Statuses = field(default_factory=lambda: [(200, 299)])
    error_path: TemplateErrorPath | None = None
    draft: Annotated[bool, Meta(description="Keeps it incomplete; nothing can select it then.")] = False


class HttpTemplateChange(Asked, frozen=True):
    """What to change of a template; what is left out stays. A draft is complete from then on, unless `draft`."""

    label: Label | UnsetType = UNSET
    template_type: Annotated[Text | UnsetType, Meta(description="Refused unless it is the one there is.")] = UNSET
    internal_name: Text | UnsetType = UNSET
    query_id: UUID | UnsetType = UNSET
    profile_id: UUID | UnsetType = UNSET
    method: Verb | UnsetType = UNSET
    url_path: Path | UnsetType = UNSET
    headers: Headers | UnsetType = UNSET
    body: Json | UnsetType | None = UNSET
    envelope: Json | UnsetType | None = UNSET
    batch_size: Rows | UnsetType = UNSET
    max_body_bytes: Bytes | UnsetType = UNSET
    idempotency_header: HeaderName | UnsetType | None = UNSET
    success_statuses: Statuses | UnsetType = UNSET
    error_path: TemplateErrorPath | UnsetType | None = UNSET
    draft: bool = False


class HttpTemplate(Struct, frozen=True):
    """The shape of a request."""

    id: UUID
    chain_id: UUID
    template_type: Literal["outbound_api"]
    label: str
    internal_name: str
    query_id: UUID | None
    profile_id: UUID | None
    method: Verb
    url_path: str
    headers: Sequence[TemplateHeader]
    body: str | None
    envelope: str | None
    batch_size: int
    max_body_bytes: int
    idempotency_header: str | None
    success_statuses: Sequence[tuple[int, int]]
    error_path: TemplateErrorPath | None
    state: Literal["incomplete", "ready"]
    version: Annotated[int, Meta(description="Rises with every change; the `ETag`.")]
    created_at: Moment
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: Moment
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


class RenderedRequest(Struct, frozen=True):
    """A request as people may see it: credentials and secret headers masked."""

    method: str
    url: str
    headers: Sequence[tuple[str, str]]
    body: str | None


class UnfitRow(Struct, frozen=True):
    """A row that makes no request."""

    row: Annotated[int, Meta(description="Its number, from 1.")]
    code: str
    message: str


class TemplatePreview(Struct, frozen=True):
    """What the first rows make."""

    request: Annotated[RenderedRequest | None, Meta(description="Null where no row makes one.")]
    rows: Annotated[int, Meta(description="How many rows it carries.")]
    failures: Sequence[UnfitRow]


class TestSent(Struct, frozen=True):
    """A request that was sent once, for real, and what came back; both shortened, secrets masked."""

    status: Annotated[int | None, Meta(description="Null where no answer came.")]
    outcome: Annotated[str, Meta(description="The class of outcome, as runs have it.", examples=["ok"])]
    message: Annotated[str, Meta(description="What went wrong; empty for a success.")]
    latency_ms: float
    request: str
    answer: str


async def list_http_templates(call: Call, query: TemplateQuery) -> NumberedListing[HttpTemplate]:
    """List templates, by label unless asked otherwise."""
    wanted = TemplateFilter(
        query.chain_id, query.profile_id, query.query_id, ready=query.ready, search=query.q, sort=query.sort
    )
    page = await outbound.list_templates(call.session, call.actor, wanted, number=query.page, size=query.limit)
    return number_page(page, show_template)


async def create_http_template(call: Call, body: NewHttpTemplate) -> HttpTemplate:
    """Make a template, compiled against its query's columns unless it is a draft."""
    new = NewTemplate(
        body.label,
        query=body.query_id,
        profile=body.profile_id,
        shape=read_shape({name: getattr(body, name) for name in SHAPE}),
        internal_name=body.internal_name,
        draft=body.draft,
    )
    made = await outbound.create_template(
        call.session, call.actor, chain_id=body.chain_id, new=new, keys=call.resources.keys
    )
    return show_template(made)


async def get_http_template(call: Call, template: NameOrId) -> HttpTemplate:
    """Show a template."""
    return show_template(await outbound.get_template(call.session, call.actor, None, template))


async def update_http_template(
    call: Call, template: NameOrId, body: HttpTemplateChange, if_match: int | None
) -> HttpTemplate:
    """Change a template: everything but its type."""
    stored = await outbound.get_template(call.session, call.actor, None, template)
    given = {name: getattr(body, name) for name in body.__struct_fields__ if getattr(body, name) is not UNSET}
    kept = {name: getattr(stored.shape, name) for name in SHAPE}
    shape = {**kept, **{name: value for name, value in given.items() if name in SHAPE}}
    change = TemplateChange(
        label=given.get("label"),
        internal_name=given.get("internal_name"),
        query=given.get("query_id"),
        profile=given.get("profile_id"),
        shape=read_shape(shape),
        version=if_match,
        template_type=given.get("template_type"),
        draft=body.draft,
    )
    keys = call.resources.keys
    return show_template(await outbound.update_template(call.session, call.actor, stored, change, keys=keys))


async def delete_http_template(call: Call, template: NameOrId, if_match: int | None) -> None:
    """Delete a template that no definition uses."""
    stored = await outbound.get_template(call.session, call.actor, None, template)
    await outbound.delete_template(call.session, call.actor, stored.chain_id, stored.id, version=if_match)


async def copy_http_template(call: Call, template: NameOrId) -> HttpTemplate:
    """Copy a template, secret headers included, under the next free label and internal name."""
    return show_template(await outbound.copy_template(call.session, call.actor, None, template))


async def preview_http_template(call: Call, template: NameOrId) -> TemplatePreview:
    """Show the request that the first rows of the template's query make; nothing is sent."""
    trial = await open_trial(call, template)
    _, rows = await call.while_connected(outbound.read_sample(call.actor, call.engine, trial))
    async with call.resources.database.session() as session:
        preview = await outbound.preview_template(session, call.actor, trial, rows)
    shown = preview.request
    request = None if shown is None else RenderedRequest(shown.method, shown.url, shown.headers, shown.body)
    failures = [UnfitRow(each.ordinal, each.code, each.message) for each in preview.failures]
    return TemplatePreview(request, preview.rows, failures)


async def send_template_test(call: Call, template: NameOrId) -> TestSent:
    """Send the first request of the template's query once, for real.

    It is noted in the audit log and among the profile's last calls.
    """
    trial = await open_trial(call, template)
    sent = await outbound.send_test(call.resources, call.engine, call.client, call.actor, trial)
    return TestSent(
        sent.result.status,
        sent.result.kind.value,
        sent.result.message,
        sent.result.duration_seconds * 1000,
        sent.request,
        sent.answer,
    )


async def open_trial(call: Call, template: str) -> Trial:
    """Return the complete template as it is stored, in a transaction that ends before anything is read or sent."""
    async with call.resources.database.session() as session:
        found = await outbound.get_template(session, call.actor, None, template)
        usable = await outbound.get_usable_template(session, call.actor, found.chain_id, found.id)
        trial = await outbound.open_trial(session, call.actor, usable, keys=call.resources.keys)
    assert trial is not None
    return trial


def read_shape(given: dict[str, Any]) -> TemplateShape:
    """Return the shape that the members spell, stored ones among them."""
    path = given["error_path"]
    return TemplateShape(
        **{
            **given,
            "method": Method(given["method"]),
            "headers": tuple(Header(each.name, each.value, each.secret) for each in given["headers"]),
            "success_statuses": tuple(given["success_statuses"]),
            "error_path": path and ErrorPath(path.items, path.index, path.key, path.column, path.message),
        }
    )


def show_template(template: Template) -> HttpTemplate:
    """Return the shape of a template."""
    shape, path = template.shape, template.shape.error_path
    shown: dict[str, Any] = {name: getattr(shape, name) for name in SHAPE}
    shown["headers"] = [TemplateHeader(name=each.name, value=each.value, secret=each.secret) for each in shape.headers]
    shown["error_path"] = path and TemplateErrorPath(
        items=path.items, index=path.index, key=path.key, column=path.column, message=path.message
    )
    own = [name for name in HttpTemplate.__struct_fields__ if name not in SHAPE]
    return HttpTemplate(**{name: getattr(template, name) for name in own}, **shown)


SHAPE = TemplateShape.__dataclass_fields__.keys()
EXAMPLE = {
    "chain_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "label": "Members to the CRM",
    "query_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "profile_id": "0190b3c4-5d6e-7f80-9123-456789abcdef",
    "method": "POST",
    "url_path": "/members",
    "body": '{"id": "{{ membership_id }}"}',
}
BASE = "/http-templates"
ONE = f"{BASE}/{{template}}"
READ, WRITE = "http-templates:read", "http-templates:write"
ROUTES = (
    Route("GET", BASE, READ, list_http_templates),
    Route("POST", BASE, WRITE, create_http_template, status=201, example=EXAMPLE, made="/id"),
    Route("GET", ONE, READ, get_http_template, conflicts=True),
    Route("PATCH", ONE, WRITE, update_http_template, example={"batch_size": 100}),
    Route("DELETE", ONE, "http-templates:admin", delete_http_template),
    Route("POST", f"{ONE}/copy", WRITE, copy_http_template, status=201),
    Route("POST", f"{ONE}/preview", READ, preview_http_template, in_transaction=False),
    Route("POST", f"{ONE}/send-test", WRITE, send_template_test, in_transaction=False),
)
