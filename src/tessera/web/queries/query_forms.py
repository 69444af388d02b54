"""The form of a query: what a saved one shows in it, and the query that it asks for. Pure."""

from collections.abc import Mapping

from tessera.platform.errors import InvalidError, TesseraError
from tessera.queries import NewQuery, Parameter, ParameterType, Query, QueryInvalidError
from tessera.web.forms import WHOLE, Form, faults_of

START = "SELECT id, membership_number, balance\n  FROM memberships\n"
PARAMETER = ("parameter_name", "parameter_type", "parameter_default")
BLANK = ("", ParameterType.TEXT.value, "")
MOST_PARAMETERS = 50


def form_of(query: Query) -> Form:
    """Return the form of a saved query."""
    values = {
        "label": query.label,
        "internal_name": query.internal_name,
        "description": query.description,
        "text": query.text,
        "key_columns": ", ".join(query.key_columns),
    }
    parameters = [(each.name, each.type.value, written(each.default)) for each in query.parameters]
    return Form.of(values, [dict(zip(PARAMETER, row, strict=True)) for row in parameters])


def written(default: object) -> str:
    """Return a default as it is typed."""
    if isinstance(default, bool):
        return "true" if default else "false"
    return "" if default is None else str(default)


def parameter_rows(form: Form) -> list[tuple[str, ...]]:
    """Return name, type and default of the lines in which something was typed."""
    rows = [(name.strip(), kind, default) for name, kind, default in form.rows(*PARAMETER)]
    return [row for row in rows if row[0] or row[2]]


def make_query(form: Form) -> NewQuery:
    """Return the query that the form asks for; raise with the field of what cannot be read."""
    rows = parameter_rows(form)
    if len(rows) > MOST_PARAMETERS:
        raise QueryInvalidError(f"A query has at most {MOST_PARAMETERS} parameters.", field="parameters")
    return NewQuery(
        form.get("label"),
        form.get("text"),
        internal_name=form.get("internal_name") if form.ticked("edit_internal_name") else None,
        description=form.get("description").strip(),
        parameters=tuple(read_parameter(*row) for row in rows),
        key_columns=tuple(name.strip() for name in form.get("key_columns").split(",") if name.strip()),
    )


def read_parameter(name: str, kind: str, default: str) -> Parameter:
    """Return one parameter; an empty default is none."""
    known = {each.value: each for each in ParameterType}
    if kind not in known:
        raise QueryInvalidError(f"The parameter {name[:60]} needs a type of the list.", field="parameters")
    return Parameter(name, known[kind], default or None)


def faults_in(error: TesseraError) -> dict[str, str]:
    """Return what is wrong by field; what the database has against a query belongs to its text."""
    faults = faults_of(error)
    if WHOLE in faults and isinstance(error, InvalidError):
        faults["text"] = faults.pop(WHOLE)
    return faults


def place_of(error: TesseraError) -> str:
    """Return where in the text the fault is, as an editor takes it; empty where it is not known."""
    details: Mapping[str, object] = error.details
    return f"{details['line']}:{details['column']}" if "line" in details and "column" in details else ""
