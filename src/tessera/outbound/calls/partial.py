"""Success answers that name items they refused. Pure."""

from collections.abc import Sequence
from typing import Any

from tessera.outbound.rendering import ErrorPath, PlannedRequest
from tessera.platform.http import UnreadableBodyError, read_json
from tessera.platform.json_values import text_of

LONGEST_MESSAGE = 500
NOTHING = object()


class UnreadableAnswerError(ValueError):
    """The answer does not say which rows it refused; the message ends the sentence “the answer …”."""


def find_refused_rows(answer: bytes, path: ErrorPath, planned: PlannedRequest) -> list[tuple[int, str]]:
    """Return the positions in the request that the answer names, with its reasons.

    Nothing is refused by an empty answer, nor by one without the list. A list that names what the request does not
    hold, or something else in its place, cannot be read: which rows it means is not known.
    """
    if not answer.strip():
        return []
    try:
        items = resolve(read_json(answer, exact=True), path.items)
        if items is NOTHING or not items:
            return []
        if not isinstance(items, list):
            raise UnreadableAnswerError(f"holds no list at {path.items or 'its top'}")
        return sorted(read_items(items, path, planned).items())
    except UnreadableBodyError as error:
        raise UnreadableAnswerError(str(error)) from None
    except RecursionError:
        raise UnreadableAnswerError("is nested too deeply") from None


def read_items(items: list[Any], path: ErrorPath, planned: PlannedRequest) -> dict[int, str]:
    """Return the reason for each position that an item names, the first one where several do."""
    positions = {key: at for at, key in enumerate(planned.keys or ())}
    refused: dict[int, str] = {}
    for number, item in enumerate(items, 1):
        position = place_of(item, path, positions)
        if position is None or not 0 <= position < len(planned.ordinals):
            raise UnreadableAnswerError(f"refuses items, and number {number} of them names no row of the request")
        refused.setdefault(position, reason_of(item, path))
    return refused


def place_of(item: Any, path: ErrorPath, positions: dict[str, int]) -> int | None:
    """Return where in the request the item stood."""
    if path.index is not None:
        index = resolve(item, path.index)
        if isinstance(index, str) and index.isascii() and index.isdigit():
            return int(index[:9])
        return index if isinstance(index, int) and not isinstance(index, bool) else None
    key = resolve(item, path.key or "")
    return None if key is NOTHING else positions.get(text_of(key))


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
