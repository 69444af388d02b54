"""Statements that merge accounts."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tessera.loyalty.store.statements import run
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.merges import HeldAccount, Holding
from tessera.platform.db import Session, as_array

# Adding memberships holds their accounts first, so no further one can come to accounts that are held.
LOCK_MEMBERSHIPS = """
SELECT id, chain_id, account_id, program_id, is_primary FROM memberships
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND account_id = ANY (%(accounts)s::uuid[]) AND deleted_at IS NULL
 ORDER BY id FOR NO KEY UPDATE
"""

MOVE = """
UPDATE memberships
   SET account_id = new.account_id, is_primary = new.is_primary, updated_at = %(now)s, updater_kind = %(kind)s,
       updater_id = %(actor_id)s
  FROM unnest(%(chains)s::uuid[], %(ids)s::uuid[], %(accounts)s::uuid[], %(primaries)s::bool[])
    AS new (chain_id, id, account_id, is_primary)
 WHERE memberships.chain_id = new.chain_id AND memberships.id = new.id
"""

DELETE = """
UPDATE memberships
   SET deleted_at = %(now)s, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
  FROM unnest(%(chains)s::uuid[], %(ids)s::uuid[]) AS given (chain_id, id)
 WHERE memberships.chain_id = given.chain_id AND memberships.id = given.id
"""

MERGE = """
UPDATE accounts
   SET deleted_at = %(now)s, updated_at = %(now)s, merge_target_id = new.target_id, updater_id = %(actor_id)s
  FROM unnest(%(chains)s::uuid[], %(sources)s::uuid[], %(targets)s::uuid[]) AS new (chain_id, source_id, target_id)
 WHERE accounts.chain_id = new.chain_id AND accounts.id = new.source_id
"""


async def hold_memberships(session: Session, accounts: Mapping[UUID, HeldAccount]) -> list[Holding]:
    """Return the active memberships of held accounts, held as well until the transaction ends."""
    chain_ids = sorted({account.chain_id for account in accounts.values()})
    values = {"chains": as_array(chain_ids), "accounts": as_array(list(accounts))}
    rows = await run(session, LOCK_MEMBERSHIPS, values)
    return [Holding(*row) for row in rows]


async def move_memberships(session: Session, holdings: Sequence[Holding], mark: Mark) -> None:
    """Write the accounts that held memberships belong to now, and which are primary."""
    values = {
        **places(holdings),
        "accounts": as_array([item.account_id for item in holdings]),
        "primaries": as_array([item.is_primary for item in holdings]),
    }
    await run(session, MOVE, {**values, "kind": mark.kind, "actor_id": mark.actor_id, "now": mark.now})


async def delete_memberships(session: Session, holdings: Sequence[Holding], mark: Mark) -> None:
    """Delete held memberships; they stay with the account that they were deleted from."""
    values = places(holdings)
    await run(session, DELETE, {**values, "kind": mark.kind, "actor_id": mark.actor_id, "now": mark.now})


def places(holdings: Sequence[Holding]) -> dict[str, str | list[UUID]]:
    """Return the keys of memberships, column by column."""
    return {
        "chains": as_array([item.chain_id for item in holdings]),
        "ids": as_array([item.id for item in holdings]),
    }


async def write_merges(
    session: Session, accounts: Mapping[UUID, HeldAccount], targets: Mapping[UUID, UUID], *, actor_id: UUID, mark: Mark
) -> None:
    """Make the sources inactive and name their targets on them."""
    values = {
        "chains": as_array([accounts[source_id].chain_id for source_id in targets]),
        "sources": as_array(list(targets)),
        "targets": as_array(list(targets.values())),
    }
    await run(session, MERGE, {**values, "actor_id": actor_id, "now": mark.now})
