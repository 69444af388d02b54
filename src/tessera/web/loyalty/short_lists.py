"""Lists short enough to be read whole: searched, sorted and cut into pages here. Pure but for the address."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tessera.platform.paging import Page
from tessera.web.list_parameters import page_number
from tessera.web.visits import Visit

T = TypeVar("T")
PAGE = 50

Sorts = Mapping[str, Callable[[Any], Any]]


def matches(search: str, *texts: str) -> bool:
    """Say whether one of the texts holds what is searched for, in any case."""
    return any(search.lower() in text.lower() for text in texts)


def sort_of(visit: Visit, sorts: Sorts) -> str:
    """Return the order that the address asks for; the first one where it asks for none."""
    asked = visit.request.query_params.get("sort", "")
    return asked if asked.removeprefix("-") in sorts else next(iter(sorts))


def cut(visit: Visit, items: Sequence[T], sorts: Sorts, sort: str) -> Page[T]:
    """Return the page that the address asks for."""
    ordered = sorted(items, key=sorts[sort.removeprefix("-")], reverse=sort.startswith("-"))
    number = page_number(visit)
    return Page(ordered[(number - 1) * PAGE : number * PAGE], len(ordered), number, PAGE)
