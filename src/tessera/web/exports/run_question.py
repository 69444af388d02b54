"""*Run* asks first: how many rows go where, in how many requests, for which period; *Confirm* starts the run."""

import asyncio
from dataclasses import dataclass, replace
from math import ceil
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import connectors, exports
from tessera.connectors.contract import PropertyKind, get_connector
from tessera.exports import Definition
from tessera.exports.previews import open_preview
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TesseraError
from tessera.web.exports.definition_steps import ONE
from tessera.web.exports.definitions import path_of, read_facts
from tessera.web.exports.looks import LONGEST_SECONDS
from tessera.web.exports.words import PERIODS
from tessera.web.forms import Form, faults_of, form_status
from tessera.web.visits import PageVisit, Visit

LABELS = {"from": "From", "to": "To"}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do; `fault` says why the rows are not counted, `refused` why it cannot run.

    `rows_per_request` is None where it makes no requests.
    """

    rows: int | None = None
    rows_per_request: int | None = None
    host: str = ""
    period: tuple[Any, Any] = (None, None)
    fault: str = ""
    refused: str = ""

    @property
    def requests(self) -> int | None:
        """How many requests it would make, as far as that is known."""
        if self.rows is None or self.rows_per_request is None:
            return None
        return ceil(self.rows / self.rows_per_request)


@get(f"{ONE}/run", permission="exports:write", in_transaction=False)
async def ask_to_run(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Say what a run would do, and ask."""
    return await show_question(visit, definition_id, Form())


@post(f"{ONE}/run", permission="exports:write", in_transaction=False)
async def start_export_run(visit: PageVisit, definition_id: FromPath[UUID]) -> Response[Any]:
    """Start a run and go to its page, or show the question again with what is wrong."""
    form = await visit.form()
    try:
        period = (form.moment("from"), form.moment("to"))
        if period[0] and period[1] and period[0] >= period[1]:
            form.fault("to", "Enter a moment after From.")
        form.check()
        async with visit.resources.database.session() as session:
            run = await exports.start_run(
                session,
                visit.actor,
                visit.resources,
                definition_id=definition_id,
                options=exports.RunOptions(*period, full_refresh=form.ticked("full_refresh")),
            )
    except NotFoundError:
        raise
    except (InvalidError, ConflictError, DeniedError) as error:
        return await show_question(visit, definition_id, form, error)
    return visit.go(f"/admin/exports/runs/{run.id}", notice="run_started")


async def show_question(
    visit: Visit, definition_id: UUID, form: Form, error: TesseraError | None = None
) -> Response[Any]:
    """Show what a run would do."""
    async with visit.resources.database.session() as session:
        visit.session = session
        definition = await exports.get_definition(session, visit.actor, definition_id=definition_id)
        facts = await read_facts(visit, definition)
    forecast = await make_forecast(visit, definition)
    return visit.page(
        "exports/templates/run_question.html",
        status=form_status(error),
        faults={} if error is None else faults_of(error),
        labels=LABELS,
        form=form,
        forecast=forecast,
        periods=PERIODS,
        back=path_of(definition),
        **facts,
    )


async def make_forecast(visit: Visit, definition: Definition) -> Forecast:
    """Return what a run of the definition would do now."""
    try:
        async with visit.resources.database.session() as session:
            preview = await open_preview(
                session,
                visit.actor,
                definition.chain_id,
                definition,
                resources=visit.resources,
                stored_id=definition.id,
            )
            visit.session = session
            destination = preview.destination
            host = await find_host(visit, definition.chain_id, destination.profile_id)
    except TesseraError as error:
        return Forecast(refused=error.message)
    forecast = Forecast(None, destination.rows_per_request, host, preview.period)
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            rows = await visit.while_connected(preview.count(visit.actor, visit.engine))
    except TimeoutError:
        fault = f"Counting takes longer than {LONGEST_SECONDS} s. The run counts the rows itself."
        return replace(forecast, fault=fault)
    except TesseraError as error:
        return replace(forecast, fault=error.message)
    return replace(forecast, rows=rows)


async def find_host(visit: Visit, chain_id: UUID, profile_id: UUID | None) -> str:
    """Return the name of the machine that all goes to; empty where it stays here."""
    if profile_id is None:
        return ""
    profile = await connectors.get_profile(visit.session, visit.actor, chain_id, profile_id)
    urls = [each.key for each in get_connector(profile.type).properties if each.kind is PropertyKind.URL]
    address = next((str(profile.settings[key]) for key in urls if profile.settings.get(key)), "")
    return urlsplit(address).netloc or str(profile.settings.get("host") or profile.label)
