"""Lists: a page of items, and where the next one begins."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from msgspec import Meta, Struct

from tessera.api.management.v1.request_values import Asked
from tessera.platform.errors import NotFoundError
from tessera.platform.paging import Page

T = TypeVar("T")

LARGEST_PAGE = 1000
FURTHEST_PAGE = 100_000
Number = Annotated[int, Meta(ge=1, le=FURTHEST_PAGE, description="Number of the page, from 1.")]
Size = Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many items a page has.")]


class PageNotFoundError(NotFoundError):
    """The page cannot begin behind an item that is not in the list."""

    code = "page_not_found"


class PageQuery(Asked, frozen=True):
    """Which page of a list."""

    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many items at most.")] = 100
    after: Annotated[UUID | None, Meta(description="`next` of the page before.")] = None


class Listing(Struct, Generic[T], frozen=True):
    """A page of a list."""

    items: Sequence[T]
    next: Annotated[str | None, Meta(description="Give it as `after` to read on; null at the end.")] = None


class SearchQuery(Asked, frozen=True):
    """Which page of a list that is searched and sorted, by its number."""

    q: Annotated[str, Meta(max_length=255, description="Those with this text in label or internal name.")] = ""
    page: Annotated[int, Meta(ge=1, le=FURTHEST_PAGE, description="Number of the page, from 1.")] = 1
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE, description="How many items a page has.")] = 100


class NumberedListing(Struct, Generic[T], frozen=True):
    """A page of a list that is searched and sorted."""

    items: Sequence[T]
    total: Annotated[int, Meta(description="How many there are; 10,001 means more than 10,000.")]
    next: Annotated[int | None, Meta(description="Number of the next page; null at the end.")] = None


def number_page(page: Page[Any], show: Callable[[Any], T]) -> NumberedListing[T]:
    """Return the page of a room's list."""
    following = page.number + 1 if page.number < page.last else None
    return NumberedListing([show(item) for item in page.items], page.total, following)


def make_page(found: Sequence[Any], limit: int, show: Callable[[Any], T]) -> Listing[T]:
    """Return the page of what was found with `limit` + 1: one more than fits says that there is a next page."""
    more = len(found) > limit
    return Listing([show(item) for item in found[:limit]], str(found[limit - 1].id) if more else None)


def cut_page(every: Sequence[Any], query: PageQuery, show: Callable[[Any], T]) -> Listing[T]:
    """Return one page of a list that is short enough to be read whole."""
    start = 0
    if query.after is not None:
        places = [place for place, item in enumerate(every) if item.id == query.after]
        if not places:
            raise PageNotFoundError(f"There is no item {query.after} in the list to read on after. Start over.")
        start = places[0] + 1
    return make_page(every[start : start + query.limit + 1], query.limit, show)
