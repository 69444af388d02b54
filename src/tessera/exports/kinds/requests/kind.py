"""The kind as exports know it: what its definitions need, and how a shard of a run is delivered."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

import psycopg

from tessera import connectors, outbound
from tessera.connectors import Profile, clean_plain_settings
from tessera.connectors.contract import Property, PropertyKind
from tessera.exports.contract import (
    Checking,
    ClaimedShard,
    Destination,
    ExportKind,
    FirstRows,
    KindPreview,
    LoneDestination,
    Shipment,
)
from tessera.exports.errors import DefinitionInvalidError, UnknownColumnError
from tessera.exports.kinds.requests.delivery import Delivery
from tessera.exports.kinds.requests.outcomes import Judge
from tessera.exports.kinds.requests.recorder import Recorder
from tessera.exports.kinds.requests.takeover import resume_requests
from tessera.exports.kinds.requests.windows import Numbers, WindowReader
from tessera.exports.results import STOPPED, RunResult
from tessera.exports.store import run_log
from tessera.exports.store import runs as runs_store
from tessera.outbound import Sender
from tessera.outbound.rendering import RunFacts
from tessera.platform.assets import Target
from tessera.platform.paces import PaceLimits, RunPace
from tessera.queries import Preview

# For how long calls under way are waited for: when the run is cancelled, which takes 5 s at most, and when the worker
# stops, which takes 10.
CANCELLED_SECONDS, STOPPED_SECONDS = 3.0, 4.5
# Rows are held as text and as values while a window is planned; more at once would only cost memory.
MOST_ROWS_PER_WINDOW = 8000

CONCURRENCY = Property(
    "concurrency",
    "Requests in flight",
    "How many requests may be under way at once. Empty: as many as the connection profile allows.",
    PropertyKind.INT,
    least=1,
    most=256,
)
ROWS_PER_REQUEST = Property(
    "rows_per_request",
    "Rows per request",
    "How many rows a request carries at most. Empty: as the template says.",
    PropertyKind.INT,
    least=1,
    most=1000,
)


def list_properties(connector: str | None) -> Sequence[Property]:
    """Return the settings: with a template how fast to go, without one also what the requests are made of."""
    if connector is None:
        return (ROWS_PER_REQUEST, CONCURRENCY)
    return (*outbound.list_export_properties(connector), CONCURRENCY)


async def check(checking: Checking) -> Destination:
    """Return the destination: a template with its profile, or a profile whose connector makes requests by itself."""
    if checking.template_id is not None and checking.profile_id is not None:
        raise DefinitionInvalidError(
            "A template has its own connection profile. Choose a template or a connection profile, not both.",
            field="profile",
        )
    if checking.template_id is not None:
        return await check_template(checking)
    if checking.profile_id is not None:
        return await check_profile(checking)
    raise DefinitionInvalidError("Choose the HTTP Operation: the template that shapes the requests.", field="template")


async def check_template(checking: Checking) -> Destination:
    """Return the destination of a template; the rows have to have every column that it uses."""
    session, actor, chain_id = checking.session, checking.actor, checking.chain_id
    assert checking.template_id is not None
    settings = clean_plain_settings(list_properties(None), checking.settings)
    template = await outbound.get_usable_template(session, actor, chain_id, checking.template_id)
    assert template.profile_id is not None
    missing = await outbound.missing_columns(session, actor, template, checking.columns, keys=checking.keys)
    if missing:
        raise UnknownColumnError(
            f"The template {template.label} uses {', '.join(missing)}, which the query {checking.query.label} does not "
            "have. Add the columns to the query, or choose another template.",
            columns=list(missing),
        )
    profile = await connectors.get_profile(session, actor, chain_id, template.profile_id)
    shape = await outbound.get_stored_shape(session, actor, template)
    if settings["rows_per_request"] is not None:
        shape = {**shape, "batch_size": settings["rows_per_request"]}
    document = {"template": template.internal_name, "template_version": template.version}
    return make_destination(checking, profile, settings, shape, document, Target("http_template", template.id))


async def check_profile(checking: Checking) -> Destination:
    """Return the destination of a profile that shapes requests by the definition's own settings."""
    assert checking.profile_id is not None
    profile = await connectors.get_profile(checking.session, checking.actor, checking.chain_id, checking.profile_id)
    settings = clean_plain_settings(list_properties(profile.type), checking.settings)
    shape = {name: value for name, value in settings.items() if name != CONCURRENCY.key}
    target = Target("connection_profile", profile.id)
    return make_destination(checking, profile, settings, shape, {"template": ""}, target)


