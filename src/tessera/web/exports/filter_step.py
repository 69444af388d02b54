"""The step *Filter*: the query or the members that are exported, parameters, period, changes only, gates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from tessera import queries
from tessera.exports import Changes, FirstRun, GateLevel, Gates, Period, Selection
from tessera.queries import Parameter, ParameterType, Query
from tessera.web.conditions import Condition
from tessera.web.exports import member_step
from tessera.web.exports.drafts import PERSON, Draft
from tessera.web.exports.words import GATE_LEVELS
from tessera.web.forms import Form
from tessera.web.visits import Visit

MOST_QUERIES = 1000
MOST_PERCENT, MOST_REFUSALS = 1000, 100
LARGEST = 2**63 - 1
CHANGES = Condition("changes", ("true",), "With Changes only")
GATE_NAMES = ("rows", "removals", "keys", "empty")
LABELS = {
    "query_id": "Bigdata Query",
    "period": "Period",
    "match": "Members must fit",
    "rules": "Rules",
    "columns": "Columns to include",
    "changes": "Changes only",
    "first_run": "First run",
    "most_refusals": "Times to try a refused row",
    "gate_rows_percent": "Unusual number of rows, in percent",
    "gate_removals_percent": "Rows that may leave, in percent",
}
# The room's names of what it refuses, and the fields of this step.
FIELDS = {
    "changes": "changes",
    "query": "query_id",
    "filter": "rules",
    "filter.columns": "columns",
    "gates.rows_percent": "gate_rows_percent",
    "gates.removals_percent": "gate_removals_percent",
}


@dataclass(frozen=True, slots=True)
class ParameterField:
    """One parameter as a field of its type; `otherwise` says what holds while it is empty."""

    name: str
    label: str
    type: str
    value: str
    otherwise: str


@dataclass(frozen=True, slots=True)
class ParameterGroup:
    """The parameters of one query, which count while it is chosen."""

    condition: Condition
    fields: Sequence[ParameterField]


async def list_choices(
    visit: Visit, chain_id: UUID, draft: Draft, chosen_label: str | None
) -> Mapping[UUID, Query | str]:
    """Return the queries that may be chosen; of one that this user may not read only the label."""
    if not visit.actor.may("queries:read"):
        return {} if draft.query_id is None else {draft.query_id: chosen_label or "The chosen query"}
    page = await queries.list_queries(visit.session, visit.actor, chain_id, size=MOST_QUERIES)
    return {query.id: query for query in page.items}


def form_of(draft: Draft) -> Form:
    """Return the step's fields with what is in the draft."""
    selection, gates = draft.selection, draft.gates
    changes = selection.changes or Changes()
    values: dict[str, Any] = {
        "query_id": draft.query_id or "",
        "period": selection.period or "",
        "changes": "true" if selection.changes else "",
        "first_run": changes.first_run.value,
        "removals": "true" if changes.removals else "",
        "most_refusals": changes.most_refusals,
        "gate_rows_percent": gates.rows_percent,
        "gate_removals_percent": gates.removals_percent,
        **{f"gate_{name}": getattr(gates, name).value for name in GATE_NAMES},
    }
    if draft.query_id is not None:
        values |= {field_name(draft.query_id, name): plain(value) for name, value in selection.parameters.items()}
    members = member_step.form_values(selection.filter) if selection.filter else []
    return Form([*((name, str(value)) for name, value in values.items()), *members])


def plain(value: Any) -> str:
    """Return a stored value of a parameter as its field shows it."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def field_name(query_id: UUID, name: str) -> str:
    """Return the name of a parameter's field; each query has its own."""
    return f"param-{query_id.hex}-{name}"


def parameter_groups(choices: Mapping[UUID, Query | str], form: Form) -> list[ParameterGroup]:
    """Return the fields of every query that has parameters; the page shows those of the chosen one."""
    return [
        ParameterGroup(
            Condition("query_id", (str(query.id),), f"With the query {query.label}"),
            [make_field(query.id, each, form) for each in query.parameters],
        )
        for query in choices.values()
        if isinstance(query, Query) and query.parameters
    ]


