"""Values inside a template: JSON values, decimals among them, and how they turn into text and bytes."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import msgspec

Scope = Sequence[Any]  # the row's values in column order, and behind them the run's facts as a dict
Evaluate = Callable[[Scope], Any]

FAILURES = (
    ValueError,
    TypeError,
    ArithmeticError,
    LookupError,
    RecursionError,
)  # what an operator or filter raises on an unfit value

encoder = msgspec.json.Encoder(decimal_format="number")
encode = encoder.encode
plain_decoder = msgspec.json.Decoder(list[list[Any]])
exact_decoder = msgspec.json.Decoder(list[list[Any]], float_hook=Decimal)


class RowFault(Exception):  # noqa: N818 - never leaves this package
    """One row cannot be rendered."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def decode_rows(lines: Sequence[bytes], *, exact: bool) -> list[list[Any]]:
    """Read rows, each a JSON array; `exact` keeps every digit of numbers with a fraction, as decimal columns need."""
    decoder = exact_decoder if exact else plain_decoder
    return decoder.decode(b"[" + b",".join(lines) + b"]")


def text_of(value: Any) -> str:
    """Return the value as text, as it stands inside a longer string: null is empty, the rest reads as in JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return encode(value).decode()


def check_size(value: Any, limit: int) -> Any:
    """Return the value; refuse one that outgrew the limit, before it is joined to others."""
    if isinstance(value, str | list | dict) and len(value) > limit:
        raise ValueError(f"the result is longer than {limit}")
    return value
