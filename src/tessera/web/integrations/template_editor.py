"""The editor of a template. Looking at what would be sent saves nothing; only a test that was confirmed leaves."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors, outbound, queries
from tessera.connectors import ProfileFilter
from tessera.outbound import TEMPLATE_TYPES, Template
from tessera.outbound.rendering import Method
from tessera.platform.db import Session
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, TesseraError
from tessera.web.forms import faults_of
from tessera.web.integrations.http_templates import LIST, ONE, PATH
from tessera.web.integrations.template_forms import (
    LABELS,
    TemplateForm,
    forget_secrets,
    form_of,
    make_change,
    place_of,
    read_form,
)
from tessera.web.integrations.template_previews import EditorPreview, make_preview, words_of
from tessera.web.visits import PageVisit, Visit

MOST_CHOICES = 1000
Choices = dict[str, list[tuple[UUID, str]]]


@get(f"{ONE}/edit", permission="http-templates:write", in_transaction=False)
async def edit_http_template(visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]) -> Response[Any]:
    """Show the editor with what the template makes now."""
    async with visit.resources.database.session() as session:
        template = await outbound.get_template(session, visit.actor, chain_id, template_id)
        choices = await list_choices(session, visit, template)
    form = form_of(template)
    preview = await make_preview(visit, template, form, "preview")
    if not template.ready and not template.shape.body:
        preview = EditorPreview(columns=preview.columns, sample=preview.sample)
    return editor_page(visit, template, form, choices, preview=preview)


@post(f"{ONE}/edit", permission="http-templates:write")
async def save_http_template(visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]) -> Response[Any]:
    """Store the changes and show the template; a draft can be stored as it stands."""
    template = await outbound.get_template(visit.session, visit.actor, chain_id, template_id)
    form = read_form(await visit.fields())
    draft = form.get("do") == "draft"
    try:
        change = make_change(form, draft=draft)
        async with visit.session.begin_nested():
            await outbound.update_template(visit.session, visit.actor, template, change, keys=visit.resources.keys)
    except (InvalidError, ConflictError, DeniedError) as error:
        choices = await list_choices(visit.session, visit, template)
        return editor_page(visit, template, form, choices, error=error)
    return visit.go(f"{PATH}/{chain_id}/{template_id}", notice="saved")


@post(f"{ONE}/edit/preview", permission="http-templates:write", in_transaction=False)
async def preview_http_template(
    visit: PageVisit, chain_id: FromPath[UUID], template_id: FromPath[UUID]
) -> Response[Any]:
    """Show the request that the form makes; `ask` asks whether to send it for real, `send` does."""
    async with visit.resources.database.session() as session:
        template = await outbound.get_template(session, visit.actor, chain_id, template_id)
    form = read_form(await visit.fields())
    preview = await make_preview(visit, template, form, form.get("do"))
    if visit.request.headers.get("HX-Request"):
        return visit.fragment(
            "integrations/templates/template_look.html", look=preview, template=template, edit=path_of(template)
        )
    async with visit.resources.database.session() as session:
        choices = await list_choices(session, visit, template)
    return editor_page(visit, template, form, choices, preview=preview)


def path_of(template: Template) -> str:
    """Return the editor's address."""
    return f"{PATH}/{template.chain_id}/{template.id}/edit"


async def list_choices(session: Session, visit: Visit, template: Template) -> Choices:
    """Return what can be chosen: queries, and profiles that can be used; what is chosen already is among them."""
    actor = visit.actor
    found: Choices = {"queries": [], "profiles": []}
    if actor.may("queries:read"):
        found["queries"] = await queries.list_query_choices(session, actor, template.chain_id)
    if actor.may("connection-profiles:read"):
        wanted = ProfileFilter(template.chain_id, "http_api")
        page = await connectors.list_profiles(session, actor, wanted, size=MOST_CHOICES)
        found["profiles"] = [(each.id, each.label) for each in page.items if each.ready and each.enabled]
    for name, chosen, label in (
        ("queries", template.query_id, template.query_label),
        ("profiles", template.profile_id, template.profile_label),
    ):
        if chosen is not None and chosen not in [known for known, _ in found[name]]:
            found[name].append((chosen, label or ""))
    return found


def editor_page(
    visit: Visit,
    template: Template,
    form: TemplateForm,
    choices: Choices,
    *,
    error: TesseraError | None = None,
    preview: EditorPreview | None = None,
) -> Response[Any]:
    """Answer with the editor."""
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    preview = preview or EditorPreview()
    return visit.page(
        "integrations/templates/template_editor.html",
        status=status,
        template=template,
        form=forget_secrets(form),
        choices=choices,
        faults={} if error is None else faults_of(error),
        at=("", "") if error is None else place_of(error, form),
        labels=LABELS,
        look=preview,
        words=words_of(preview.columns),
        edit=path_of(template),
        list_path=LIST,
        methods=[(each.value, each.value) for each in Method],
        types=TEMPLATE_TYPES,
    )
