"""Parameters of a query: `:name` in its text, declared with a type, given a value at the run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from tessera.platform.characters import is_storable
from tessera.queries.errors import QueryInvalidError

Value = str | int | Decimal | bool | date | datetime | None


class ParameterType(StrEnum):
    """The types a parameter can have."""

    TEXT = "text"
    INT = "int"
    DECIMAL = "decimal"
    BOOL = "bool"
    DATE = "date"
    TIMESTAMP = "timestamp"


SQL_TYPES = {
    ParameterType.TEXT: "text",
    ParameterType.INT: "bigint",
    ParameterType.DECIMAL: "numeric",
    ParameterType.BOOL: "boolean",
    ParameterType.DATE: "date",
    ParameterType.TIMESTAMP: "timestamptz",
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `default` is written as in JSON, None when there is none."""

    name: str
    type: ParameterType
    default: str | int | float | bool | None = None


# The engine fills these in at every run: when it runs, when it last ran well, and the reporting period.
BUILT_IN = {name: Parameter(name, ParameterType.TIMESTAMP) for name in ("run_at", "last_success_at", "from", "to")}


def declare(parameters: Sequence[Parameter]) -> dict[str, Parameter]:
    """Return built-in and declared parameters by name; a name that cannot be used or comes twice is refused."""
    known = dict(BUILT_IN)
    for parameter in parameters:
        if not (parameter.name.isascii() and parameter.name.isidentifier()):
            raise QueryInvalidError(
                f"The parameter name {parameter.name[:60]!r} needs letters, digits and underscores.", field="parameters"
            )
        if parameter.name in known:
            raise QueryInvalidError(
                f"The parameter {parameter.name[:60]} is declared twice or built in. Rename one.", field="parameters"
            )
        if parameter.default is not None:
            read_value(parameter, parameter.default)
        known[parameter.name] = parameter
    return known


def read_values(parameters: Sequence[Parameter], given: Mapping[str, object], now: datetime) -> dict[str, Value]:
    """Return every parameter's value: what was given, or the default; the period without borders holds everything."""
    known = declare(parameters)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise QueryInvalidError(
            f"The query has no parameter {', '.join(unknown)}. It knows {', '.join(known)}.", field="parameters"
        )
    values = {name: read_value(parameter, given.get(name, parameter.default)) for name, parameter in known.items()}
    for name, default in (("run_at", now), ("to", now), ("from", datetime.min.replace(tzinfo=UTC))):
        values[name] = default if values[name] is None else values[name]
    return values


def read_value(parameter: Parameter, value: object) -> Value:
    """Turn a value as JSON or a form has it into the parameter's type."""
    if value is None:
        return None
    try:
        return READERS[parameter.type](value)
    except (TypeError, ValueError, InvalidOperation):
        raise QueryInvalidError(
            f"The parameter {parameter.name[:60]} needs a value of type {parameter.type}. Correct the value.",
            field="parameters",
        ) from None


def read_text(value: object) -> str:
    """Read a text, which PostgreSQL keeps without the character zero."""
    if not isinstance(value, str) or not is_storable(value):
        raise ValueError
    return value


def read_int(value: object) -> int:
    """Read a whole number that fits 64 bits."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise ValueError
    return number


def read_decimal(value: object) -> Decimal:
    """Read a finite number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise TypeError
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError
    return number


def read_bool(value: object) -> bool:
    """Read true or false."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError


def read_date(value: object) -> date:
    """Read a day, such as 2025-12-31."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else date.fromisoformat(str(value))


def read_timestamp(value: object) -> datetime:
    """Read a moment in ISO 8601; without a zone it is UTC."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


READERS: Mapping[ParameterType, Callable[[object], Value]] = {
    ParameterType.TEXT: read_text,
    ParameterType.INT: read_int,
    ParameterType.DECIMAL: read_decimal,
    ParameterType.BOOL: read_bool,
    ParameterType.DATE: read_date,
    ParameterType.TIMESTAMP: read_timestamp,
}
