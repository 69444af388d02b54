"""Jinja's operators on template values. Each refuses what could grow without bound or hide a mistake."""

import math
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

MOST_BITS = 4096  # a product of a few columns never comes near; a bomb does at once


def number(value: Any) -> int | float | Decimal:
    """Return the value if it is a number; a boolean is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise TypeError("not a number")
    return value


def numeric(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return the operator for numbers only; decimals stay exact beside floats."""

    def apply(left: Any, right: Any) -> Any:
        left, right = number(left), number(right)
        if isinstance(left, Decimal) != isinstance(right, Decimal):
            left, right = Decimal(str(left)), Decimal(str(right))
        return bounded(work(left, right))

    return apply


def bounded(result: Any) -> Any:
    """Return a number that JSON can carry, and refuse any other."""
    if isinstance(result, int):
        if result.bit_length() > MOST_BITS:
            raise ValueError("the number is too large")
    elif not math.isfinite(result):
        raise ValueError("the number is not finite")
    return result


def add(left: Any, right: Any) -> Any:
    """Add numbers, or join two texts or two lists."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return ADD_NUMBERS(left, right)


def negate(value: Any) -> Any:
    """Return the number with its sign turned."""
    return -number(value)


def positive(value: Any) -> Any:
    """Return the number as it is."""
    return number(value)


def item_of(target: Any, key: Any) -> Any:
    """Return an item of a list, text or object; null where there is none, as for a missing member."""
    if target is None:
        return None
    if isinstance(target, dict):
        return target.get(key)
    if isinstance(target, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return target[key] if -len(target) <= key < len(target) else None
    raise TypeError("this value has no such item")


def slice_of(target: Any, cut: slice) -> Any:
    """Return a part of a list or text."""
    if target is None:
        return None
    if not isinstance(target, list | str):
        raise TypeError("only text and lists can be sliced")
    return target[cut]


ADD_NUMBERS = numeric(operator.add)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": add,
    "Sub": numeric(operator.sub),
    "Mul": numeric(operator.mul),
    "Div": numeric(operator.truediv),
    "FloorDiv": numeric(operator.floordiv),
    "Mod": numeric(operator.mod),
}

UNARY: dict[str, Callable[[Any], Any]] = {"Neg": negate, "Pos": positive, "Not": operator.not_}

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}

TESTS: dict[str, Callable[[Any], bool]] = {
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float | Decimal) and not isinstance(value, bool),
}
