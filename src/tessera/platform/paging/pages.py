"""One page of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Counting further costs more than it is worth.
COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items of page `number` (from 1); `total` stops at `COUNT_LIMIT` + 1, which reads "over 10,000"."""

    items: Sequence[T]
    total: int
    number: int
    size: int

    @property
    def last(self) -> int:
        """Number of the last page that can be asked for."""
        return max(1, -(-min(self.total, COUNT_LIMIT) // self.size))
