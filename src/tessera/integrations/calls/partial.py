"""Success answers that name items they refused. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from tessera.integrations.rendering import ErrorPath, PlannedRequest
from tessera.platform.json_values import decode, encode, text_of

LONGEST_MESSAGE = 500
NOTHING = object()


class UnreadableAnswerError(ValueError):
    """The answer is no whole JSON text, so nobody knows which items it refused."""


def find_refused_rows(answer: bytes, path: ErrorPath, planned: PlannedRequest) -> list[tuple[int, str]]:
    """Return the positions in the request that the answer names, with its reasons; others are left out."""
    if not answer.strip():
        return []
    try:
        decoded = decode(answer)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise UnreadableAnswerError(
            "The answer is not readable as JSON, so refused items in it were not found."
        ) from None
    items = resolve(decoded, path.items)
    if not isinstance(items, list):
        return []
    positions = {key: at for at, key in enumerate(planned.keys or ())}
    refused: dict[int, str] = {}
    for item in items:
        position = place_of(item, path, positions)
        if position is not None and 0 <= position < len(planned.ordinals):
            refused.setdefault(position, reason_of(item, path))
    return sorted(refused.items())


def place_of(item: Any, path: ErrorPath, positions: dict[str, int]) -> int | None:
    """Return where in the request the item stood."""
    if path.index is not None:
        index = resolve(item, path.index)
        return index if isinstance(index, int) and not isinstance(index, bool) else None
    key = resolve(item, path.key or "")
    if key is NOTHING:
        return None
    return positions.get(key if isinstance(key, str) else encode(key).decode())


def reason_of(item: Any, path: ErrorPath) -> str:
    """Return what the receiver has against the item."""
    reason = NOTHING if path.message is None else resolve(item, path.message)
    if reason is NOTHING or reason is None:
        return "The receiver refused this row. Its answer is in the request log."
    return text_of(reason)[:LONGEST_MESSAGE]


def resolve(value: Any, pointer: str) -> Any:
    """Return what the JSON Pointer points to, or `NOTHING`."""
    for part in split_pointer(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return NOTHING
    return value


def split_pointer(pointer: str) -> Sequence[str]:
    """Return the pointer's parts."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
