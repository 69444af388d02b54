"""Statements that clear what members gave, and leave the record, which the points ledger refers to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.platform.db import Session
from tessera.platform.personal_data import MEMBERS

# A customer has to have a last name, and a company a name: a cleared one's is empty.
NAMES = {"last_name": "customer", "name": "company"}
OPTIONAL = [column for column in MEMBERS["accounts"] if column not in NAMES]
EMPTY = [f"{column} = CASE kind WHEN '{kind}' THEN '' END" for column, kind in NAMES.items()]
CLEAR = ", ".join([*(f"{column} = NULL" for column in OPTIONAL), *EMPTY])
LEFT = f"(num_nonnulls({', '.join(OPTIONAL)}) > 0 OR coalesce(last_name, '') <> '' OR coalesce(name, '') <> '')"
NUMBERS = MEMBERS["memberships"]

CLEAR_ACCOUNTS = f"""
WITH old AS (
  SELECT ctid AS place FROM accounts WHERE deleted_at < %(before)s AND {LEFT} LIMIT %(most)s FOR UPDATE SKIP LOCKED
), cleared AS (UPDATE accounts a SET {CLEAR} FROM old WHERE a.ctid = old.place RETURNING 1)
SELECT count(*) FROM cleared
"""  # noqa: S608 - constants

CLEAR_MEMBERSHIPS = f"""
WITH old AS (
  SELECT ctid AS place FROM memberships
   WHERE deleted_at < %(before)s AND num_nonnulls({", ".join(NUMBERS)}) > 0
   LIMIT %(most)s FOR UPDATE SKIP LOCKED
), cleared AS (
  UPDATE memberships m SET {", ".join(f"{column} = NULL" for column in NUMBERS)} FROM old
   WHERE m.ctid = old.place RETURNING 1)
SELECT count(*) FROM cleared
"""  # noqa: S608 - constants

CLEAR_ONE = f"""
UPDATE accounts SET {CLEAR}, updated_at = %(now)s, updater_id = %(actor_id)s
 WHERE id = %(id)s AND (%(chains)s::uuid[] IS NULL OR chain_id = ANY (%(chains)s::uuid[]))
RETURNING chain_id
"""  # noqa: S608 - constants


async def clear_deleted(session: Session, statement: str, *, before: datetime, most: int) -> int:
    """Clear some records that were deleted before then; return how many."""
    rows: Sequence[Any] = await run(session, statement, {"before": before, "most": most})
    return int(rows[0][0])


async def clear_account(
    session: Session, account_id: UUID, *, chains: list[UUID] | None, actor_id: UUID, now: datetime
) -> UUID | None:
    """Clear one account; return its chain, None where no chain in reach has it."""
    values = {"id": account_id, "chains": chains, "actor_id": actor_id, "now": now}
    rows: Sequence[Any] = await run(session, CLEAR_ONE, values)
    return rows[0][0] if rows else None
