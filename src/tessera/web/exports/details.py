"""What the pages of an export's steps show: the step's form, how the steps stand, and the summary beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response

from tessera import connectors
from tessera.connectors.contract import PropertyKind
from tessera.exports import Definition, log
from tessera.exports.previews import KindPreview, list_columns
from tessera.platform.errors import TesseraError
from tessera.platform.paging import Page
from tessera.platform.schedules import RecordedMoment, StoredSchedule
from tessera.queries import Query
from tessera.web.exports import destination_step, filter_step, member_step, notice_fields, schedule_step
from tessera.web.exports.destinations import list_operations, list_profile_choices
from tessera.web.exports.drafts import DESTINATION, FILTER, PERSON, SCHEDULE, STEPS, Draft
from tessera.web.exports.next_executions import understand
from tessera.web.exports.past_runs import read_past_runs
from tessera.web.exports.recipients import list_recipients
from tessera.web.exports.schedule_fields import Bounds
from tessera.web.exports.words import FIRST_RUNS, GATE_LEVELS, MATCHES, MOMENT_OUTCOMES, OPERATORS, PERIODS, QUEUES
from tessera.web.forms import WHOLE, Form, faults_of, form_status
from tessera.web.integrations.property_fields import PLAIN
from tessera.web.stepper import Step, Stepper, StepState
from tessera.web.visits import Visit

PATH = "/admin/exports/definitions"
PARKED_SHOWN = 5
LABELS = {FILTER: filter_step.LABELS, SCHEDULE: schedule_step.LABELS}
TARGET = f"{notice_fields.TARGET}-"


@dataclass(frozen=True, slots=True)
class Editing:
    """An export that is being written: stored already, or new, when its address carries what was filled in."""

    chain_id: UUID
    draft: Draft
    definition: Definition | None = None
    carried: tuple[tuple[str, str], ...] = ()
    stored: StoredSchedule | None = None
    moments: Sequence[RecordedMoment] = ()

    def path_of(self, step: str) -> str:
        """Return the address of a step."""
        if self.definition is not None:
            return f"{PATH}/{self.definition.id}/{step}"
        return f"{PATH}/new/{self.chain_id}/{step}?{urlencode(self.carried)}"

    def look_path(self, step: str) -> str:
        """Return where the summary of what is typed is asked for."""
        start, sign, carried = self.path_of(step).partition("?")
        return f"{start}/look{sign}{carried}"

    def stepper(self, shown: str, *, wrong: bool = False) -> Stepper:
        """Return the steps as they stand."""
        states = {key: StepState.DONE if self.draft.has(key) else StepState.OPEN for key in STEPS}
        if self.definition is None and ("schedule_seen", "yes") not in self.carried:
            states[SCHEDULE] = StepState.OPEN
        if wrong:
            states[shown] = StepState.WRONG
        return Stepper([Step(key, label, self.path_of(key), states[key]) for key, label in STEPS.items()], shown)


@dataclass(frozen=True, slots=True)
class Look:
    """What was found out about the export as it is typed: its rows, what leaves first, or why not."""

    rows: int | None = None
    first: KindPreview | None = None
    rows_per_request: int | None = None
    changes: bool = False
    fault: str = ""


@dataclass
class Choices:
    """What the fields of a step can be chosen from."""

    queries: Mapping[UUID, Query | str] = field(default_factory=dict)
    operations: list[tuple[Any, str]] = field(default_factory=list)
    profiles: list[tuple[Any, str]] = field(default_factory=list)
    checks: schedule_step.Checks | None = None
    sources: Sequence[str] = ()
    references: Mapping[str, list[tuple[Any, str]]] = field(default_factory=dict)


async def read_choices(visit: Visit, editing: Editing, step: str) -> Choices:
    """Return what the step's fields can be chosen from."""
    draft, stored = editing.draft, editing.definition
    if step == FILTER:
        label = stored.query_label if stored else None
        return Choices(queries=await filter_step.list_choices(visit, editing.chain_id, draft, label))
    if step == SCHEDULE:
        return Choices(checks=await schedule_step.read_checks(visit, editing.chain_id, stored))
    found = Choices(sources=await list_sources(visit, editing), references=await list_references(visit, editing))
    if draft.type.connector is not None:
        chosen = (draft.profile_id, stored.profile_label if stored else None)
        found.profiles = await list_profile_choices(visit, editing.chain_id, draft.type.connector, chosen)
    elif draft.type.by_template:
        chosen = (draft.template_id, stored.template_label if stored else None)
        found.operations = await list_operations(visit, editing.chain_id, chosen)
    return found


