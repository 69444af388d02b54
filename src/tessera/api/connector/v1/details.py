"""What `Details` says of a failure: which item and property, where in the body, and why."""

import json
import re
from typing import Any
from uuid import UUID

from tessera.api.connector.v1.refusals import Step, path_of
from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, TesseraError

STEP = re.compile(r"[^.\[\]]+")
BLANK = re.compile(r"[ \t\r\n]*")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
ID_LENGTH = 36
# What a number says does not matter here, and one of thousands of figures would be refused.
READER = json.JSONDecoder(parse_int=len, parse_float=len)
Way = tuple[Step, ...]


def describe(error: TesseraError, body: bytes) -> str | None:
    """Return what more there is to say of a failure that the request brought about; None where there is nothing."""
    if not isinstance(error, InvalidError | NotFoundError | ConflictError):
        return None
    reason = str(error.details.get("reason") or error.message)
    body = body.removeprefix(BYTE_ORDER_MARK)
    offset = error.details.get("offset")
    if isinstance(offset, int):
        before = body[:offset].decode(errors="replace")
        return f"{place_in(before, len(before))}: {reason}"
    try:
        where = find_place(error, body)
    except (ValueError, RecursionError):
        # A request that another reader takes differently is refused just the same.
        where = ""
    if where:
        return f"{where}: {reason}"
    return reason if reason != error.message else None


def find_place(error: TesseraError, body: bytes) -> str:
    """Return item, property, line and column of what is at fault, as far as they can be found."""
    way = way_of(error, body)
    if not way:
        return ""
    text = body.decode()
    offset = locate(text, way)
    return path_of(way) if offset is None else f"{path_of(way)}, {place_in(text, offset)}"


def way_of(error: TesseraError, body: bytes) -> Way:
    """Return the way to what is at fault: as the error gives it, or by the item or value that it names."""
    if "way" in error.details:
        way: Way = error.details["way"]  # type: ignore[assignment]
        return way
    request, _ = READER.raw_decode(body.decode().strip())
    named = {str(value) for value in error.details.values() if isinstance(value, UUID)}
    if "value" in error.details:
        named.add(str(error.details["value"]))
    found = find_value(request, named, member=error.details.get("member"))
    if found is not None:
        return found
    place = error.details.get("place")
    if isinstance(place, int):
        lists = [name for name, value in request.items() if isinstance(value, list) and place < len(value)]
        if len(lists) == 1:
            return lists[0], place
    return ()


def find_value(value: Any, named: set[str], *, member: object = None, way: Way = ()) -> Way | None:
    """Return the way to the first text that is one of the named ones, ids in either case; of that member, if given."""
    if isinstance(value, str):
        same = value in named or (len(value) == ID_LENGTH and value.lower() in named)
        return way if same and member in (None, way[-1]) else None
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        found = find_value(one, named, member=member, way=(*way, step))
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
    """Return where the next sign is that is not a blank."""
    found = BLANK.match(text, offset)
    assert found is not None
    return found.end()


def place_in(text: str, offset: int) -> str:
    """Return line and column, counted from one."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"
