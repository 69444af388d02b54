"""Pages of any table, newest first by creation and insertion, continued below the record that a cursor names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from tessera.platform.db import Reader, Session, run_statement
from tessera.platform.list_filters import Interval, Narrowing

ACTIVE, DELETED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
STANDING = {False: (ACTIVE,), True: (DELETED,), None: (ACTIVE, DELETED)}


class Position(NamedTuple):
    """The position of a record in its list."""

    created_at: datetime
    sequence: int


class Source(NamedTuple):
    """A table, the columns to read, and a condition that always holds."""

    table: str
    columns: str
    always: str = "true"


class Conditions:
    """What the rows of a list have to meet, with the values for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.values: dict[str, Any] = {}

    def among(self, column: str, values: Sequence[Any] | None, *, kind: str) -> None:
        """Keep rows whose column is one of the values; a single value keeps the order of an index usable."""
        if values is None:
            return
        name = f"v{len(self.texts)}"
        if len(values) == 1:
            self.texts.append(f"{column} = %({name})s::{kind}")
            self.values[name] = values[0]
        else:
            self.texts.append(f"{column} = ANY (%({name})s::{kind}[])")
            self.values[name] = list(values)

    def among_in_any_case(self, column: str, values: Sequence[str] | None) -> None:
        """Keep rows whose column is one of the texts, however capitalised: as the database itself compares them."""
        if values is None:
            return
        name = f"v{len(self.texts)}"
        if len(values) == 1:
            self.texts.append(f"lower({column}) = lower(%({name})s::text)")
            self.values[name] = values[0]
        else:
            lowered = f"SELECT lower(given) FROM unnest(%({name})s::text[]) AS given"  # noqa: S608 - constants
            self.texts.append(f"lower({column}) = ANY (ARRAY({lowered}))")
            self.values[name] = list(values)

    def within(self, column: str, interval: Interval | None) -> None:
        """Keep rows whose column lies in the interval, its end left out."""
        if interval is None:
            return
        name = f"v{len(self.texts)}"
        start, end = interval
        self.texts.append(f"{column} >= %({name}_start)s AND {column} < %({name}_end)s")
        self.values |= {f"{name}_start": start, f"{name}_end": end}

    def below(self, position: Position | None) -> None:
        """Keep rows older than the position."""
        if position is not None:
            self.texts.append("(created_at, sequence) < (%(created_at)s, %(sequence)s)")
            self.values |= {"created_at": position.created_at, "sequence": position.sequence}


def narrow(narrowing: Narrowing, position: Position | None) -> Conditions:
    """Return the conditions that every list shares."""
    conditions = Conditions()
    conditions.among("id", narrowing.ids, kind="uuid")
    conditions.within("created_at", narrowing.created_within)
    conditions.within("updated_at", narrowing.updated_within)
    conditions.below(position)
    return conditions


async def find_position(
    session: Session | Reader, source: Source, chain_ids: Sequence[UUID], cursor: UUID
) -> Position | None:
    """Return the record's position, deleted or not, whatever the filters."""
    rows = await run_statement(
        session,
        f"SELECT created_at, sequence FROM {source.table} "  # noqa: S608 - constants
        f"WHERE chain_id = ANY (%(chains)s) AND id = %(cursor)s AND {source.always}",
        {"chains": list(chain_ids), "cursor": cursor},
    )
    return Position(*rows[0]) if rows else None


async def fetch_page(
    session: Session | Reader,
    source: Source,
    conditions: Conditions,
    *,
    chain_ids: Sequence[UUID],
    narrowing: Narrowing,
) -> Sequence[tuple[Any, ...]]:
    """Return one page of rows of the chains."""
    statement = page_statement(source, conditions.texts, STANDING[narrowing.deleted], len(chain_ids))
    values: Mapping[str, Any] = {
        **conditions.values,
        "chains": list(chain_ids) if len(chain_ids) > 1 else chain_ids[0],
        "count": narrowing.count,
    }
    return await run_statement(session, statement, values)


def page_statement(source: Source, texts: Sequence[str], standings: Sequence[str], chains: int) -> str:
    """Return the statement: one ordered scan per chain and standing, because partial indexes serve just one each."""
    chain = "%(chains)s" if chains == 1 else "one.chain_id"
    branches = [
        f"(SELECT {source.columns}, created_at AS page_time, sequence AS page_sequence FROM {source.table} "  # noqa: S608
        f"WHERE {' AND '.join([f'chain_id = {chain}', source.always, standing, *texts])} "
        "ORDER BY created_at DESC, sequence DESC LIMIT %(count)s)"
        for standing in standings
    ]
    union = " UNION ALL ".join(branches)
    if chains == 1 and len(branches) == 1:
        return union
    page = f"({union}) AS page"
    if chains > 1:
        page = f"unnest(%(chains)s::uuid[]) AS one(chain_id) CROSS JOIN LATERAL ({union}) AS page"
    return f"SELECT page.* FROM {page} ORDER BY page_time DESC, page_sequence DESC LIMIT %(count)s"  # noqa: S608
