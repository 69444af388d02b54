"""Reading and deleting assets, whatever room describes their table.

A room says once what its kind of asset is called and how it is listed; writing one is the room's own statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from tessera.platform.assets.errors import NameAmbiguousError
from tessera.platform.assets.references import check_unused, forget_references
from tessera.platform.assets.versions import check_version
from tessera.platform.characters import is_storable
from tessera.platform.db import Row, Session, fetch_rows
from tessera.platform.errors import NotFoundError
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT, Page

Chains = Sequence[UUID] | None

SEEN = "(cast(:chains AS uuid[]) IS NULL OR a.chain_id = ANY (:chains))"
LABEL_ORDER = ("label", "lower(a.label)")


@dataclass(frozen=True, slots=True)
class AssetTable:
    """A kind of asset and its table, which statements call `a`.

    `shown` is what a row has, `condition` narrows lists beyond a text in the columns `searched`. `orders` are the names
    that a list may be sorted by, each with its expression, the first when none is asked for; `{turn}` in an expression
    is where a falling order puts its DESC, else it is the end.
    """

    kind: str
    noun: str
    name: str
    missing: type[NotFoundError]
    shown: str = "a.*"
    condition: str = "true"
    searched: tuple[str, ...] = ("label", "internal_name")
    orders: tuple[tuple[str, str], ...] = (LABEL_ORDER,)

    @property
    def sorts(self) -> tuple[str, ...]:
        """Every order there is, the falling ones with a minus."""
        names = tuple(name for name, _ in self.orders)
        return (*names, *(f"-{name}" for name in names))


async def find_asset(session: Session, table: AssetTable, chains: Chains, id_or_name: UUID | str) -> Row:
    """Return the row of those chains with that id, or that internal name in whatever case; refuse a name of several."""
    asset_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    column, sought = ("id", asset_id) if asset_id else ("name", id_or_name)
    rows: Sequence[Row] = ()
    if asset_id or is_storable(str(id_or_name)):
        rows = await fetch_rows(session, find_by(table, column), {"chains": chains, "sought": sought})
    if not rows:
        raise table.missing(f"There is no {table.noun} {id_or_name}. List them to find yours.")
    if len(rows) > 1:
        raise NameAmbiguousError(f"Several chains have a {table.noun} {id_or_name}. Name it by its id.")
    return rows[0]


async def list_assets(
    session: Session, table: AssetTable, wanted: Mapping[str, Any], *, sort: str = "", number: int, size: int
) -> Page[Row]:
    """Return a page of rows; `wanted` has `chains`, `search` and what the condition takes."""
    statement = list_by(table, sort if sort in table.sorts else table.sorts[0])
    rows = await fetch_rows(session, statement, {**wanted, "offset": (number - 1) * size, "limit": size})
    total = await session.scalar(count_of(table), {**wanted, "most": COUNT_LIMIT + 1})
    return Page(rows, total or 0, number, size)


async def list_names(session: Session, table: AssetTable, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that the chain's assets have."""
    statement = f"SELECT label, lower(internal_name) AS name FROM {table.name} WHERE chain_id = :chain_id"  # noqa: S608 - the room's own constant
    rows = await fetch_rows(session, text(statement), {"chain_id": chain_id})
    return {row["label"] for row in rows}, {row["name"] for row in rows}


async def list_labels(session: Session, table: AssetTable, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the labels of the assets by their ids."""
    statement = f"SELECT id, label FROM {table.name} WHERE id = ANY (:ids)"  # noqa: S608 - the room's own constant
    return {row["id"]: row["label"] for row in await fetch_rows(session, text(statement), {"ids": list(ids)})}


async def list_versions(session: Session, table: AssetTable, ids: Sequence[UUID]) -> dict[UUID, int]:
    """Return the versions of the assets by their ids."""
    statement = f"SELECT id, version FROM {table.name} WHERE id = ANY (:ids)"  # noqa: S608 - the room's own constant
    return {row["id"]: row["version"] for row in await fetch_rows(session, text(statement), {"ids": list(ids)})}


async def delete_asset(
    session: Session, table: AssetTable, stored: Mapping[str, Any], version: int | None = None
) -> Row:
    """Delete an asset that nothing refers to and return its last row; with a version only while it is that one.

    A save that refers to it holds it by a shared lock until its transaction ends: the lock here waits for it, and the
    check then sees the reference.
    """
    await session.execute(text(f"SELECT id FROM {table.name} WHERE id = :id FOR UPDATE"), {"id": stored["id"]})  # noqa: S608 - the room's own constant
    row = await find_asset(session, table, [stored["chain_id"]], stored["id"])
    check_version(row["label"], row["version"], version)
    await check_unused(session, table.kind, row["id"], noun=table.noun, label=row["label"])
    await forget_references(session, table.kind, row["id"])
    await session.execute(text(f"DELETE FROM {table.name} WHERE id = :id"), {"id": row["id"]})  # noqa: S608 - the room's own constant
    return row


@cache
def find_by(table: AssetTable, column: str) -> TextClause:
    """Return the statement that finds by id or by name; two rows show that a name is not unique among the chains."""
    condition = "a.id = :sought" if column == "id" else "lower(a.internal_name) = lower(:sought)"
    return text(f"SELECT {table.shown} FROM {table.name} a WHERE {SEEN} AND {condition} LIMIT 2")  # noqa: S608 - the room's own constants


@cache
def list_by(table: AssetTable, sort: str) -> TextClause:
    """Return the statement of a list; what is counted for a row is counted for the page that is shown."""
    turn = "DESC" if sort.startswith("-") else "ASC"
    expression = dict(table.orders)[sort.removeprefix("-")]
    order = expression if "{turn}" in expression else f"{expression} {{turn}}"
    order = f"{order.format(turn=turn)}, a.id {turn}"
    return text(f"""
SELECT {table.shown}
  FROM (SELECT a.* FROM {table.name} a WHERE {wanted_by(table)} ORDER BY {order} OFFSET :offset LIMIT :limit) a
 ORDER BY {order}
""")  # noqa: S608 - the room's own constants


@cache
def count_of(table: AssetTable) -> TextClause:
    """Return the statement that counts what a list is about, up to the limit of counts."""
    return text(f"SELECT count(*) FROM (SELECT 1 FROM {table.name} a WHERE {wanted_by(table)} LIMIT :most) AS counted")  # noqa: S608 - the room's own constants


def wanted_by(table: AssetTable) -> str:
    """Return the condition of a list."""
    matches = " OR ".join(f"strpos(lower(a.{column}), lower(:search)) > 0" for column in table.searched)
    return f"{SEEN} AND {table.condition} AND (:search = '' OR {matches})"
