"""Statements on HTTP templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from tessera.platform.assets import as_json, fetch_names, used_by
from tessera.platform.db import Row, Session, change_rows, fetch_rows


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


SHOWN = f"t.*, {used_by('http_template', 't.id')} AS used_by"
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

FIND = text(f"SELECT {SHOWN} FROM http_templates t WHERE {SEEN} AND t.id = :id")  # noqa: S608 - constants
FIND_BY_NAME = text(
    f"SELECT {SHOWN} FROM http_templates t WHERE {SEEN} AND lower(t.internal_name) = lower(:name) LIMIT 2"  # noqa: S608
)


def list_in_order(key: str, *, falling: bool) -> TextClause:
    """Return the statement of a list."""
    order, turn = ORDERS[key], "DESC" if falling else "ASC"
    return text(f"""
SELECT {SHOWN} FROM http_templates t WHERE {FILTER} ORDER BY {order} {turn}, t.id {turn} OFFSET :offset LIMIT :limit
""")  # noqa: S608 - every part is a constant


LISTS = {
    f"{'-' if falling else ''}{key}": list_in_order(key, falling=falling) for key in ORDERS for falling in (False, True)
}

COUNT = text(f"SELECT count(*) FROM (SELECT 1 FROM http_templates t WHERE {FILTER} LIMIT :most) AS counted")  # noqa: S608

INSERT = text("""
INSERT INTO http_templates (id, chain_id, label, internal_name, query_id, profile_id, shape, state, created_by,
                            updated_by)
VALUES (:id, :chain_id, :label, :internal_name, :query_id, :profile_id, cast(:shape AS jsonb), :state, :actor, :actor)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE http_templates
   SET label = :label, internal_name = :internal_name, query_id = :query_id, profile_id = :profile_id,
       shape = cast(:shape AS jsonb), state = :state, version = version + 1, updated_at = now(), updated_by = :actor
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

LABELS = text("SELECT id, label FROM http_templates WHERE id = ANY (:ids)")
# Who takes the template up holds it by a foreign key until its own transaction ends, so a deletion waits and sees it.
LOCK = text("SELECT id FROM http_templates WHERE id = :id FOR UPDATE")


async def get_template(session: Session, template_id: UUID) -> Row:
    """Return the template, which is there."""
    (row,) = await fetch_rows(session, FIND, {"chains": None, "id": template_id})
    return row


async def list_labels(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the labels of these templates by their ids."""
    return {row["id"]: row["label"] for row in await fetch_rows(session, LABELS, {"ids": list(ids)})}


async def lock_template(session: Session, template_id: UUID) -> None:
    """Keep others from taking the template up until the transaction ends."""
    await session.execute(LOCK, {"id": template_id})


async def insert_template(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store a new template; False means that somebody was faster with its name."""
    return await change_rows(session, INSERT, {**as_json(row), "actor": actor}) == 1


async def update_template(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store the template's changes; False means that somebody changed it in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), "actor": actor}) == 1


async def delete_template(session: Session, template_id: UUID) -> None:
    """Delete the template."""
    await session.execute(DELETE, {"id": template_id})


async def list_names(session: Session, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that are taken."""
    return await fetch_names(session, NAMES, chain_id)


async def list_sealed(session: Session) -> Sequence[Mapping[str, Any]]:
    """Return id, chain and shape of every template with secret headers, locked until the transaction ends."""
    return await fetch_rows(session, SEALED, {})


async def replace_shapes(session: Session, shapes: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the templates' shapes back."""
    encoded = [msgspec.json.encode(shape).decode() for shape in shapes.values()]
    await session.execute(RESEAL, {"ids": list(shapes), "shapes": encoded})
