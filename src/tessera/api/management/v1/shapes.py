"""From the rooms' values to shapes on the wire."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

T = TypeVar("T", bound=Struct)


def show_as(kind: type[T]) -> Callable[[Any], T]:
    """Return the function that makes this shape of a value with members of the same names."""
    return partial(msgspec.convert, type=kind, from_attributes=True)
