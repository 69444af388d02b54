"""JSON values of rows: one way to read them and one way to write them, with every digit as it was written.

Previews, tests and runs read a row here, so they make the same bytes of it.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Self

import msgspec

from tessera.platform.errors import InvalidError

# `str` of a smaller decimal has an exponent.
SMALLEST_PLAIN = -6


class Numeral(Decimal):
    """A number that is written otherwise than `str` of a decimal would write it: `0.00000001`, `1e-05`."""

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that the text spells."""
        made = super().__new__(cls, text)
        made._text = text
        return made

    def __str__(self) -> str:
        return self._text


class UnreadableRowError(InvalidError):
    """A row holds JSON that cannot be read, such as half of a surrogate pair."""

    code = "query_row_unreadable"


def read_number(text: str) -> Decimal:
    """Return the number that a JSON text spells; it is written again with the same characters.

    Raise ValueError where its exponent is beyond what a decimal can hold.
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError("the exponent of a number is too large") from None
    if number.adjusted() >= SMALLEST_PLAIN and "e" not in text and "E" not in text:
        return number
    return Numeral(text)


def plain_number(number: Decimal) -> Decimal:
    """Return the number so that it is written with plain digits, without an exponent."""
    exponent = number.as_tuple().exponent
    if number.adjusted() >= SMALLEST_PLAIN and isinstance(exponent, int) and exponent <= 0:
        return number
    return Numeral(format(number, "f"))


def write_numeral(value: object) -> msgspec.Raw:
    """Return the characters of a number that keeps its own."""
    if isinstance(value, Numeral):
        return msgspec.Raw(str(value).encode())
    raise TypeError(f"{type(value).__name__} is not a JSON value")


encode = msgspec.json.Encoder(decimal_format="number", enc_hook=write_numeral).encode
decode = msgspec.json.Decoder(float_hook=read_number).decode
row_decoder = msgspec.json.Decoder(list[list[Any]], float_hook=read_number)


def decode_rows(lines: Sequence[bytes]) -> list[list[Any]]:
    """Return rows, each from its JSON array."""
    return decode_block(b"[" + b",".join(lines) + b"]")


def decode_block(block: bytes) -> list[list[Any]]:
    """Return rows from a JSON array of their arrays."""
    try:
        return row_decoder.decode(block)
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableRowError(
            "A row of the query holds JSON that cannot be read: half of a surrogate pair, a number of thousands of "
            "digits or with a huge exponent, or too many levels. Cast such a column to jsonb, or select its parts."
        ) from None


def text_of(value: Any) -> str:
    """Return the value as text, as part of a longer string: null is empty, the rest reads as in JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return encode(value).decode()
