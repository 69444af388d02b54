"""The editor of a query. Looking into what is being written saves nothing, and keeps no transaction open meanwhile."""

import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import queries
from tessera.loyalty import DATASETS
from tessera.platform.errors import (
    ConflictError,
    DeniedError,
    InvalidError,
    NotFoundError,
    TesseraError,
    UnavailableError,
)
from tessera.queries import ParameterType, Query
from tessera.web.numbers import parse_number
from tessera.web.queries.queries import ONE, PATH
from tessera.web.queries.query_forms import (
    START,
    QueryForm,
    faults_in,
    form_of,
    make_query,
    place_of,
    read_form,
)
from tessera.web.queries.words import completion_words
from tessera.web.visits import PageVisit, Visit

NEW = f"{PATH}/{{chain_id:uuid}}/new"
LABELS = {
    "label": "Label",
    "internal_name": "Internal Name",
    "description": "Description",
    "text": "Text",
    "key_columns": "Key columns",
    "parameters": "Parameters",
}


@dataclass(frozen=True, slots=True)
class EditorState:
    """What is edited: a saved query, or one that is new to the chain."""

    chain_id: UUID
    query: Query | None = None

    @property
    def path(self) -> str:
        """The editor's address without its last word."""
        return f"{PATH}/{self.chain_id}/{self.query.id if self.query else 'new'}"


@dataclass(frozen=True, slots=True)
class QueryPreview:
    """What was found out about the text, and how long that took."""

    asked: str
    seconds: float = 0.0
    found: Any = None
    fault: str = ""
    at: str = ""


@get(NEW, permission="queries:write")
async def ask_for_query(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Show the editor of a new query."""
    if not visit.actor.sees(chain_id):
        raise NotFoundError("There is no such chain. Choose one of those that you see.")
    label = visit.request.query_params.get("label", "")[:255]
    return editor_page(visit, EditorState(chain_id), QueryForm(label=label, text=START))


@post(NEW, permission="queries:write")
async def create_saved_query(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Store the query and show it."""
    form = read_form(await visit.fields())
    try:
        new = make_query(form)
        async with visit.session.begin_nested():
            made = await queries.create_query(visit.session, visit.actor, visit.engine, chain_id=chain_id, new=new)
    except (InvalidError, ConflictError, DeniedError) as error:
        return editor_page(visit, EditorState(chain_id), form, error=error)
    return visit.go(f"{PATH}/{chain_id}/{made.id}", notice="created")


@post(f"{NEW}/preview", permission="queries:write", in_transaction=False)
async def preview_new_query(visit: PageVisit, chain_id: FromPath[UUID]) -> Response[Any]:
    """Show what the text gives, unsaved."""
    return await preview_page(visit, EditorState(chain_id))


@get(f"{ONE}/edit", permission="queries:write")
async def edit_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Show the editor of a saved query."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    return editor_page(visit, EditorState(chain_id, query), form_of(query))


@post(f"{ONE}/edit", permission="queries:write")
async def save_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Store the changes and show the query."""
    query = await queries.get_query(visit.session, visit.actor, chain_id, query_id)
    fields = await visit.fields()
    form = read_form(fields)
    # The version that this page was opened with: a change by somebody else meanwhile is a conflict.
    opened = parse_number(dict(fields).get("version", ""))
    seen = query if opened is None else replace(query, version=opened)
    try:
        new = make_query(form)
        async with visit.session.begin_nested():
            await queries.update_query(visit.session, visit.actor, visit.engine, query=seen, new=new)
    except (InvalidError, ConflictError, DeniedError) as error:
        return editor_page(visit, EditorState(chain_id, seen), form, error=error)
    return visit.go(f"{PATH}/{chain_id}/{query_id}", notice="saved")


@post(f"{ONE}/edit/preview", permission="queries:write", in_transaction=False)
async def preview_edited_query(visit: PageVisit, chain_id: FromPath[UUID], query_id: FromPath[UUID]) -> Response[Any]:
    """Show what the text gives, unsaved."""
    async with visit.resources.database.session() as session:
        query = await queries.get_query(session, visit.actor, chain_id, query_id)
    return await preview_page(visit, EditorState(chain_id, query))


async def preview_page(visit: Visit, state: EditorState) -> Response[Any]:
    """Read what the pressed button asks for; answer a script with the part that changes, else with the page."""
    fields = await visit.fields()
    form, asked = read_form(fields), dict(fields).get("do", "")
    preview = await make_preview(visit, state, form, asked)
    if visit.request.headers.get("HX-Request"):
        return visit.fragment("queries/templates/query_look.html", look=preview)
    return editor_page(visit, state, form, preview=preview)


async def make_preview(visit: Visit, state: EditorState, form: QueryForm, asked: str) -> QueryPreview:
    """Return what was found, or what is wrong at which place."""
    find: Callable[..., Coroutine[Any, Any, Any]] = FINDERS.get(asked, queries.describe_query)
    started = time.perf_counter()
    try:
        query = make_query(form)
        found = await visit.while_connected(find(visit.actor, visit.engine, state.chain_id, query))
    except (InvalidError, DeniedError, ConflictError, UnavailableError) as error:
        return QueryPreview(asked, fault=error.message, at=place_of(error))
    return QueryPreview(asked, time.perf_counter() - started, found)


async def preview_rows(*given: Any) -> Any:
    """Return the first rows, and what the database expects of all of them."""
    rows = await queries.preview_query(*given)
    return rows, await queries.explain_query(*given)


FINDERS: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
    "check": queries.describe_query,
    "preview": preview_rows,
    "count": queries.count_query,
}


def editor_page(
    visit: Visit,
    state: EditorState,
    form: QueryForm,
    *,
    error: TesseraError | None = None,
    preview: QueryPreview | None = None,
) -> Response[Any]:
    """Answer with the editor."""
    status = 200 if error is None else 409 if isinstance(error, ConflictError) else 422
    return visit.page(
        "queries/templates/query_editor.html",
        status=status,
        state=state,
        form=form,
        faults={} if error is None else faults_in(error),
        labels=LABELS,
        at="" if error is None else place_of(error),
        look=preview,
        datasets=DATASETS,
        types=[(each.value, each.value) for each in ParameterType],
        words=completion_words(),
    )
