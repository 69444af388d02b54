"""*Resend failed* asks first: which rows of an ended run go where; *Confirm* starts a run that sends them again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from tessera import exports, outbound
from tessera.exports import Run, log
from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, TesseraError
from tessera.web.exports.run import PATH, read_run
from tessera.web.exports.run_question import find_host
from tessera.web.forms import Form, form_status
from tessera.web.numbers import parse_number
from tessera.web.visits import PageVisit, Visit

LONGEST_CODE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which failed rows to send again: those of a reason, one row, or all."""

    code: str | None = None
    row: int | None = None

    @property
    def rows(self) -> Sequence[int] | None:
        """The numbers of the rows, None for any."""
        return None if self.row is None else (self.row,)


@get(f"{PATH}/resend", permission="exports:write")
async def ask_to_resend(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Say which rows would go where, and ask."""
    return await show_question(visit, run_id, read_wanted(visit.request.query_params))


@post(f"{PATH}/resend", permission="exports:write")
async def resend_failed_rows(visit: PageVisit, run_id: FromPath[UUID]) -> Response[Any]:
    """Start a run that sends the rows again and go to its page, or say why that cannot be."""
    wanted = read_wanted((await visit.form()).typed)
    try:
        async with visit.session.begin_nested():
            run = await exports.resend_failed(
                visit.session, visit.actor, visit.resources, run_id=run_id, code=wanted.code, rows=wanted.rows
            )
    except NotFoundError:
        raise
    except (InvalidError, ConflictError, DeniedError) as error:
        return await show_question(visit, run_id, wanted, error)
    return visit.go(f"/admin/exports/runs/{run.id}", notice="run_started")


def read_wanted(asked: Mapping[str, str]) -> Wanted:
    """Return which rows are asked for; what makes no sense is as if it were not there."""
    code = asked.get("code", "")[:LONGEST_CODE].replace("\0", "")
    return Wanted(code or None, parse_number(asked.get("row", "")))


async def show_question(visit: Visit, run_id: UUID, wanted: Wanted, error: TesseraError | None = None) -> Response[Any]:
    """Show the question over the page of the run."""
    page = await read_run(visit, run_id)
    return visit.page(
        "exports/templates/resend_question.html",
        status=form_status(error),
        **page,
        wanted=wanted,
        error=error,
        form=Form(),
        rows=await count_rows(visit, page["run"], wanted),
        host=await name_host(visit, page["run"]),
    )


async def count_rows(visit: Visit, run: Run, wanted: Wanted) -> int:
    """Return how many failed rows are meant."""
    if wanted.row is not None:
        return 1
    if wanted.code is None:
        return run.failed
    groups = await log.count_row_errors(visit.session, visit.actor, run.id)
    return sum(group.rows for group in groups if group.code == wanted.code)


async def name_host(visit: Visit, run: Run) -> str:
    """Return where the rows go: the host, or the name of the profile to those who may not read profiles."""
    definition = await exports.get_definition(visit.session, visit.actor, definition_id=run.definition_id)
    profile_id, label = definition.profile_id, definition.profile_label or definition.template_label
    if definition.template_id is not None and visit.actor.may("http-templates:read"):
        template = await outbound.get_template(visit.session, visit.actor, definition.chain_id, definition.template_id)
        profile_id = template.profile_id
    if profile_id is None and label is None:
        return "a file that is kept here"
    if profile_id is None or not visit.actor.may("connection-profiles:read"):
        return label or ""
    return await find_host(visit, definition.chain_id, profile_id)
