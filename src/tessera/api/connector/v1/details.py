"""What `Details` says of a failure: which item and property, where in the body, and why."""

import json
import re
from typing import Any
from uuid import UUID

from tessera.api.connector.v1.refusals import Step, path_of
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, TesseraError

STEP = re.compile(r"[^.\[\]]+")
BLANK = re.compile(r"[ \t\r\n]*")
READER = json.JSONDecoder()
Way = tuple[Step, ...]


def describe(error: TesseraError, body: bytes) -> str | None:
    """Return what more there is to say of a failure that the request brought about; None where there is nothing."""
    if not isinstance(error, InvalidError | NotFoundError | ConflictError):
        return None
    reason = str(error.details.get("reason") or error.message)
    if "offset" in error.details:
        return f"{place_of(body, error.details['offset'])}: {reason}"
    way = way_of(error, body)
    if not way:
        return reason if reason != error.message else None
    offset = locate(body.decode(), way)
    where = "" if offset is None else f", {place_in(body.decode(), offset)}"
    return f"{path_of(way)}{where}: {reason}"


def way_of(error: TesseraError, body: bytes) -> Way:
    """Return the way to what is at fault: as the error gives it, or by the item or value that it names."""
    if "way" in error.details:
        way: Way = error.details["way"]  # type: ignore[assignment]
        return way
    request = json.loads(body)
    named = {str(value) for value in error.details.values() if isinstance(value, UUID)}
    found = find_value(request, named | {str(error.details.get("value", ""))} - {""})
    if found is not None:
        return found
    place = error.details.get("place")
    if isinstance(place, int):
        lists = [name for name, value in request.items() if isinstance(value, list) and place < len(value)]
        if len(lists) == 1:
            return lists[0], place
    return ()


def find_value(value: Any, named: set[str], way: Way = ()) -> Way | None:
    """Return the way to the first text that is one of the named ones; ids are so in either case."""
    if isinstance(value, str):
        return way if value in named or (len(value) == 36 and value.lower() in named) else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        found = find_value(one, named, (*way, step))
        if found is not None:
            return found
    return None


def steps_of(path: str) -> Way:
    """Return the steps of a path such as `Items[3].Name`."""
    return tuple(int(step) if step.isdigit() else step for step in STEP.findall(path))


def locate(text: str, way: Way) -> int | None:
    """Return where the value begins, or where the last step that is there leads to; None where nothing is."""
    offset = skip_blanks(text, 0)
    for taken, step in enumerate(way):
        found = step_into(text, offset, step)
        if found is None:
            return offset if taken else None
        offset = found
    return offset


def step_into(text: str, offset: int, step: Step) -> int | None:
    """Return where the member or item of an object or list begins; of a member that comes twice, the last."""
    found, place = None, 0
    is_object = text[offset] == "{"
    if text[offset] not in "{[":
        return None
    offset = skip_blanks(text, offset + 1)
    while text[offset] not in "}]":
        name: Step = place
        if is_object:
            name, offset = READER.raw_decode(text, offset)
            offset = skip_blanks(text, skip_blanks(text, offset) + 1)
        if name == step:
            found = offset
        _, offset = READER.raw_decode(text, offset)
        offset, place = skip_blanks(text, offset), place + 1
        if text[offset] == ",":
            offset = skip_blanks(text, offset + 1)
    return found


def skip_blanks(text: str, offset: int) -> int:
    """Return where the next sign is that is no blank."""
    found = BLANK.match(text, offset)
    assert found is not None
    return found.end()


def place_of(body: bytes, offset: object) -> str:
    """Return line and column of a byte, for a body that may be no text."""
    assert isinstance(offset, int)
    return place_in(body[:offset].decode(errors="replace"), len(body[:offset].decode(errors="replace")))


def place_in(text: str, offset: int) -> str:
    """Return line and column, counted from one."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"
