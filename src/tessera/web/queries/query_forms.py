"""The form of a query: what was typed, and the query that it makes. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tessera.platform.errors import InvalidError, TesseraError
from tessera.queries import NewQuery, Parameter, ParameterType, Query, QueryInvalidError
from tessera.web.forms import WHOLE, faults_of

START = "SELECT membership_id, membership_number, balance\n  FROM memberships\n"
BLANK = ("", ParameterType.TEXT.value, "")
MOST_PARAMETERS = 50


@dataclass(frozen=True, slots=True)
class QueryForm:
    """What stands in the fields; parameters are name, type and default as typed."""

    label: str = ""
    internal_name: str = ""
    unlocked: bool = False
    description: str = ""
    text: str = ""
    key_columns: str = ""
    parameters: tuple[tuple[str, str, str], ...] = ()

    @property
    def spare_rows(self) -> tuple[tuple[str, str, str], ...]:
        """Blank lines to fill in where no script adds any."""
        return (BLANK, BLANK)


def form_of(query: Query) -> QueryForm:
    """Return the form of a saved query."""
    return QueryForm(
        label=query.label,
        internal_name=query.internal_name,
        description=query.description,
        text=query.text,
        key_columns=", ".join(query.key_columns),
        parameters=tuple((each.name, each.type.value, written(each.default)) for each in query.parameters),
    )


def written(default: object) -> str:
    """Return a default as it is typed."""
    if isinstance(default, bool):
        return "true" if default else "false"
    return "" if default is None else str(default)


def read_form(fields: Sequence[tuple[str, str]]) -> QueryForm:
    """Return what was sent. Browsers send line breaks as two characters, and places in a text count one."""
    sent = {name: value.replace("\r\n", "\n") for name, value in fields}
    return QueryForm(
        label=sent.get("label", ""),
        internal_name=sent.get("internal_name", ""),
        unlocked=sent.get("edit_internal_name") == "true",
        description=sent.get("description", ""),
        text=sent.get("text", ""),
        key_columns=sent.get("key_columns", ""),
        parameters=tuple(read_rows(fields)),
    )


def read_rows(fields: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield the lines of the parameters in which something was typed."""
    columns = [
        [value for field, value in fields if field == name]
        for name in ("parameter_name", "parameter_type", "parameter_default")
    ]
    for name, kind, default in zip(*columns, strict=False):
        if name.strip() or default:
            yield name.strip(), kind, default


def make_query(form: QueryForm) -> NewQuery:
    """Return the query that the form asks for; raise with the field of what cannot be read."""
    if len(form.parameters) > MOST_PARAMETERS:
        raise QueryInvalidError(f"A query has at most {MOST_PARAMETERS} parameters.", field="parameters")
    return NewQuery(
        form.label,
        form.text,
        internal_name=form.internal_name if form.unlocked else None,
        description=form.description.strip(),
        parameters=tuple(read_parameter(*row) for row in form.parameters),
        key_columns=tuple(name.strip() for name in form.key_columns.split(",") if name.strip()),
    )


def read_parameter(name: str, kind: str, default: str) -> Parameter:
    """Return one parameter; an empty default is none."""
    known = {each.value: each for each in ParameterType}
    if kind not in known:
        raise QueryInvalidError(f"The parameter {name[:60]} needs a type of the list.", field="parameters")
    return Parameter(name, known[kind], default or None)


def faults_in(error: TesseraError) -> dict[str, str]:
    """Return what is wrong by field; what the database has against a query is told at its text."""
    faults = faults_of(error)
    if WHOLE in faults and isinstance(error, InvalidError):
        faults["text"] = faults.pop(WHOLE)
    return faults


def place_of(error: TesseraError) -> str:
    """Return where in the text the fault is, as an editor takes it; empty where nobody knows."""
    details: Mapping[str, object] = error.details
    return f"{details['line']}:{details['column']}" if "line" in details and "column" in details else ""
