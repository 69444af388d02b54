"""A template tried before it works for a run: the request that sample rows make, shown or sent once.

A preview sends nothing and shows no secret. A test reads its rows again, whatever a page showed before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tessera import queries
from tessera.connectors import READY, find_row, get_profile, make_profile
from tessera.connectors.calls import CallKind, NewCall, record_call
from tessera.connectors.contract import Target, get_connector
from tessera.connectors.paces import check_hold
from tessera.outbound.calls.excerpts import HIDDEN
from tessera.outbound.calls.request_maker import RequestMaker
from tessera.outbound.errors import SampleMissingError
from tessera.outbound.header_seals import HeaderSeals, hide_headers, open_shape, seal_headers
from tessera.outbound.rendering import (
    Method,
    PlannedRequest,
    RowFailure,
    RunFacts,
    TemplateShape,
    compile_template,
    plain_shape,
    read_shape,
)
from tessera.outbound.row_columns import complete_rows, list_row_columns
from tessera.outbound.senders import Outcome, OutcomeKind
from tessera.outbound.targets import find_requests, open_sender, without_place
from tessera.outbound.template_changes import KIND, check_place, check_shape, fit_shape
from tessera.outbound.templates import Template, get_stored_shape
from tessera.platform.actors import Actor
from tessera.platform.audit import Entry, record_entries
from tessera.platform.clock import now
from tessera.platform.db import Session
from tessera.platform.http import OutboundClient
from tessera.platform.ids import new_id
from tessera.platform.resources import Resources
from tessera.platform.secrets import MASK, KeyRing
from tessera.queries import Column, Query, QueryEngine

EXPORT = "test"
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a template as it is stored, or as its editor has it now; in the shape its secrets are open."""

    template: Template
    query: Query
    profile_id: UUID | None
    shape: TemplateShape = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShownRequest:
    """A request as people may see it: credentials and secret headers masked. `size` counts the body's bytes."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str | None
    size: int


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """What the sample rows make: the first request, or why rows made none; `rows` is how many it carries."""

    request: ShownRequest | None
    failures: Sequence[RowFailure]
    rows: int


@dataclass(frozen=True, slots=True)
class SentTest:
    """One request that was sent for real: what went out and what came back, shortened, secrets masked."""

    request: str
    answer: str
    result: Outcome
    rows: int


async def open_trial(
    session: Session,
    actor: Actor,
    template: Template,
    *,
    query: UUID | str | None = None,
    profile: UUID | str | None = None,
    shape: TemplateShape | None = None,
    keys: KeyRing,
) -> Trial | None:
    """Return the template with what its editor has instead; None as long as no query is chosen."""
    chosen = query or template.query_id
    if chosen is None:
        return None
    found = await queries.get_query(session, actor, template.chain_id, chosen)
    profile_ref = profile or template.profile_id
    row = None if profile_ref is None else await find_row(session, actor, template.chain_id, profile_ref)
    stored = await get_stored_shape(session, actor, template)
    if row is not None:
        kept = {"profile_id": template.profile_id, "shape": stored}
        await check_place(session, actor, kept, shape, make_profile(row), template.chain_id)
    opened = open_shape(shape, stored, HeaderSeals(template.chain_id, keys))
    return Trial(template, found, row["id"] if row else None, fit_shape(opened))


async def read_sample(actor: Actor, engine: QueryEngine, trial: Trial) -> tuple[Sequence[Column], Rows]:
    """Return the columns and the first rows of the trial's query, to an actor who may see them."""
    preview = await queries.preview_query(actor, engine, trial.query.chain_id, trial.query)
    return preview.columns, preview.rows


async def preview_template(session: Session, actor: Actor, trial: Trial, rows: Rows) -> TemplatePreview:
    """Return the first request that the rows make; raise `TemplateError` with the place of what cannot work."""
    actor.require("http-templates:read")
    profile = None
    if trial.profile_id is not None:
        actor.require("connection-profiles:read")
        profile = await find_row(session, actor, trial.template.chain_id, trial.profile_id)
    # The same run every time, so that its key does not change while the user types.
    planned, failures = plan_first(trial, rows, run_id=trial.template.id)
    shown = None if planned is None else show_request(planned, trial.shape, profile)
    return TemplatePreview(shown, failures, len(planned.ordinals) if planned else 0)


