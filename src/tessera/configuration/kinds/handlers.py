"""What a kind of thing can do for configuration."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tessera.configuration.scope import Scope
from tessera.platform.paging import Page

T = TypeVar("T")
PAGE = 1000

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """A thing that is there: its internal name, how a file would describe it, and itself."""

    name: str
    plain: Plain
    thing: Any


@dataclass(frozen=True, slots=True)
class Handler:
    """How things of one kind are read and written.

    `list_known` returns every one of the chain. `normalise` turns a spec into the form that is compared: as `describe`
    would show it once stored; a secret that would change is masked in it. `put` stores it, as a new thing
    where none is known. `remove` takes it away. `words` says members in words, for people who read a plan.
    """

    list_known: Callable[[Scope], Awaitable[Sequence[Known]]]
    normalise: Callable[[Scope, str, Any, Known | None], Awaitable[Plain]]
    put: Callable[[Scope, str, Any, Known | None], Awaitable[None]]
    remove: Callable[[Scope, Known], Awaitable[None]]
    words: Mapping[str, Callable[[Any], str | None]] = field(default_factory=dict)


async def read_all(read: Callable[[int], Awaitable[Page[T]]]) -> list[T]:
    """Return the items of every page."""
    items: list[T] = []
    number = 1
    while True:
        page = await read(number)
        items += page.items
        if len(page.items) < PAGE:
            return items
        number += 1
