"""Values inside a template: JSON values, numbers among them exact, and what an operator or filter refuses."""

from collections.abc import Callable, Sequence
from typing import Any

Scope = Sequence[Any]  # the row's values in column order, and behind them the run's facts as a dict
Evaluate = Callable[[Scope], Any]


class Unfit(Exception):  # noqa: N818 - never leaves this package
    """A value does not fit an operator or filter; the message is read by users and quotes no value."""


FAILURES = (
    Unfit,
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    RecursionError,
)  # what evaluating raises on an unfit value; of these, only the message of Unfit is ours


class RowFault(Exception):  # noqa: N818 - never leaves this package
    """One row cannot be rendered."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def name_kind(value: Any) -> str:
    """Return what kind of JSON value it is, for sentences."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a number"


def check_size(value: Any, limit: int) -> Any:
    """Return the value; refuse one that outgrew the limit, before it is joined to others."""
    if isinstance(value, str | list | dict) and len(value) > limit:
        raise Unfit(f"the result is longer than {limit}")
    return value