def make_destination(
    checking: Checking,
    profile: Profile,
    settings: dict[str, Any],
    shape: Any,
    document: dict[str, Any],
    target: Target,
) -> Destination:
    """Return the destination with the shape as a run keeps it; compiling that is a check."""
    kept = outbound.complete_shape(profile, shape, checking.query.key_columns)
    renderer = outbound.make_renderer(
        profile.type,
        kept,
        [(column.name, column.type) for column in checking.columns],
        chain_id=checking.chain_id,
        keys=checking.keys,
    )
    return Destination(
        settings=settings,
        targets=[target],
        document={
            **document,
            "connector": profile.type,
            "shape": kept,
            "columns": [(column.name, str(column.type)) for column in checking.columns],
            "concurrency": settings["concurrency"],
        },
        profile_id=profile.id,
        profile=profile.internal_name,
        profile_version=profile.version,
        rows_per_request=renderer.rows_per_request,
    )


async def deliver(shipment: Shipment) -> RunResult:
    """Send the shard's rows, and go on where another worker left it."""
    claim, lease = shipment.claim, shipment.lease
    sender = await open_sender(shipment)
    connection = await shipment.resources.database.connect("tessera run", autocommit=True, keyed=True)
    try:
        recorder = Recorder(connection, claim)
        judge = Judge(sender)
        async with open_pace(shipment, sender, recorder) as pace:
            reader = await make_reader(shipment, connection, pace)
            delivery = Delivery(reader, sender, recorder, pace=pace, judge=judge)
            lease.when_ending(lambda ending: delivery.end(ending, within=grace_of(ending)))
            return await send_rows(claim, connection, reader, recorder, judge=judge, delivery=delivery)
    finally:
        await connection.close()


def open_pace(shipment: Shipment, sender: Sender, recorder: Recorder) -> AbstractAsyncContextManager[RunPace]:
    """Return the shard's part of the pace that all runs through the profile share."""
    claim = shipment.claim
    assert claim.snapshot.profile_id is not None
    return shipment.paces.open(
        claim.snapshot.profile_id,
        PaceLimits(sender.concurrency, sender.per_second, sender.per_minute),
        definition_id=claim.definition_id,
        concurrency=claim.snapshot.destination["concurrency"],
        observer=recorder.note_wait,
    )


async def open_sender(shipment: Shipment) -> Sender:
    """Return what sends the requests through the profile as it is now."""
    claim, snapshot = shipment.claim, shipment.claim.snapshot
    assert snapshot.profile_id is not None
    async with shipment.resources.database.session() as session:
        return await outbound.open_sender(
            session,
            shipment.actor,
            chain_id=claim.chain_id,
            profile_id=snapshot.profile_id,
            shape=snapshot.destination["shape"],
            resources=shipment.resources,
            client=shipment.client,
        )


async def send_rows(
    claim: ClaimedShard,
    connection: psycopg.AsyncConnection[Any],
    reader: WindowReader,
    recorder: Recorder,
    *,
    judge: Judge,
    delivery: Delivery,
) -> RunResult:
    """Finish what lost workers began, then send the rest."""
    assert claim.last_row is not None
    try:
        rows = await run_log.list_open_requests(connection, claim)
        requests = await resume_requests(rows, reader, recorder, judge)
        ending = await delivery.run(requests, first_row=claim.planned_row + 1, last_row=claim.last_row)
        await recorder.finish()
        return ending
    finally:
        delivery.abandon()
        await recorder.close()