def make_field(query_id: UUID, parameter: Parameter, form: Form) -> ParameterField:
    """Return the field of one parameter."""
    name = field_name(query_id, parameter.name)
    value = form.get(name)
    if parameter.type is ParameterType.TIMESTAMP:
        value = value[:16]
    otherwise = "Empty: null." if parameter.default is None else f"Empty: {plain(parameter.default)}."
    moment = " In UTC." if parameter.type is ParameterType.TIMESTAMP else ""
    return ParameterField(name, parameter.name, parameter.type.value, value, otherwise + moment)


def read_filter(form: Form, draft: Draft, choices: Mapping[UUID, Query | str]) -> Draft:
    """Return the draft with what was typed; what does not fit is noted at its field."""
    if draft.resource == PERSON:
        draft = member_step.read_members(form, draft)
        selection = replace(draft.selection, changes=read_changes(form))
        return replace(draft, selection=selection, gates=read_gates(form, draft.gates))
    query_id = form.id("query_id", required=True)
    query = choices.get(query_id) if query_id else None
    if query_id is not None and query is None:
        form.fault("query_id", "Choose one of the list.")
    parameters = read_parameters(form, query) if isinstance(query, Query) else draft.selection.parameters
    period = form.choice("period", list(Period))
    selection = Selection(parameters, Period(period) if period else None, read_changes(form))
    return replace(draft, query_id=query_id, selection=selection, gates=read_gates(form, draft.gates))


def read_changes(form: Form) -> Changes | None:
    """Return how changes are told, None where all rows are sent."""
    if not form.ticked("changes"):
        return None
    first = form.choice("first_run", list(FirstRun), required=True)
    refusals = form.whole("most_refusals", least=1, most=MOST_REFUSALS, required=True)
    return Changes(FirstRun(first) if first else FirstRun.SEND, form.ticked("removals"), refusals or 1)


def read_gates(form: Form, gates: Gates) -> Gates:
    """Return the gates that were chosen."""
    given: dict[str, Any] = {}
    for name in GATE_NAMES:
        level = form.choice(f"gate_{name}", list(GATE_LEVELS))
        given |= {name: GateLevel(level)} if level else {}
    for name in ("rows_percent", "removals_percent"):
        percent = form.whole(f"gate_{name}", least=0, most=MOST_PERCENT)
        given |= {} if percent is None else {name: percent}
    return replace(gates, **given)


def read_parameters(form: Form, query: Query) -> dict[str, Any]:
    """Return the values of the chosen query's parameters; an empty one is left to its default."""
    found = {each.name: read_parameter(form, field_name(query.id, each.name), each.type) for each in query.parameters}
    return {name: value for name, value in found.items() if value is not None}


def read_parameter(form: Form, name: str, kind: ParameterType) -> Any:
    """Return one value as it is stored."""
    if kind is ParameterType.INT:
        return form.whole(name, least=-LARGEST, most=LARGEST)
    if kind is ParameterType.BOOL:
        chosen = form.choice(name, ("true", "false"))
        return None if chosen is None else chosen == "true"
    if kind is ParameterType.DATE:
        day = form.day(name)
        return None if day is None else day.isoformat()
    if kind is ParameterType.TIMESTAMP:
        moment = form.moment(name)
        return None if moment is None else moment.isoformat()
    text = form.text(name)
    return text if text is None or kind is ParameterType.TEXT else read_decimal(form, name, text)


def read_decimal(form: Form, name: str, text: str) -> str | None:
    """Return a decimal number as it was typed."""
    try:
        if Decimal(text).is_finite():
            return text
    except InvalidOperation:
        pass
    form.fault(name, "Enter a number, such as 12.50.")
    return None
