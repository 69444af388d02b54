"""Reading the body of an answer that ought to be JSON."""

from typing import Any

import msgspec

from tessera.platform import json_values

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class UnreadableBodyError(ValueError):
    """The body is not a whole JSON text; the message ends the sentence “the answer …”."""


def read_json(body: bytes, *, exact: bool = False) -> Any:
    """Return what the body spells; `exact` keeps every digit of its numbers, as decimals.

    A byte-order mark, which servers on Windows like to put first, is no part of it.
    """
    text = body.removeprefix(BYTE_ORDER_MARK)
    if not text.strip():
        raise UnreadableBodyError("is empty")
    try:
        return json_values.decode(text) if exact else msgspec.json.decode(text)
    except RecursionError:
        raise UnreadableBodyError("is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UnreadableBodyError("is not readable as JSON") from None
