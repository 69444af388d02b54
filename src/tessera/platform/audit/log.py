"""The audit log: newest first, by any filter, within the chains that the reader sees.

Who sees only some chains is shown nothing that happened outside any chain. Statements are put together of constants for
the filters given, so that each is answered by the end of an index, however long the log is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.actors import Actor
from tessera.platform.db import Row, Session, fetch_row, fetch_rows
from tessera.platform.errors import NotFoundError
from tessera.platform.paging import COUNT_LIMIT

# ruff: noqa: S608 - what is put together here are constants
READ = "audit:read"
COLUMNS = (
    "e.id, e.created_at, e.chain_id, e.actor_kind, e.actor_id, e.actor_name, e.origin, e.request_id, e.action,"
    " e.object_kind, e.object_id, e.object_name, e.before, e.after"
)
ANY = "LIMIT :count"
NEWEST = f"ORDER BY e.created_at DESC, e.id DESC {ANY}"
CONDITIONS = {
    "kind": "e.object_kind = :kind",
    "action": "e.action = :action",
    "actor_name": "lower(e.actor_name) = lower(:actor_name)",
    "actor_id": "e.actor_id = :actor_id",
    "chain_id": "e.chain_id = :chain_id",
    "object_id": "e.object_id = :object_id",
    "since": "e.created_at >= :since",
    "until": "e.created_at < :until",
}
BEHIND = "(e.created_at, e.id) < (:behind_at, :behind_id)"
FIND = text(
    f"SELECT {COLUMNS} FROM audit_entries e"
    " WHERE e.id = :id AND (cast(:chains AS uuid[]) IS NULL OR e.chain_id = ANY(cast(:chains AS uuid[])))"
)
# Object by object, each from the end of its index.
ABOUT = text(f"""
SELECT e.* FROM unnest(cast(:objects AS uuid[])) AS wanted (object) CROSS JOIN LATERAL
  (SELECT {COLUMNS} FROM audit_entries e
    WHERE e.object_id = wanted.object AND e.created_at < coalesce(cast(:until AS timestamptz), 'infinity')
      AND (cast(:chains AS uuid[]) IS NULL OR e.chain_id = ANY (cast(:chains AS uuid[]))) {NEWEST}) AS e
 {NEWEST}
""")
# Skips from one word to the next through the index, where counting would read everything.
WORDS = """
WITH RECURSIVE words AS (
  (SELECT {column} AS word FROM audit_entries ORDER BY {column} LIMIT 1)
  UNION ALL
  SELECT (SELECT e.{column} FROM audit_entries e WHERE e.{column} > words.word ORDER BY e.{column} LIMIT 1)
    FROM words WHERE words.word IS NOT NULL)
SELECT word FROM words WHERE word IS NOT NULL
"""
KINDS, ACTIONS = text(WORDS.format(column="object_kind")), text(WORDS.format(column="action"))


# Filters that go together, as an actor's name and id do, look like few entries to the planner. It would read them all
# through a bitmap and sort them, instead of taking the newest from the end of one index.
BITMAPS = text("SELECT set_config('enable_bitmapscan', :state, true)")


class AuditEntryNotFoundError(NotFoundError):
    """No such entry of the audit log within reach."""

    code = "audit_entry_not_found"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Which entries are wanted; None is any. A name fits in whatever case; `until` itself is left out."""

    kind: str | None = None
    action: str | None = None
    actor_name: str | None = None
    actor_id: UUID | None = None
    chain_id: UUID | None = None
    object_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """One entry as it was written."""

    id: int
    created_at: datetime
    chain_id: UUID | None
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    origin: str | None
    request_id: str | None
    action: str
    object_kind: str
    object_id: UUID | None
    object_name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


async def list_entries(
    session: Session, actor: Actor, wanted: TrailFilter, *, after: int | None = None, count: int = 50
) -> list[KeptEntry]:
    """Return entries, newest first, from below the entry `after`."""
    actor.require(READ)
    values = values_of(wanted, count)
    if after is not None:
        behind = await get_entry(session, actor, after)
        values |= {"behind_at": behind.created_at, "behind_id": behind.id}
    found = write_search(actor, values, end=NEWEST)
    # First which, of the index alone, then those as a whole: what does not fit is never read.
    statement = f"SELECT {COLUMNS} FROM audit_entries e WHERE e.id = ANY(ARRAY(SELECT id FROM ({found}) AS f)) {NEWEST}"
    return [KeptEntry(**row) for row in await read_in_order(session, statement, values)]


async def list_entries_about(
    session: Session, actor: Actor, object_ids: Sequence[UUID], *, until: datetime | None = None, count: int = 50
) -> list[KeptEntry]:
    """Return entries about any of these objects from before then, newest first."""
    actor.require(READ)
    values = {"objects": list(object_ids), "until": until, "chains": actor.reach(), "count": count}
    return [KeptEntry(**row) for row in await fetch_rows(session, ABOUT, values)]


async def count_entries(session: Session, actor: Actor, wanted: TrailFilter) -> int:
    """Return how many entries fit; counting ends at the limit of lists."""
    actor.require(READ)
    values = values_of(wanted, COUNT_LIMIT + 1)
    statement = f"SELECT count(*) AS total FROM ({write_search(actor, values, end=ANY)}) AS f"
    return int((await fetch_rows(session, text(statement), values))[0]["total"])


async def read_in_order(session: Session, statement: str, values: Mapping[str, Any]) -> list[Row]:
    """Return the rows of a statement that is to be answered by the end of an index."""
    await session.execute(BITMAPS, {"state": "off"})
    rows = await fetch_rows(session, text(statement), values)
    await session.execute(BITMAPS, {"state": "on"})
    return rows


async def get_entry(session: Session, actor: Actor, entry_id: int) -> KeptEntry:
    """Return one entry."""
    actor.require(READ)
    row = await fetch_row(session, FIND, {"id": entry_id, "chains": actor.reach()})
    if row is None:
        raise AuditEntryNotFoundError(f"There is no entry {entry_id} in the audit log. Read the list to find yours.")
    return KeptEntry(**row)


async def list_words(session: Session, actor: Actor) -> tuple[list[str], list[str]]:
    """Return the kinds of object and the actions that the log knows."""
    actor.require(READ)
    kinds = await fetch_rows(session, KINDS, {})
    actions = await fetch_rows(session, ACTIONS, {})
    return [row["word"] for row in kinds], [row["word"] for row in actions]


def write_search(actor: Actor, values: dict[str, Any], *, end: str) -> str:
    """Return the statement that finds entries, by its `end` the newest or any; `values` get what else it needs."""
    conditions = [condition for name, condition in CONDITIONS.items() if name in values]
    if "behind_id" in values:
        conditions.append(BEHIND)
    where = " AND ".join(conditions) or "true"
    chains = actor.reach()
    if chains is None:
        return f"SELECT e.id, e.created_at FROM audit_entries e WHERE {where} {end}"
    # Chain by chain, each from the end of its index: one scan over several would have to sort them all.
    values["chains"] = chains
    return (
        "SELECT e.id, e.created_at FROM unnest(cast(:chains AS uuid[])) AS reach (chain) CROSS JOIN LATERAL"
        f" (SELECT e.id, e.created_at FROM audit_entries e WHERE e.chain_id = reach.chain AND {where} {end}) AS e"
        f" {end}"
    )


def values_of(wanted: TrailFilter, count: int) -> dict[str, Any]:
    """Return what is asked for, and nothing else."""
    given = {name: getattr(wanted, name) for name in CONDITIONS}
    return {**{name: value for name, value in given.items() if value is not None}, "count": count}
