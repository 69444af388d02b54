"""Jinja's operators on template values. Each refuses what could grow without bound or hide a mistake.

Numbers are whole numbers and decimals, never floats. Results are PostgreSQL's for `numeric`: sums and products are
exact, quotients have its number of digits, `//` and `%` cut toward zero. Decision 0027 has the reasons.
"""

import operator
from collections.abc import Callable
from decimal import (
    ROUND_05UP,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from typing import Any

from tessera.outbound.rendering.values import Unfit, name_kind
from tessera.platform.json_values import Numeral, plain_number

NUMBERS = frozenset({int, Decimal, Numeral})
MOST_BITS = 4096  # a product of a few columns never comes near; a bomb does at once
MOST_DIGITS = 1300
LARGEST_EXPONENT = 2000
ADVICE = 'Write "… | default(0)", or ask "is none" first'

EXACT = Context(
    prec=MOST_DIGITS,
    Emax=LARGEST_EXPONENT,
    Emin=-LARGEST_EXPONENT,
    traps=[Inexact, InvalidOperation, DivisionByZero, Overflow],
)


def number(value: Any) -> int | Decimal:
    """Return the value if it is a number; a boolean is none."""
    if type(value) in NUMBERS:
        return value  # type: ignore[no-any-return]
    hint = f". {ADVICE}" if value is None else ""
    raise Unfit(f"{name_kind(value)} is not a number{hint}")


def numeric(
    whole: Callable[[int, int], Any], exact: Callable[[int | Decimal, int | Decimal], Decimal]
) -> Callable[[Any, Any], Any]:
    """Return the operator of two numbers: `whole` for whole ones, `exact` as soon as one is a decimal."""

    def apply(left: Any, right: Any) -> Any:
        left, right = number(left), number(right)
        if isinstance(left, int) and isinstance(right, int):
            return bounded(whole(left, right))
        return bounded(calculate(exact, left, right))

    return apply


def calculate(
    work: Callable[[int | Decimal, int | Decimal], Decimal], left: int | Decimal, right: int | Decimal
) -> Decimal:
    """Return the result, or refuse one that could not be exact."""
    try:
        return work(left, right)
    except (Inexact, Overflow, InvalidOperation):
        raise Unfit(f"the number is too large, or has more than {MOST_DIGITS:,} digits") from None


def bounded(result: Any) -> Any:
    """Return a number as it is written; refuse one that outgrew what is ever sent."""
    if isinstance(result, Decimal):
        if abs(result.adjusted()) > LARGEST_EXPONENT:
            raise Unfit("the number is too large, or too small")
        return plain_number(result)
    if result.bit_length() > MOST_BITS:
        raise Unfit("the number is too large")
    return result


def divide(dividend: int | Decimal, divisor: int | Decimal) -> Decimal:
    """Return the quotient, rounded where PostgreSQL rounds it; one that ends earlier has no zeros behind it."""
    check_divisor(divisor)
    left, right = Decimal(dividend), Decimal(divisor)
    scale = quotient_scale(left, right)
    digits = max(1, left.adjusted() - right.adjusted() + scale + 3)
    context = Context(prec=min(digits, MOST_DIGITS), rounding=ROUND_05UP, Emax=LARGEST_EXPONENT, Emin=-LARGEST_EXPONENT)
    quotient = context.divide(left, right)
    exponent = quotient.as_tuple().exponent
    if isinstance(exponent, int) and -exponent <= scale:
        return quotient
    return quotient.quantize(Decimal((0, (1,), -scale)), ROUND_HALF_UP, EXACT_ROUNDING)


def quotient_scale(left: Decimal, right: Decimal) -> int:
    """Return how many digits behind the point PostgreSQL gives a quotient: 16 significant ones, or as its parts have.

    It counts in groups of four digits (`select_div_scale` in its numeric.c).
    """
    groups = leading_group(left)[0] - leading_group(right)[0]
    groups -= leading_group(left)[1] <= leading_group(right)[1]
    return min(max(16 - groups * 4, scale_of(left), scale_of(right), 0), 1000)


def leading_group(value: Decimal) -> tuple[int, int]:
    """Return the place and the value of the first group of four digits that is not zero."""
    if not value:
        return 0, 0
    place = value.adjusted() // 4
    return place, int(value.copy_abs().scaleb(-4 * place, EXACT_ROUNDING))


def scale_of(value: Decimal) -> int:
    """Return the number of digits after the point."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def check_divisor(right: int | Decimal) -> None:
    """Refuse zero below a line."""
    if not right:
        raise Unfit("a number cannot be divided by zero")


def whole_quotient(left: int, right: int) -> int:
    """Return the quotient cut toward zero."""
    check_divisor(right)
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def exact_quotient(left: int | Decimal, right: int | Decimal) -> Decimal:
    """Return the whole part of the quotient."""
    check_divisor(right)
    return EXACT.divide_int(left, right)


def exact_remainder(left: int | Decimal, right: int | Decimal) -> Decimal:
    """Return what is left of a division; it has the sign of what is divided."""
    check_divisor(right)
    return EXACT.remainder(left, right)


def add(left: Any, right: Any) -> Any:
    """Add numbers, or join two texts or two lists."""
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        return left + right
    return ADD_NUMBERS(left, right)


def negate(value: Any) -> Any:
    """Return the number with its sign turned."""
    found = number(value)
    return bounded(-found if isinstance(found, int) else found.copy_negate())


def positive(value: Any) -> Any:
    """Return the number as it is."""
    return number(value)


def ordered(sign: str, holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Return the comparison by size, of two numbers or two texts."""

    def compare(left: Any, right: Any) -> bool:
        if (type(left) in NUMBERS and type(right) in NUMBERS) or type(left) is type(right) is str:
            return holds(left, right)
        hint = f". {ADVICE}" if left is None or right is None else ""
        raise Unfit(f"{name_kind(left)} cannot be compared with {name_kind(right)} by {sign}{hint}")

    return compare


def is_in(left: Any, right: Any) -> bool:
    """Say whether a value is an item of a list, a part of a text, or the name of a member."""
    if isinstance(right, list):
        return left in right
    if isinstance(right, str | dict):
        if isinstance(left, str):
            return left in right
        raise Unfit(f"{name_kind(left)} cannot be in {name_kind(right)}; only a text can")
    raise Unfit(f"{name_kind(right)} contains nothing; after in use a list, a text or an object")


def item_of(target: Any, key: Any) -> Any:
    """Return an item of a list, text or object; null where there is none, as for a missing member."""
    if target is None:
        return None
    if isinstance(target, dict) and isinstance(key, str):
        return target.get(key)
    if isinstance(target, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return target[key] if -len(target) <= key < len(target) else None
    raise Unfit(f"{name_kind(target)} has no item that {name_kind(key)} names")


def slice_of(target: Any, cut: slice) -> Any:
    """Return a part of a list or text."""
    if target is None:
        return None
    if not isinstance(target, list | str):
        raise Unfit(f"{name_kind(target)} cannot be sliced; texts and lists can")
    bounds = (cut.start, cut.stop, cut.step)
    if any(isinstance(bound, bool) or not isinstance(bound, int | None) for bound in bounds) or cut.step == 0:
        raise Unfit("the bounds of a slice are whole numbers, and its step is not 0")
    return target[cut]


EXACT_ROUNDING = Context(prec=MOST_DIGITS, Emax=LARGEST_EXPONENT, Emin=-LARGEST_EXPONENT)
ADD_NUMBERS = numeric(operator.add, EXACT.add)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "Add": add,
    "Sub": numeric(operator.sub, EXACT.subtract),
    "Mul": numeric(operator.mul, EXACT.multiply),
    "Div": numeric(lambda left, right: calculate(divide, left, right), divide),
    "FloorDiv": numeric(whole_quotient, exact_quotient),
    "Mod": numeric(lambda left, right: left - right * whole_quotient(left, right), exact_remainder),
}

UNARY: dict[str, Callable[[Any], Any]] = {"Neg": negate, "Pos": positive, "Not": operator.not_}

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": ordered("<", operator.lt),
    "lteq": ordered("<=", operator.le),
    "gt": ordered(">", operator.gt),
    "gteq": ordered(">=", operator.ge),
    "in": is_in,
    "notin": lambda left, right: not is_in(left, right),
}

TESTS: dict[str, Callable[[Any], bool]] = {
    "none": lambda value: value is None,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": lambda value: type(value) in NUMBERS,
}
