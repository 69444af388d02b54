"""Statements on connection profiles."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import TextClause, text

from tessera.platform.assets import as_json, fetch_names, used_by
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows
from tessera.platform.paging import COUNT_LIMIT


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which profiles a list is about; no chains means all."""

    chains: Iterable[UUID] | None
    kind: str | None = None
    search: str = ""

    @property
    def parameters(self) -> dict[str, Any]:
        """The filter as the statements take it."""
        chains = None if self.chains is None else list(self.chains)
        return {"chains": chains, "type": self.kind, "search": self.search}


USED_BY = f"{used_by('connection_profile', 'p.id')} AS used_by"

SELECT = f"""
SELECT p.*, {USED_BY}
  FROM connection_profiles p
 WHERE (cast(:chains AS uuid[]) IS NULL OR p.chain_id = ANY (:chains))
"""  # noqa: S608 - the part is a constant

# Two are enough to see that a name is not unique among the chains.
FIND = text(SELECT + " AND p.id = :id")
FIND_BY_NAME = text(SELECT + " AND lower(p.internal_name) = lower(:name) LIMIT 2")

FILTER = """
   AND (cast(:type AS text) IS NULL OR p.type = :type)
   AND (:search = '' OR strpos(lower(p.label), lower(:search)) > 0
        OR strpos(lower(p.internal_name), lower(:search)) > 0)
"""

ORDERS = {"label": "lower(p.label)", "created": "p.created_at", "updated": "p.updated_at"}


def list_in_order(key: str, *, falling: bool) -> TextClause:
    """Return the statement of a list; the users are counted for the page that is shown and for no other row."""
    order, turn = ORDERS[key], ("DESC" if falling else "ASC")
    return text(f"""
SELECT p.*, {USED_BY}
  FROM (SELECT p.* FROM connection_profiles p
         WHERE (cast(:chains AS uuid[]) IS NULL OR p.chain_id = ANY (:chains)) {FILTER}
         ORDER BY {order} {turn}, p.id {turn} OFFSET :offset LIMIT :limit) p
 ORDER BY {order} {turn}, p.id {turn}
""")  # noqa: S608 - every part is a constant


LISTS = {
    f"{'-' if falling else ''}{key}": list_in_order(key, falling=falling) for key in ORDERS for falling in (False, True)
}

COUNT = text(f"""
SELECT count(*) FROM (
  SELECT 1 FROM connection_profiles p WHERE (cast(:chains AS uuid[]) IS NULL OR p.chain_id = ANY (:chains)) {FILTER}
   LIMIT :most) AS counted
""")  # noqa: S608 - both parts are constants

INSERT = text("""
INSERT INTO connection_profiles (id, chain_id, type, variant, label, internal_name, settings, secrets, state, enabled,
                                 created_by, updated_by)
VALUES (:id, :chain_id, :type, :variant, :label, :internal_name, cast(:settings AS jsonb), cast(:secrets AS jsonb),
        :state, :enabled, :actor, :actor)
ON CONFLICT DO NOTHING
""")

UPDATE = text("""
UPDATE connection_profiles
   SET label = :label, internal_name = :internal_name, settings = cast(:settings AS jsonb),
       secrets = cast(:secrets AS jsonb), state = :state, enabled = :enabled, version = version + 1,
       updated_at = now(), updated_by = :actor
 WHERE id = :id AND version = :version
""")

# Only what is still empty is filled in: of two connections that learn at once, one wins.
LEARN = text("""
UPDATE connection_profiles p
   SET settings = p.settings || cast(:learned AS jsonb), version = version + 1
 WHERE p.id = :id
   AND NOT EXISTS (SELECT FROM jsonb_object_keys(cast(:learned AS jsonb)) AS key WHERE p.settings ->> key <> '')
RETURNING p.id, p.chain_id, p.internal_name, p.version
""")

DELETE = text("DELETE FROM connection_profiles WHERE id = :id")

NAMES = text("SELECT label, lower(internal_name) AS name FROM connection_profiles WHERE chain_id = :chain_id")

# Two who count at once would both find room.
LOCK_TYPE = text("SELECT pg_advisory_xact_lock(hashtextextended(cast(:chain_id AS text) || :type, 0))")

COUNT_OF_TYPE = text("SELECT count(*) FROM connection_profiles WHERE chain_id = :chain_id AND type = :type")

LABELS = text("SELECT id, label FROM connection_profiles WHERE id = ANY (:ids)")
# Who takes the profile up holds it by a foreign key until its own transaction ends, so a deletion waits and sees it.
LOCK = text("SELECT id FROM connection_profiles WHERE id = :id FOR UPDATE")
HOLD = text("SELECT id FROM connection_profiles WHERE id = :id FOR NO KEY UPDATE")

