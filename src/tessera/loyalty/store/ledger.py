"""Statements on the points ledger: holding balances, writing movements, reading them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.store.movements import write_movements
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.ledger import Draft, Held
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.points import Movement, Origin
from tessera.platform.db import Session, as_array

COLUMNS = (
    "p.membership_id, p.sequence, p.chain_id, p.kind, p.points, p.balance, p.source, p.actor_id, p.reason, "
    "p.idempotency_key, p.created_at, p.active_at, p.expires_at, p.transfer_id, p.reverses, "
    "p.origin_kind, p.origin_id, p.origin_row, p.rule_version"
)

# One order for everyone who locks several memberships keeps two calls from waiting for each other. The lateral select
# goes by the key even where a table has no statistics yet: OFFSET keeps the planner from judging deletion inside it.
HOLD = """
SELECT locked.id, coalesce(locked.balance, 0),
       (SELECT allows_overdraft FROM programs WHERE chain_id = %(chain_id)s AND id = locked.program_id)
  FROM (SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id) ORDER BY id) AS wanted
 CROSS JOIN LATERAL (
   SELECT id, balance, program_id, deleted_at FROM memberships
    WHERE chain_id = %(chain_id)s AND memberships.id = wanted.id
   OFFSET 0 FOR NO KEY UPDATE) AS locked
 WHERE locked.deleted_at IS NULL
"""

WITH_KEYS = f"""
SELECT p.*
  FROM unnest(%(ids)s::uuid[], %(keys)s::text[]) AS given (id, key)
 CROSS JOIN LATERAL (
   SELECT {COLUMNS} FROM points_movements p
    WHERE p.chain_id = %(chain_id)s AND p.membership_id = given.id AND p.idempotency_key = given.key
      AND p.idempotency_key IS NOT NULL
   OFFSET 0) AS p
"""  # noqa: S608 - constants

MOVEMENTS = write_movements(
    kind="kind",
    points="points",
    balance="balance",
    reason="reason",
    idempotency_key="key",
    active_at="active_at",
    expires_at="expires_at",
    transfer_id="transfer_id",
    reverses="reverses",
    origin_kind="origin_kind",
    origin_id="origin_id",
    origin_row="origin_row",
    rule_version="rule_version",
)
# A balance and the movement behind it come in one statement: the ledger's triggers look at both when it ends. The
# lateral select goes by the key, and the caller holds the memberships, so that rows stay where they are found.
WRITE = f"""
WITH changed AS (
  UPDATE memberships SET balance = new.balance, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
    FROM unnest(%(ids)s::uuid[], %(kinds)s::text[], %(points)s::bigint[], %(balances)s::int[], %(reasons)s::text[],
                %(keys)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[], %(transfers)s::uuid[],
                %(reversed)s::bigint[], %(origin_kinds)s::text[], %(origin_ids)s::uuid[], %(origin_rows)s::bigint[],
                %(rule_versions)s::int[])
         AS new (id, kind, points, balance, reason, key, active_at, expires_at, transfer_id, reverses, origin_kind,
                 origin_id, origin_row, rule_version)
   CROSS JOIN LATERAL (
     SELECT ctid AS place FROM memberships WHERE chain_id = %(chain_id)s AND id = new.id OFFSET 0) AS held
   WHERE memberships.ctid = held.place
  RETURNING new.*
)
{MOVEMENTS}
RETURNING membership_id, sequence
"""  # noqa: S608 - constants

BY_SEQUENCE = f"""
SELECT p.*
  FROM unnest(%(ids)s::uuid[], %(sequences)s::bigint[]) AS given (id, sequence)
 CROSS JOIN LATERAL (
   SELECT {COLUMNS} FROM points_movements p
    WHERE p.chain_id = %(chain_id)s AND p.membership_id = given.id AND p.sequence = given.sequence
   OFFSET 0) AS p
"""  # noqa: S608 - constants

REVERSALS = """
SELECT p.membership_id, p.reverses
  FROM unnest(%(ids)s::uuid[], %(sequences)s::bigint[]) AS given (id, sequence)
 CROSS JOIN LATERAL (
   SELECT membership_id, reverses FROM points_movements
    WHERE chain_id = %(chain_id)s AND membership_id = given.id AND reverses = given.sequence AND reverses IS NOT NULL
   OFFSET 0) AS p
"""

GIVEN = f"""
SELECT {COLUMNS} FROM points_movements p
 WHERE p.transfer_id = ANY (%(transfers)s::uuid[]) AND p.transfer_id IS NOT NULL AND p.kind = 'earn'
   AND p.chain_id = %(chain_id)s
"""  # noqa: S608 - constants

EXISTS = "SELECT 1 FROM memberships WHERE chain_id = %(chain_id)s AND id = %(id)s AND deleted_at IS NULL"

PAGE = f"""
SELECT {COLUMNS} FROM points_movements p
 WHERE p.chain_id = %(chain_id)s AND p.membership_id = %(id)s
   AND (%(before)s::bigint IS NULL OR p.sequence < %(before)s::bigint)
 ORDER BY p.sequence DESC LIMIT %(count)s
