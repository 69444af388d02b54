"""Reading what an address asks for: pages and filters. What makes no sense falls back to the beginning."""

from enum import StrEnum
from typing import TypeVar

from tessera.web.numbers import parse_number
from tessera.web.visits import Visit

FURTHEST_PAGE = 100_000
Choice = TypeVar("Choice", bound=StrEnum)


def page_number(visit: Visit) -> int:
    """Return the page that the address asks for."""
    number = parse_number(visit.request.query_params.get("page", ""))
    return min(max(1, number or 1), FURTHEST_PAGE)


def chosen(visit: Visit, name: str, choices: type[Choice]) -> Choice | None:
    """Return the filter that the address asks for."""
    text = visit.request.query_params.get(name)
    return next((choice for choice in choices if choice == text), None)