COUNTS = text("""
SELECT type, count(*) AS total, count(*) FILTER (WHERE state = 'incomplete') AS incomplete,
       count(*) FILTER (WHERE NOT enabled) AS off
  FROM connection_profiles
 WHERE (cast(:chains AS uuid[]) IS NULL OR chain_id = ANY (:chains))
 GROUP BY type
""")

HAS_TWIN = text("""
SELECT EXISTS (SELECT 1 FROM connection_profiles
                WHERE chain_id = :chain_id AND type = :type AND label = :label AND id <> :id)
""")

SEALED = text("SELECT id, secrets FROM connection_profiles WHERE secrets <> '{}' ORDER BY id FOR UPDATE")

RESEAL = text("""
UPDATE connection_profiles p SET secrets = given.secrets
  FROM unnest(cast(:ids AS uuid[]), cast(:secrets AS jsonb[])) AS given (id, secrets)
 WHERE p.id = given.id
""")


async def get_profile(session: Session, profile_id: UUID) -> Row:
    """Return the profile, which is there."""
    (row,) = await fetch_rows(session, FIND, {"chains": None, "id": profile_id})
    return row


async def list_profiles(
    session: Session, wanted: Wanted, *, sort: str, offset: int, limit: int
) -> Sequence[Mapping[str, Any]]:
    """Return some of the profiles in the order of `LISTS` that is asked for."""
    return await fetch_rows(session, LISTS[sort], {**wanted.parameters, "offset": offset, "limit": limit})


async def count_profiles(session: Session, wanted: Wanted) -> int:
    """Return how many such profiles there are, up to a limit."""
    return await session.scalar(COUNT, {**wanted.parameters, "most": COUNT_LIMIT + 1}) or 0


async def count_types(session: Session, chains: Iterable[UUID] | None) -> Sequence[Mapping[str, Any]]:
    """Return how many profiles each type has, and how many of them are incomplete or off."""
    return await fetch_rows(session, COUNTS, {"chains": None if chains is None else list(chains)})


async def insert_profile(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store a new profile; False means that somebody was faster with its name."""
    return await change_rows(session, INSERT, {**as_json(row), "actor": actor}) == 1


async def update_profile(session: Session, row: Mapping[str, Any], actor: str) -> bool:
    """Store the profile's changes; False means that somebody changed it in the meantime."""
    return await change_rows(session, UPDATE, {**as_json(row), "actor": actor}) == 1


async def learn_settings(session: Session, profile_id: UUID, learned: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Fill in settings that are all still empty; None means that they are not, or that the profile is gone."""
    return await fetch_row(session, LEARN, {"id": profile_id, "learned": msgspec.json.encode(learned).decode()})


async def delete_profile(session: Session, profile_id: UUID) -> None:
    """Delete the profile."""
    await session.execute(DELETE, {"id": profile_id})


async def list_names(session: Session, chain_id: UUID) -> tuple[set[str], set[str]]:
    """Return the labels and, in lower case, the internal names that are taken."""
    return await fetch_names(session, NAMES, chain_id)


async def count_of_type(session: Session, chain_id: UUID, kind: str) -> int:
    """Return how many profiles of the type the chain has; whoever counts next waits until this transaction ends."""
    parameters = {"chain_id": chain_id, "type": kind}
    await session.execute(LOCK_TYPE, parameters)
    return await session.scalar(COUNT_OF_TYPE, parameters) or 0


async def list_labels(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return the labels of these profiles by their ids."""
    return {row["id"]: row["label"] for row in await fetch_rows(session, LABELS, {"ids": list(ids)})}


async def lock_profile(session: Session, profile_id: UUID) -> None:
    """Keep others from taking the profile up until the transaction ends."""
    await session.execute(LOCK, {"id": profile_id})


async def hold_profile(session: Session, profile_id: UUID) -> None:
    """Keep others from changing the profile until the transaction ends; they may still refer to it."""
    await session.execute(HOLD, {"id": profile_id})


async def has_twin(session: Session, row: Mapping[str, Any]) -> bool:
    """Say whether another profile of the type has the same label."""
    return bool(await session.scalar(HAS_TWIN, {key: row[key] for key in ("chain_id", "type", "label", "id")}))


async def list_sealed(session: Session) -> Sequence[tuple[UUID, dict[str, Any]]]:
    """Return every profile's sealed secrets, locked until the transaction ends."""
    return [(row.id, row.secrets) for row in (await session.execute(SEALED)).all()]


async def replace_secrets(session: Session, sealed: Mapping[UUID, Mapping[str, Any]]) -> None:
    """Write the profiles' secrets back."""
    encoded = [msgspec.json.encode(secrets).decode() for secrets in sealed.values()]
    await session.execute(RESEAL, {"ids": list(sealed), "secrets": encoded})