"""  # noqa: S608 - constants

SUM_UNTIL = """
SELECT sum(points)::bigint FROM points_movements
 WHERE chain_id = %(chain_id)s AND membership_id = %(id)s AND created_at <= %(at)s
"""


async def hold_memberships(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> list[Held]:
    """Hold the active memberships among the ids, in the order of all who hold some, until the transaction ends."""
    return [Held(*row) for row in await run(session, HOLD, {"chain_id": chain_id, "ids": as_array(ids)})]


async def select_movements_with_keys(
    session: Session, chain_id: UUID, pairs: Sequence[tuple[UUID, str]]
) -> list[Movement]:
    """Return the movements that have one of the pairs of membership and idempotency key."""
    values = {"chain_id": chain_id, "ids": as_array([pair[0] for pair in pairs])}
    rows = await run(session, WITH_KEYS, values | {"keys": as_array([pair[1] for pair in pairs])})
    return [read_movement(row) for row in rows]


async def insert_movements(
    session: Session, chain_id: UUID, drafts: Sequence[Draft], *, source: str, mark: Mark
) -> dict[UUID, int]:
    """Write movements, at most one a membership, with the balances after them; return sequences by membership."""
    values = {
        "chain_id": chain_id,
        "source": source,
        "kind": mark.kind,
        "actor_id": mark.actor_id,
        "now": mark.now,
        "ids": as_array([draft.membership_id for draft in drafts]),
        "kinds": as_array([draft.kind for draft in drafts]),
        "points": as_array([draft.points for draft in drafts]),
        "balances": as_array([draft.balance for draft in drafts]),
        "reasons": as_array([draft.reason for draft in drafts]),
        "keys": as_array([draft.idempotency_key for draft in drafts]),
        "starts": as_array([draft.active_at for draft in drafts]),
        "ends": as_array([draft.expires_at for draft in drafts]),
        "transfers": as_array([draft.transfer_id for draft in drafts]),
        "reversed": as_array([draft.reverses for draft in drafts]),
        "origin_kinds": as_array([draft.origin and draft.origin.kind for draft in drafts]),
        "origin_ids": as_array([draft.origin and draft.origin.id for draft in drafts]),
        "origin_rows": as_array([draft.origin and draft.origin.row for draft in drafts]),
        "rule_versions": as_array([draft.origin and draft.origin.rule_version for draft in drafts]),
    }
    return {row[0]: row[1] for row in await run(session, WRITE, values)}


async def select_movements(session: Session, chain_id: UUID, pairs: Sequence[tuple[UUID, int]]) -> list[Movement]:
    """Return the movements of the pairs of membership and sequence."""
    return [read_movement(row) for row in await run(session, BY_SEQUENCE, pair_values(chain_id, pairs))]


async def select_reversed(session: Session, chain_id: UUID, pairs: Sequence[tuple[UUID, int]]) -> set[tuple[UUID, int]]:
    """Return which of the pairs of membership and sequence are reversed already."""
    return {(row[0], row[1]) for row in await run(session, REVERSALS, pair_values(chain_id, pairs))}


def pair_values(chain_id: UUID, pairs: Sequence[tuple[UUID, int]]) -> dict[str, Any]:
    """Return the parameters for pairs of membership and sequence."""
    return {
        "chain_id": chain_id,
        "ids": as_array([pair[0] for pair in pairs]),
        "sequences": as_array([pair[1] for pair in pairs]),
    }


async def select_given(session: Session, chain_id: UUID, transfer_ids: Sequence[UUID]) -> list[Movement]:
    """Return the receiving halves of the transfers."""
    rows = await run(session, GIVEN, {"chain_id": chain_id, "transfers": as_array(transfer_ids)})
    return [read_movement(row) for row in rows]


async def is_active_membership(session: Session, chain_id: UUID, membership_id: UUID) -> bool:
    """Say whether it is an active membership of the chain."""
    return bool(await run(session, EXISTS, {"chain_id": chain_id, "id": membership_id}))


async def select_page(
    session: Session, chain_id: UUID, membership_id: UUID, *, before: int | None, count: int
) -> list[Movement]:
    """Return the newest movements of a membership, those before a sequence where one is given."""
    values = {"chain_id": chain_id, "id": membership_id, "before": before, "count": count}
    return [read_movement(row) for row in await run(session, PAGE, values)]


async def sum_until(session: Session, chain_id: UUID, membership_id: UUID, at: datetime) -> int | None:
    """Return the sum of a membership's movements written until the instant, None where there was none."""
    rows = await run(session, SUM_UNTIL, {"chain_id": chain_id, "id": membership_id, "at": at})
    total: int | None = rows[0][0]
    return total


def read_movement(row: tuple[Any, ...]) -> Movement:
    """Return the movement of a row."""
    membership_id, sequence, chain_id, kind, *rest, origin_kind, origin_id, origin_row, rule_version = row
    rest.append(Origin(origin_kind, origin_id, origin_row, rule_version) if origin_kind is not None else None)
    return Movement(membership_id, sequence, chain_id, MovementKind(kind), *rest)