async def list_references(visit: Visit, editing: Editing) -> Mapping[str, list[tuple[Any, str]]]:
    """Return what the settings that lead to other things of the chain may lead to."""
    wanted = [each for each in editing.draft.type.properties if each.kind is PropertyKind.REFERENCE]
    return {
        each.key: [
            (str(key), label)
            for key, label in await connectors.list_choices(visit.session, visit.actor, editing.chain_id, each)
        ]
        for each in wanted
    }


async def list_sources(visit: Visit, editing: Editing) -> Sequence[str]:
    """Return the columns that a mapping may take; none while the query is not chosen, or this user may not read it."""
    if not editing.draft.has(FILTER) or not any(each.mapping for each in editing.draft.type.properties):
        return ()
    try:
        found = await list_columns(visit.session, visit.actor, editing.chain_id, editing.draft.as_new())
    except TesseraError:
        return ()
    return [column.name for column in found]


def read_step(step: str, form: Form, draft: Draft, choices: Choices) -> Draft:
    """Return the draft with what a step's form says; what does not fit is noted at its field."""
    if step == FILTER:
        return filter_step.read_filter(form, draft, choices.queries)
    if step == DESTINATION:
        return destination_step.read_destination(form, draft)
    assert choices.checks is not None
    return schedule_step.read_step(form, draft, choices.checks)


def form_of(step: str, draft: Draft, choices: Choices) -> Form:
    """Return a step's fields with what is in the draft."""
    if step == FILTER:
        return filter_step.form_of(draft)
    if step == DESTINATION:
        return destination_step.form_of(draft)
    assert choices.checks is not None
    return schedule_step.form_of(draft, choices.checks)


async def show_step(
    visit: Visit,
    editing: Editing,
    step: str,
    *,
    form: Form | None = None,
    error: TesseraError | None = None,
    look: Look | None = None,
    **more: Any,
) -> Response[Any]:
    """Show one step; what was typed takes the place of what is stored."""
    choices = await read_choices(visit, editing, step)
    faults = {} if error is None else name_faults(step, editing.draft, faults_of(error))
    return visit.page(
        "exports/templates/definition_step.html",
        status=form_status(error),
        step=step,
        faults=faults,
        **{
            **await read_page(visit, editing, step, form or form_of(step, editing.draft, choices), choices),
            **read_fields(editing, step, form, faults, choices),
            "stepper": editing.stepper(step, wrong=bool(faults)),
            "look": look or Look(),
            **more,
        },
    )


async def read_page(visit: Visit, editing: Editing, step: str, form: Form, choices: Choices) -> dict[str, Any]:
    """Return what each of the steps shows."""
    return {
        "draft": editing.draft,
        "definition": editing.definition,
        "parked": await find_parked(visit, editing.definition),
        "form": form,
        "choices": choices,
        "labels": label_fields(editing.draft, step, form),
        **await read_summary(visit, editing, step, typed_draft(editing, step, form, choices)),
        "outcomes": MOMENT_OUTCOMES,
        **await read_past_runs(visit, editing.definition),
        "words": {"periods": PERIODS, "first_runs": FIRST_RUNS, "gate_levels": GATE_LEVELS, "queues": QUEUES}
        | {"matches": MATCHES, "operators": OPERATORS},
    }


