"""Saved queries: what one is, finding it, listing them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tessera.platform.actors import Actor
from tessera.platform.assets import find_asset, list_assets, list_labels, list_versions
from tessera.platform.db import Row, Session
from tessera.platform.paging import Page
from tessera.queries.columns import Column, ColumnType
from tessera.queries.parameters import Parameter, ParameterType
from tessera.queries.store import saved as store

MOST_CHOICES = 1000


@dataclass(frozen=True, slots=True)
class Query:
    """A saved query, with the columns that its text gives."""

    id: UUID
    chain_id: UUID
    label: str
    internal_name: str
    description: str
    engine: str
    text: str
    parameters: tuple[Parameter, ...]
    key_columns: tuple[str, ...]
    columns: tuple[Column, ...]
    version: int
    created_at: datetime
    created_by: str
    created_by_kind: str | None
    created_by_id: UUID | None
    updated_at: datetime
    updated_by: str
    updated_by_kind: str | None
    updated_by_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewQuery:
    """What a caller gives to make or change a query. Without an internal name one is derived from the label."""

    label: str
    text: str
    internal_name: str | None = None
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    key_columns: tuple[str, ...] = ()


async def get_query(session: Session, actor: Actor, chain_id: UUID | None, id_or_name: UUID | str) -> Query:
    """Return the query with that id or internal name, in whatever case; of one chain or of all that the actor sees."""
    actor.require("queries:read")
    return make_query(await find_asset(session, store.QUERIES, actor.reach(chain_id), id_or_name))


async def list_queries(
    session: Session,
    actor: Actor,
    chain_id: UUID | None,
    *,
    search: str = "",
    sort: str = "label",
    number: int = 1,
    size: int = 50,
) -> Page[Query]:
    """Return a page of queries in one of the orders of `store.QUERIES`; an outsider gets an empty one."""
    actor.require("queries:read")
    wanted = {"chains": actor.reach(chain_id), "search": search}
    page = await list_assets(session, store.QUERIES, wanted, sort=sort, number=number, size=size)
    return Page([make_query(row) for row in page.items], page.total, number, size)


async def list_query_choices(session: Session, actor: Actor, chain_id: UUID) -> list[tuple[UUID, str]]:
    """Return ids and labels for a drop-down, by label, as many as one can hold."""
    actor.require("queries:read")
    rows = await store.list_choices(session, chain_id, limit=MOST_CHOICES) if actor.sees(chain_id) else []
    return [(row["id"], row["label"]) for row in rows]


async def label_queries(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the labels of queries that the caller's own assets refer to."""
    return await list_labels(session, store.QUERIES, ids)


async def list_query_versions(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Return the versions of queries that the caller's own assets refer to."""
    return await list_versions(session, store.QUERIES, ids)


def make_query(row: Row) -> Query:
    """Turn a stored row into the value that other rooms and doors see."""
    values = dict(row)
    values["parameters"] = tuple(
        Parameter(item["name"], ParameterType(item["type"]), item["default"]) for item in row["parameters"]
    )
    values["columns"] = tuple(Column(item["name"], ColumnType(item["type"])) for item in row["columns"])
    values["key_columns"] = tuple(row["key_columns"])
    return Query(**values)
