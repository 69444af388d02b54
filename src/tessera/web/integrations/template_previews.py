"""The preview of a template as its editor has it: the request that real rows make, or one that was sent.

The page carries the first rows of the query and sends them back for every preview, so that typing asks the database for
nothing. They need no seal: only the user who sends them sees what they make, and a test that is really sent reads its
rows again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tessera import outbound
from tessera.outbound import SentTest, Template, TemplatePreview, Trial
from tessera.platform.errors import TesseraError
from tessera.platform.json_values import UnreadableRowError, decode_rows, encode
from tessera.queries import Column
from tessera.web.integrations.template_forms import TemplateForm, make_change, place_of
from tessera.web.visits import Visit

# More rows than this show nothing new, and travel with every preview.
MOST_ROWS, LARGEST_SAMPLE = 20, 64 * 1024
SHOWN_BODY = 16 * 1024

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Sample:
    """The first rows of a query, as the page carries them: `whole` if there are no more; `refused` says why none."""

    query_id: str = ""
    rows: Rows = ()
    whole: bool = False
    refused: str = ""

    @property
    def text(self) -> str:
        """The rows as the page carries them."""
        return encode(self.rows).decode()


@dataclass(frozen=True, slots=True)
class EditorPreview:
    """What the editor shows: the request, or what is wrong in which field at which place."""

    asked: str = "preview"
    columns: Sequence[Column] = ()
    sample: Sample = field(default_factory=Sample)
    preview: TemplatePreview | None = None
    sent: SentTest | None = None
    rows_asked: int = 1
    fault: str = ""
    field: str = ""
    at: str = ""

    @property
    def body(self) -> str:
        """The beginning of the body, as much as one can read."""
        request = self.preview.request if self.preview else None
        return (request.body or "")[:SHOWN_BODY] if request else ""


async def make_preview(visit: Visit, template: Template, form: TemplateForm, asked: str) -> EditorPreview:
    """Return what comes of the form; `send` sends one request for real."""
    found = EditorPreview(asked)
    try:
        change = make_change(form)
        async with visit.resources.database.session() as session:
            trial = await outbound.open_trial(
                session,
                visit.actor,
                template,
                query=change.query,
                profile=change.profile,
                shape=change.shape,
                keys=visit.resources.keys,
            )
        if trial is None:
            return found
        sample = await find_sample(visit, trial, form)
        found = replace(found, columns=trial.query.columns, sample=sample, rows_asked=trial.shape.batch_size)
        async with visit.resources.database.session() as session:
            preview = await outbound.preview_template(session, visit.actor, trial, sample.rows)
        found = replace(found, preview=preview)
        if asked == "send":
            sent = await outbound.send_test(visit.resources, visit.engine, visit.client, visit.actor, trial)
            found = replace(found, sent=sent)
    except TesseraError as error:
        name, at = place_of(error, form)
        return replace(found, fault=error.message, field=name, at=at)
    return found


async def find_sample(visit: Visit, trial: Trial, form: TemplateForm) -> Sample:
    """Return the rows that the page carries, if they are of this query and enough; else read them."""
    wanted = min(trial.shape.batch_size, MOST_ROWS)
    carried = read_carried(form, trial)
    if carried is not None and (carried.whole or len(carried.rows) >= wanted):
        return carried
    try:
        _, rows = await visit.while_connected(outbound.read_sample(visit.actor, visit.engine, trial))
    except TesseraError as error:
        return Sample(refused=error.message)
    kept = fit(rows[:wanted])
    return Sample(str(trial.query.id), kept, whole=len(kept) < wanted)


def read_carried(form: TemplateForm, trial: Trial) -> Sample | None:
    """Return the carried rows; None where they are not of this query, or not what we wrote."""
    text, width = form.get("sample_rows"), len(trial.query.columns)
    if form.get("sample_query") != f"{trial.query.id}" or not 2 <= len(text) <= LARGEST_SAMPLE:
        return None
    try:
        found = decode_rows([text.encode(errors="replace")])
    except UnreadableRowError:
        return None
    rows = found[0] if len(found) == 1 else None
    if rows is None or not all(isinstance(row, list) and len(row) == width for row in rows):
        return None
    return Sample(form.get("sample_query"), rows[:MOST_ROWS], whole=form.get("sample_whole") == "true")


def fit(rows: Rows) -> Rows:
    """Return as many of the rows as a page can carry to and fro."""
    kept: list[Sequence[Any]] = []
    size = 2
    for row in rows:
        size += len(encode(row)) + 1
        if size > LARGEST_SAMPLE:
            break
        kept.append(row)
    return kept


def words_of(columns: Sequence[Column]) -> str:
    """Return what the editors complete, as JSON."""
    words: Mapping[str, Any] = {
        "columns": [{"name": column.name, "type": column.type.value} for column in columns],
        "facts": [f"run.{fact}" for fact in outbound.FACTS],
        "filters": [*outbound.FILTERS, "omit_null"],
    }
    return json.dumps(words, ensure_ascii=False)