def label_fields(draft: Draft, step: str, form: Form) -> Mapping[str, str]:
    """Return what the fields are called in the list of faults."""
    if step == DESTINATION:
        return destination_step.labels_of(draft) | destination_step.label_cells(draft, form)
    return LABELS[step] | (member_step.label_cells(form) if step == FILTER else {})


def typed_draft(editing: Editing, step: str, form: Form, choices: Choices) -> Draft:
    """Return the draft with the schedule and the rules as they are typed, whatever is wrong with them."""
    return read_step(step, Form(form.fields), editing.draft, choices) if step == SCHEDULE else editing.draft


async def find_parked(visit: Visit, definition: Definition | None) -> Page[log.ParkedRow] | None:
    """Return the first parked rows of a stored export that sends changes only."""
    if definition is None or definition.selection.changes is None:
        return None
    return await log.list_parked_rows(visit.session, visit.actor, definition.id, size=PARKED_SHOWN)


async def read_summary(visit: Visit, editing: Editing, step: str, draft: Draft) -> dict[str, Any]:
    """Return what the summary says without asking anybody else."""
    bounds = Bounds(visit.now, visit.resources.settings.schedule_interval_minutes)
    schedule = draft.schedule if draft.enabled else None
    return {
        "editing": editing,
        "step_path": editing.path_of(step),
        "look_path": editing.look_path(step),
        "understood": understand(schedule, bounds),
        "schedule": draft.schedule,
        "recipients": list_recipients(draft.rules),
        "owner": editing.definition.owner if editing.definition else visit.actor,
    }


def read_fields(
    editing: Editing, step: str, form: Form | None, faults: Mapping[str, str], choices: Choices
) -> dict[str, Any]:
    """Return the fields that are made from what a query or a kind declares."""
    if step == FILTER:
        shown = form or form_of(step, editing.draft, choices)
        chosen = [(key, query if isinstance(query, str) else query.label) for key, query in choices.queries.items()]
        groups = filter_step.parameter_groups(choices.queries, shown)
        return {
            "query_choices": chosen,
            "parameters": groups,
            "with_changes": filter_step.CHANGES,
            **(read_members(shown, faults) if editing.draft.resource == PERSON else {}),
        }
    if step == DESTINATION:
        draft = editing.draft
        typed = draft.settings if form is None else destination_step.propose_settings(form, draft, choices.sources)
        plain = {name.removeprefix(PLAIN): fault for name, fault in faults.items()}
        sources = [(name, name) for name in choices.sources]
        offered = {**choices.references, **{each.key: sources for each in draft.type.properties if each.mapping}}
        return {"fields": destination_step.property_fields(draft, typed, plain, offered)}
    assert choices.checks is not None
    shown = form or form_of(step, editing.draft, choices)
    return schedule_step.fields_of(shown, choices.checks, faults)


def read_members(form: Form, faults: Mapping[str, str]) -> dict[str, Any]:
    """Return the rules as they are shown, and the columns that members have."""
    known = member_step.list_columns().values()
    return {
        "rules": member_step.show_rows(form, faults),
        "spare": member_step.SPARE_ROWS,
        "heads": member_step.HEADS,
        "columns": [(each.name, f"{each.name} ({each.type})") for each in known],
        "column_ticks": [(each.name, each.meaning) for each in known],
    }


def name_faults(step: str, draft: Draft, faults: Mapping[str, str]) -> dict[str, str]:
    """Return the faults by the names of the step's fields; what is no field of it is the form's as a whole."""
    renamed = filter_step.FIELDS | destination_step.FIELDS
    labels = destination_step.labels_of(draft) if step == DESTINATION else LABELS[step]
    found: dict[str, str] = {}
    for key, fault in faults.items():
        name = destination_step.name_fault(draft, key) or member_step.name_fault(key) or renamed.get(key, key)
        known = (
            name in labels
            or name.startswith("param-")
            or name.partition("-")[0] in labels
            or (step == SCHEDULE and name.startswith(TARGET))
        )
        place = name if known else WHOLE
        found[place] = f"{found[place]} {fault}" if place in found else fault
    return found
