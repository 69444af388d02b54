"""Requests to the Connector API, written out before any clock starts, from the rows that they are about."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from benchmarks.load_client import Request
from benchmarks.records import Chain

SEED = 20
ADD, UPDATE, GET_ALL = (f"/api/connector/v1/loyaltyMemberships/{name}" for name in ("add", "update", "getAll"))
ITEMS_A_CALL = 1000
PAGE = 1000

TO_ADD = """
SELECT account_id, program_id, number, points, tier_id FROM benchmark.people WHERE ordinal > %s ORDER BY ordinal
"""
TO_CHANGE = "SELECT membership_id, points FROM benchmark.people WHERE ordinal = ANY (%s) ORDER BY ordinal"
SAMPLE = "SELECT membership_id, account_id, number FROM benchmark.people WHERE ordinal = ANY (%s)"
CHANGED = "SELECT changed_at FROM benchmark.people WHERE ordinal = ANY (%s)"
BELOW = """
SELECT id FROM tessera.memberships WHERE chain_id = %s AND deleted_at IS NULL
 ORDER BY created_at DESC, sequence DESC OFFSET %s LIMIT 1
"""


class Writer:
    """Writes requests of one chain's client."""

    def __init__(self, database: str, chain: Chain, *, members: int) -> None:
        self._database = database
        self._chain = chain
        self._members = members
        self._random = Random(SEED)

    def write(self, sort: str, path: str, token: int = 0, **given: Any) -> Request:
        """Return one request, with the credentials that every one has."""
        chain = self._chain
        credentials = {"ClientToken": chain.client_token, "AccessToken": chain.access_tokens[token], "Client": "Bench"}
        return Request(sort, path, msgspec.json.encode({**credentials, **given}))

    def page(self, sort: str, count: int = PAGE, cursor: UUID | None = None, **filters: Any) -> Request:
        """Return a request for one page."""
        limitation = {"Count": count} if cursor is None else {"Count": count, "Cursor": cursor}
        return self.write(sort, GET_ALL, Limitation=limitation, **filters)

    def additions(self) -> list[Request]:
        """Return the calls that add a membership for each customer who has none."""
        items = [describe_addition(*row) for row in self._fetch(TO_ADD, [self._members])]
        return [self.write("add", ADD, LoyaltyMemberships=part) for part in cut(items, ITEMS_A_CALL)]

    def changes(self, count: int) -> list[Request]:
        """Return the calls that set the points of so many memberships, no membership twice, each to a new balance."""
        rows = self._fetch(TO_CHANGE, [self._draw(count)])
        items = [
            {"LoyaltyMembershipId": membership_id, "Points": {"Value": (points or 0) + 1}}
            for membership_id, points in rows
        ]
        self._random.shuffle(items)
        return [self.write("update", UPDATE, LoyaltyMembershipUpdates=part) for part in cut(items, ITEMS_A_CALL)]

    def single(self, sort: str, count: int, *, tokens: int = 1) -> list[Request]:
        """Return calls for one membership each, by its id."""
        ids = [row[0] for row in self._fetch(SAMPLE, [self._draw(min(count, self._members))])]
        return [
            self.write(
                sort,
                GET_ALL,
                place % tokens,
                Limitation={"Count": 1},
                LoyaltyMembershipIds=[ids[place % len(ids)]],
            )
            for place in range(count)
        ]

    def pages(self, times: int, *, late: int) -> list[Request]:
        """Return calls for the first page and a late one, in turn."""
        ((cursor,),) = self._fetch(BELOW, [self._chain.id, (late - 1) * PAGE - 1])
        both = [self.page("page 1"), self.page(f"page {late:,}", cursor=cursor)]
        return both * times

    def filters(self, times: int) -> list[Request]:
        """Return calls with every filter, in turn, each time with other values."""
        return [request for _ in range(times) for request in self._filter_once()]

    def _filter_once(self) -> Iterator[Request]:
        counts = [count for count in (1, 100, 1000) if count <= self._members]
        for count in counts:
            accounts = [row[1] for row in self._fetch(SAMPLE, [self._draw(count)])]
            yield self.page(f"{count:,} account ids", AccountIds=accounts)
        for count in counts:
            numbers = [row[2] for row in self._fetch(SAMPLE, [self._draw(count)])]
            yield self.page(f"{count:,} membership numbers", MembershipNumbers=numbers)
        for name, span in (("a day", timedelta(days=1)), ("a minute", timedelta(minutes=1))):
            ((changed_at,),) = self._fetch(CHANGED, [self._draw(1)])
            # Somewhere around a change, so that there is always something to find.
            start = changed_at - 0.9 * self._random.random() * span
            yield self.page(f"updated within {name}", UpdatedUtc=describe_interval(start, start + span))
        first, last = self._chain.program_ids[0], self._chain.program_ids[-1]
        for name, program_id, state in (("usual", first, "Enrolled"), ("rare", last, "Canceled")):
            yield self.page(f"program and {name} state", LoyaltyProgramIds=[program_id], MembershipStates=[state])

    def _draw(self, count: int) -> Sequence[int]:
        return self._random.sample(range(1, self._members + 1), count)

    def _fetch(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._database) as connection:
            return connection.execute(statement.encode(), values, binary=True).fetchall()


def describe_addition(
    account_id: UUID, program_id: UUID, number: str, points: int | None, tier_id: UUID | None
) -> dict[str, Any]:
    """Return an item as a client would send it: what is not known is left out."""
    item = {"AccountId": account_id, "LoyaltyProgramId": program_id, "IsPrimary": True, "MembershipNumber": number}
    if points is not None:
        item["Points"] = points
    if tier_id is not None:
        item["LoyaltyTierId"] = tier_id
    return item


def describe_interval(start: datetime, end: datetime) -> dict[str, str]:
    """Return an interval in the contract's words."""
    return {name: f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for name, at in (("StartUtc", start), ("EndUtc", end))}


def cut(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield the items in parts of `size`, the last maybe shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
