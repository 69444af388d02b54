"""What a query may ask for in one value: widths, exponents, and numbers of so many digits.

The database looks at the time between rows, and not within one calculation.
"""

import re

from sqlglot import exp

from tessera.queries import vocabulary

NUMBER = re.compile(r"\s*[+-]?[\d._]*(?:e(?P<power>[+-]?\d+))?\s*", re.IGNORECASE | re.ASCII)
# `%`, a place, flags, and a width or the argument that gives it.
WIDTH = re.compile(r"%(?:\d+\$)?[-]*(?P<width>\*|\d+)(?!\$)|%%")


def fault_of_size(node: exp.Expr) -> str | None:
    """Return what is too large about the node, None where nothing is."""
    match node:
        case exp.Pow():
            return fault_of_power(node)
        case exp.Exp() if not is_small(node.this):
            return (
                f"exp takes a number up to {vocabulary.LARGEST_EXPONENT}, or a double precision. Write exp(x::float8)"
            )
        case exp.Format():
            return fault_of_format(node.this)
        case exp.Literal() if not node.is_string:
            return fault_of_number(node.this)
        case exp.Cast() if isinstance(node.this, exp.Literal) and kind_of(node.to) in vocabulary.DECIMALS:
            return fault_of_number(node.this.this)
    return None


def fault_of_power(node: exp.Pow) -> str | None:
    """Refuse exponents without a known end, and powers of powers, unless they are of limited precision."""
    if not is_small(node.expression):
        return (
            f"an exponent is a number up to {vocabulary.LARGEST_EXPONENT}, or a double precision."
            " Write power(x, y::float8)"
        )
    if not is_float(node.expression) and node.this.find(exp.Pow):
        return "a power of a power has no known end. Write power(x::float8, y::float8)"
    return None


def is_small(node: exp.Expr) -> bool:
    """Say whether the number is small, or of limited precision."""
    node = node.unnest()
    if isinstance(node, exp.Neg):
        node = node.this.unnest()
    if isinstance(node, exp.Literal) and not node.is_string:
        try:
            return float(node.this) <= vocabulary.LARGEST_EXPONENT
        except ValueError:
            return False
    return is_float(node)


def is_float(node: exp.Expr) -> bool:
    """Say whether the value is cast to a number of limited precision."""
    node = node.unnest()
    return isinstance(node, exp.Cast) and kind_of(node.to) in vocabulary.FLOATS


def kind_of(kind: exp.DataType) -> str:
    """Return the name of a type."""
    return kind.this.name if isinstance(kind.this, exp.DType) else ""


def fault_of_format(pattern: exp.Expr) -> str | None:
    """Refuse a format whose widths are not known, or large."""
    if not (isinstance(pattern, exp.Literal) and pattern.is_string):
        return "format needs its pattern as a text in quotes"
    widths = [found["width"] for found in WIDTH.finditer(pattern.this) if found["width"]]
    if any(width == "*" or len(width) > 4 or int(width) > vocabulary.LONGEST_PADDING for width in widths):
        return f"a width in format is a number up to {vocabulary.LONGEST_PADDING}"
    return None


def fault_of_number(text: str) -> str | None:
    """Refuse a number of very many digits, written out or as a power of ten."""
    found = NUMBER.fullmatch(text)
    power = found["power"] if found else None
    if len(text) > vocabulary.LONGEST_NUMBER or (power and abs(int(power)) > vocabulary.LARGEST_POWER_OF_TEN):
        return f"a number has up to {vocabulary.LONGEST_NUMBER} digits and powers of ten up to 308"
    return None
