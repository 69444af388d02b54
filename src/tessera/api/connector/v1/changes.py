"""Wrappers of changeable properties: absent or null keeps, a value sets, an empty wrapper clears."""

from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from tessera.api.connector.v1.refusals import Step, invalid

T = TypeVar("T")
Value = TypeVar("Value", covariant=True)


class Change(Struct, Generic[Value], rename="pascal", frozen=True, gc=False):
    """A new value in its wrapper; without one the property is cleared."""

    value: Value | None = None


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