async def make_reader(shipment: Shipment, connection: psycopg.AsyncConnection[Any], pace: RunPace) -> WindowReader:
    """Return what makes the shard's windows."""
    claim, snapshot = shipment.claim, shipment.claim.snapshot
    document = snapshot.destination
    requests = outbound.make_renderer(
        document["connector"],
        document["shape"],
        columns_of(claim),
        chain_id=claim.chain_id,
        keys=shipment.resources.keys,
    )
    facts = RunFacts(
        id=claim.run_id,
        export=snapshot.definition,
        template=document["template"],
        started_at=claim.started_at,
        chain_id=claim.chain_id,
        definition_id=claim.definition_id,
    )
    last_request, last_window = await run_log.find_last_numbers(connection, claim)
    return WindowReader(
        shipment.resources.database,
        claim,
        requests=requests,
        facts=facts,
        origins=await list_origins(shipment, facts),
        numbers=Numbers(last_request, last_window, first_row=claim.first_row),
        rows_per_window=choose_window(requests.rows_per_request, pace.most),
    )


async def list_origins(shipment: Shipment, facts: RunFacts) -> list[RunFacts]:
    """Return the facts of the run whose rows are sent again, of the one whose rows that sent again, and so on."""
    if shipment.claim.parent_id is None:
        return []
    async with shipment.resources.database.session() as session:
        origins = await runs_store.list_origins(session, shipment.claim.parent_id)
    return [replace(facts, id=origin["id"], started_at=origin["started_at"]) for origin in origins]


def columns_of(claim: ClaimedShard) -> list[tuple[str, str]]:
    """Return names and types of a row's columns; runs of before kept them with their query only."""
    kept = claim.snapshot.destination.get("columns")
    columns = [(column.name, str(column.type)) for column in claim.snapshot.query.columns]
    return [(name, kind) for name, kind in kept] if kept is not None else columns


async def preview(checking: Checking, destination: Destination, first: FirstRows) -> KindPreview:
    """Return the first request, made by the renderer that runs use."""
    document = destination.document
    assert destination.profile_id is not None
    shown = await outbound.preview_requests(
        checking.session,
        checking.actor,
        destination.profile_id,
        shape=document["shape"],
        sample=Preview(tuple(checking.columns), tuple(map(tuple, first.rows))),
        facts=RunFacts(
            id=first.definition_id,
            export=first.definition,
            template=document["template"],
            started_at=first.at,
            chain_id=checking.chain_id,
            definition_id=first.definition_id,
        ),
        keys=checking.keys,
    )
    failures = [(each.ordinal, each.code, each.message) for each in shown.failures]
    if shown.request is None:
        return KindPreview(None, failures=failures)
    request = shown.request
    title = f"{request.method} {request.url}"
    return KindPreview(title, request.body, request.headers, shown.rows, request.size, failures)


def grace_of(ending: RunResult) -> float:
    """Return for how many seconds calls under way are waited for when a run ends before its last row."""
    return STOPPED_SECONDS if ending is STOPPED else CANCELLED_SECONDS


def choose_window(rows_per_request: int, concurrency: int) -> int:
    """Return how many rows are planned and committed together.

    Half of what may be in flight: with as much again waiting for its turn, a crash leaves at most twice the
    concurrency begun and unsettled.
    """
    requests = min(max(1, concurrency // 2), max(1, MOST_ROWS_PER_WINDOW // rows_per_request))
    return rows_per_request * requests


REQUESTS = ExportKind(
    "requests",
    "HTTP requests",
    list_properties,
    check,
    deliver,
    lone=LoneDestination("http_api", "HTTP API", by_template=True),
    preview=preview,
)