async def send_test(
    resources: Resources, engine: QueryEngine, client: OutboundClient, actor: Actor, trial: Trial
) -> SentTest:
    """Send the first request of the query's rows as they are now, once, and write down that it was sent.

    No transaction is open while the rows are read and the receiver takes its time.
    """
    actor.require("http-templates:write")
    if trial.profile_id is None:
        raise SampleMissingError("Choose the connection profile through which the test is sent.", field="profile_id")
    async with resources.database.session() as session:
        profile = await get_profile(session, actor, trial.template.chain_id, trial.profile_id)
        check_shape(trial.shape, list_row_columns(trial.query.columns), profile)
        await check_hold(session, trial.profile_id, profile.label)
        sender = await open_sender(
            session,
            actor,
            chain_id=trial.template.chain_id,
            profile_id=trial.profile_id,
            shape=seal_headers(plain_shape(trial.shape), HeaderSeals(profile.chain_id, resources.keys), {}),
            resources=resources,
            client=client,
        )
    _, rows = await read_sample(actor, engine, trial)
    planned, failures = plan_first(trial, rows, run_id=new_id())
    if planned is None:
        reason = failures[0].message if failures else "The query gives no rows just now."
        raise SampleMissingError(f"There is no request to send. {reason}", field="query_id")
    answer = await sender.send(planned)
    request, excerpt = sender.make_excerpts(planned, answer)
    await note_test(resources, actor, trial, answer)
    return SentTest(request, excerpt, answer, len(planned.ordinals))


def plan_first(trial: Trial, rows: Rows, *, run_id: UUID) -> tuple[PlannedRequest | None, Sequence[RowFailure]]:
    """Return the first request of the rows, as many as one carries, and the rows that made none."""
    columns = trial.query.columns
    compiled = compile_template(trial.shape, [(column.name, column.type) for column in list_row_columns(columns)])
    numbered = list(enumerate(complete_rows(columns, rows[: compiled.rows_per_request]), 1))
    plan = compiled.plan(numbered, facts_of(trial, run_id), first_index=0)
    return (plan.requests[0] if plan.requests else None), plan.failures


def facts_of(trial: Trial, run_id: UUID) -> RunFacts:
    """Return what a template may know of a run that never was."""
    template = trial.template
    return RunFacts(
        id=run_id,
        export=EXPORT,
        template=template.internal_name,
        started_at=now(),
        chain_id=template.chain_id,
        definition_id=template.id,
    )


def show_request(planned: PlannedRequest, shape: TemplateShape, profile: Mapping[str, Any] | None) -> ShownRequest:
    """Return the request as people may see it; without a profile only its path."""
    body = None if planned.body is None else planned.body.decode()
    size = len(planned.body or b"")
    url, headers = planned.path, planned.headers
    hidden = HIDDEN | {header.name.lower() for header in shape.headers if header.secret}
    if profile is not None and (target := masked_target(profile)) is not None:
        maker = RequestMaker(target, shape)
        url, headers = maker.url_of(planned), maker.headers_of(planned)
        if target.grant is not None:
            headers = (("Authorization", f"Bearer {MASK}"), *headers)
    shown = tuple((name, MASK if name.lower() in hidden else value) for name, value in headers)
    return ShownRequest(planned.method, url, shown, body, size)


async def show_planned(
    session: Session, actor: Actor, planned: PlannedRequest, *, profile_id: UUID, shape: Mapping[str, Any]
) -> ShownRequest:
    """Return a request as a run of that stored shape would send it through the profile, secrets masked."""
    actor.require("connection-profiles:read")
    profile = await find_row(session, actor, None, profile_id)
    shapes_itself = find_requests(get_connector(profile["type"])).properties is not None
    made = (
        TemplateShape(Method(planned.method), body="[]", idempotency_header=None)
        if shapes_itself
        else read_shape(hide_headers(without_place(shape)))
    )
    return show_request(planned, made, profile)


def masked_target(profile: Mapping[str, Any]) -> Target | None:
    """Return the profile's target with the mask in place of every secret; None where it is not filled in yet."""
    connector = get_connector(profile["type"])
    if connector.open_target is None or profile["state"] != READY:
        return None
    return connector.open_target(profile["variant"], profile["settings"], dict.fromkeys(profile["secrets"], MASK))


async def note_test(resources: Resources, actor: Actor, trial: Trial, answer: Outcome) -> None:
    """Write down that a test was sent, for the template in the audit log and for the profile among its calls."""
    template = trial.template
    assert trial.profile_id is not None
    plain = f"The receiver answered {answer.status}."
    # A receiver's own words may repeat what it was sent, and more people see a profile's calls than its members.
    personal = (await queries.check_aside(trial.query.text, trial.query.parameters)).personal
    call = NewCall(
        CallKind.SEND_TEST,
        passed=answer.kind is OutcomeKind.OK,
        message=plain if personal else answer.message or plain,
        code=answer.code or None,
        status=answer.status,
        latency_ms=answer.duration_seconds * 1000,
    )
    seen = {"status": answer.status, "message": call.message, "profile_id": str(trial.profile_id)}
    entry = Entry("test_sent", KIND, template.id, template.internal_name, template.chain_id, after=seen)
    async with resources.database.session() as session:
        await record_call(session, trial.profile_id, call)
        await record_entries(session, actor, [entry])
