"""Values as mParticle takes them: text unless the map casts them, and within its limits. A fault shows no value."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import uuid_utils

from tessera.outbound.kinds.mparticle.batches.limits import LONGEST_ENTRY, LONGEST_LIST, LONGEST_VALUE
from tessera.outbound.rendering import RowFault, Unfit, to_epoch_ms
from tessera.platform.json_values import encode, text_of

LATEST_MS = 253_402_300_799_999
LARGEST_EXPONENT = 20


def is_empty(value: Any) -> bool:
    """Say whether there is nothing to send."""
    return value is None or value == "" or value == []


def read_scalar(value: Any, place: str, *, casts: bool) -> Any:
    """Return a single value, as text unless it was cast."""
    if isinstance(value, dict | list):
        raise RowFault(
            "value_invalid", f"{place}: this is a list or an object, but mParticle takes a single value here."
        )
    return limited(value if casts else text_of(value), LONGEST_VALUE, place)


def read_attribute(value: Any, place: str, *, casts: bool) -> Any:
    """Return a user attribute: a single value, or a list of them without its nulls."""
    if not isinstance(value, list):
        return read_scalar(value, place, casts=casts)
    if len(value) > LONGEST_LIST:
        raise RowFault("value_too_long", f"{place}: the list has more than {LONGEST_LIST:,} entries.")
    if any(isinstance(entry, dict | list) for entry in value):
        raise RowFault("value_invalid", f"{place}: an entry of the list is a list or an object itself.")
    entries = [entry if casts else text_of(entry) for entry in value if entry is not None]
    return [limited(entry, LONGEST_ENTRY, place) for entry in entries]


def limited(value: Any, longest: int, place: str) -> Any:
    """Return the value; refuse a text that mParticle would refuse or cut."""
    if isinstance(value, str) and len(value) > longest:
        raise RowFault("value_too_long", f"{place}: longer than the {longest:,} characters that mParticle takes.")
    return value


def read_timestamp(value: Any, place: str) -> int:
    """Return milliseconds since 1970, from a number of them or from a date and time."""
    if isinstance(value, str) and not value.isdecimal():
        try:
            return to_epoch_ms(value)
        except Unfit:
            raise RowFault("value_invalid", f"{place}: neither a date and time nor milliseconds.") from None
    try:
        # The digits of 1e999999999 would fill the memory.
        huge = isinstance(value, Decimal) and value.adjusted() > LARGEST_EXPONENT
        moment = -1 if huge or isinstance(value, bool | list | dict) else int(value)
    except (ValueError, OverflowError):
        moment = -1
    if not 0 <= moment <= LATEST_MS:
        raise RowFault("value_invalid", f"{place}: neither a date and time nor milliseconds.")
    return moment


def read_message_id(value: Any, namespace: uuid_utils.UUID) -> str:
    """Return a UUID as it is, and one made of any other value, always the same."""
    text = text_of(value)
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid_utils.uuid5(namespace, text))


def write(value: Any) -> bytes:
    """Return the value as JSON."""
    try:
        return encode(value)
    except (ValueError, TypeError, RecursionError):
        raise RowFault("value_invalid", "A value of the row cannot be written as JSON.") from None
