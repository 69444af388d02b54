"""Statements on HTTP templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from tessera.platform.actors import Actor
from tessera.platform.assets import as_json
from tessera.platform.db import Session, change_rows, fetch_rows
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which templates a list is about; no chains means all."""

    chains: Iterable[UUID] | None
    profile_id: UUID | None = None
    query_id: UUID | None = None
    state: str | None = None
    search: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The filter as the statements take it."""
        chains = None if self.chains is None else list(self.chains)
        return {
            "chains": chains,
            "profile_id": self.profile_id,
            "query_id": self.query_id,
            "state": self.state,
            "search": self.search,
        }


JOINED = "LEFT JOIN queries q ON q.id = t.query_id LEFT JOIN connection_profiles p ON p.id = t.profile_id"
SHOWN = "t.*, q.label AS query_label, p.label AS profile_label"
SEEN = "(cast(:chains AS uuid[]) IS NULL OR t.chain_id = ANY (:chains))"
FILTER = f"""{SEEN}
   AND (cast(:profile_id AS uuid) IS NULL OR t.profile_id = :profile_id)
   AND (cast(:query_id AS uuid) IS NULL OR t.query_id = :query_id)
   AND (cast(:state AS text) IS NULL OR t.state = :state)
   AND (:search = '' OR strpos(lower(t.label), lower(:search)) > 0
        OR strpos(lower(t.internal_name), lower(:search)) > 0)
"""
ORDERS = {"label": "lower(t.label)", "internal_name": "lower(t.internal_name)", "created": "t.created_at"}
ORDERS["updated"] = "t.updated_at"

FIND = text(f"SELECT {SHOWN} FROM http_templates t {JOINED} WHERE {SEEN} AND t.id = :id")  # noqa: S608 - constants
FIND_BY_NAME = text(
    f"SELECT {SHOWN} FROM http_templates t {JOINED} WHERE {SEEN} AND lower(t.internal_name) = lower(:name) LIMIT 2"  # noqa: S608
)


def list_in_order(key: str, *, falling: bool) -> TextClause:
    """Return the statement of a list; labels are looked up for the page that is shown and for no other row."""
    order, turn = ORDERS[key], "DESC" if falling else "ASC"
    return text(f"""
SELECT {SHOWN}
  FROM (SELECT t.* FROM http_templates t WHERE {FILTER}
         ORDER BY {order} {turn}, t.id {turn} OFFSET :offset LIMIT :limit) t {JOINED}
 ORDER BY {order} {turn}, t.id {turn}
""")  # noqa: S608 - every part is a constant


LISTS = {
    f"{'-' if falling else ''}{key}": list_in_order(key, falling=falling) for key in ORDERS for falling in (False, True)
}

COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM http_templates t WHERE {FILTER} LIMIT :most) AS counted")  # noqa: S608

INSERT = text("""
INSERT INTO http_templates (id, chain_id, label, internal_name, query_id, profile_id, shape, state,
                            created_by, created_by_kind, created_by_id,
                            updated_by, updated_by_kind, updated_by_id)
VALUES (:id, :chain_id, :label, :internal_name, :query_id, :profile_id, cast(:shape AS jsonb), :state,
        :actor, :actor_kind, :actor_id,
        :actor, :actor_kind, :actor_id)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE http_templates
   SET label = :label, internal_name = :internal_name, query_id = :query_id, profile_id = :profile_id,
       shape = cast(:shape AS jsonb), state = :state, version = version + 1, updated_at = now(), updated_by = :actor,
       updated_by_kind = :actor_kind, updated_by_id = :actor_id
 WHERE id = :id AND version = :version
""")

DELETE = text("DELETE FROM http_templates WHERE id = :id")

NAMES = text("SELECT label, lower(internal_name) AS name FROM http_templates WHERE chain_id = :chain_id")

SEALED = text("""
SELECT id, chain_id, shape FROM http_templates WHERE shape @> '{"headers": [{"secret": true}]}' ORDER BY id FOR UPDATE
""")

RESEAL = text("""
UPDATE http_templates t SET shape = given.shape
  FROM unnest(cast(:ids AS uuid[]), cast(:shapes AS jsonb[])) AS given (id, shape)
 WHERE t.id = given.id
""")

OF_QUERY = text("""
SELECT id, label FROM http_templates WHERE chain_id = :chain_id AND query_id = :query_id
 ORDER BY lower(label), id LIMIT :limit
""")


async def find_templates(
    session: Session, *, chains: Iterable[UUID] | None, id_or_name: UUID | str
) -> Sequence[Mapping[str, Any]]:
    """Return the templates of those chains with that id, or in any case that name, but no more than two."""
    parameters = {"chains": None if chains is None else list(chains)}
    asset_id = id_or_name if isinstance(id_or_name, UUID) else parse_id(id_or_name)
    statement, sought = (FIND_BY_NAME, {"name": id_or_name}) if asset_id is None else (FIND, {"id": asset_id})
    return await fetch_rows(session, statement, {**parameters, **sought})


async def list_templates(
    session: Session, wanted: Wanted, *, sort: str, offset: int, limit: int
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Return a page of templates in an order of `LISTS`, and how many there are, up to a limit."""
    rows = await fetch_rows(session, LISTS[sort], {**wanted.parameters, "offset": offset, "limit": limit})
    total = await session.scalar(COUNT, {**wanted.parameters, "most": COUNT_LIMIT + 1})
    return rows, total or 0


async def list_of_query(session: Session, chain_id: UUID, query_id: UUID, *, limit: int) -> Sequence[tuple[UUID, str]]:
    """Return ids and labels of the chain's templates with that query, by label."""
    rows = await fetch_rows(session, OF_QUERY, {"chain_id": chain_id, "query_id": query_id, "limit": limit})
    return [(row["id"], row["label"]) for row in rows]


async def insert_template(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store a new template; False means that its name was taken in the meantime."""
    return await change_rows(session, INSERT, {**as_json(row), **actor.signature}) == 1


async def update_template(session: Session, row: Mapping[str, Any], actor: Actor) -> bool:
    """Store the template's changes; False means that it was changed in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), **actor.signature}) == 1


async def delete_template(session: Session, template_id: UUID) -> None:
    """Delete the template."""
    await session.execute(DELETE, {"id": template_id})


async def list_names(session: Session, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that are taken."""
    rows = (await session.execute(NAMES, {"chain_id": chain_id})).all()
    return {row.label for row in rows}, {row.name for row in rows}


async def list_sealed(session: Session) -> Sequence[Mapping[str, Any]]:
    """Return id, chain and shape of every template with secret headers, locked until the transaction ends."""
    return await fetch_rows(session, SEALED, {})


async def replace_shapes(session: Session, shapes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the templates' shapes back."""
    encoded = [msgspec.json.encode(shape).decode() for shape in shapes.values()]
    await session.execute(RESEAL, {"ids": list(shapes), "shapes": encoded})
