"""Wrappers of changeable properties: absent or null keeps, a value sets, an empty wrapper clears.

A wrapper that has members but no `Value` is refused before it comes here.
"""

from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from tessera.api.connector.v1.refusals import Step, invalid
from tessera.api.connector.v1.scalars import blank_to_none

T = TypeVar("T")
V_co = TypeVar("V_co", covariant=True)


class Change(Struct, Generic[V_co], rename="pascal", frozen=True, gc=False):
    """A new value in its wrapper; without one the property is cleared."""

    value: V_co | None = None


def read_change(given: Change[T] | T | None, *steps: Step, strict: bool) -> T | UnsetType | None:
    """Return the new value, None to clear, UNSET to keep. A bare value, as clients of 2022 send it, is its own."""
    if given is None:
        return UNSET
    if isinstance(given, Change):
        return given.value
    if strict:
        raise invalid(*steps)
    return given


def read_required(given: Change[T] | T | None, *steps: Step, strict: bool) -> T | UnsetType:
    """Return the new value of a property that cannot be cleared, UNSET to keep."""
    value = read_change(given, *steps, strict=strict)
    if value is None:
        raise invalid(*steps)
    return value


def read_text(request: Struct, field: str, *way: Step, strict: bool) -> str | UnsetType | None:
    """Return a text to set, out of a wrapper or bare; a blank one clears."""
    name = "".join(part.capitalize() for part in field.split("_"))
    value: str | UnsetType | None = read_change(getattr(request, field), *way, name, strict=strict)
    return blank_to_none(value) if isinstance(value, str) else value


def read_name(given: Change[str] | str | None, *way: Step, strict: bool) -> str | UnsetType:
    """Return a name to set, which cannot be blank."""
    value = read_required(given, *way, strict=strict)
    if isinstance(value, str) and blank_to_none(value) is None:
        raise invalid(*way)
    return value
