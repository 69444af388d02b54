"""Statements that change memberships."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tessera.loyalty.events import BALANCE_UPDATED
from tessera.loyalty.store.memberships import check_texts
from tessera.loyalty.store.movements import write_movements
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import MovementKind
from tessera.loyalty.values.steps import MembershipStep
from tessera.platform.db import Session, as_array
from tessera.platform.events import INSERT_EVENTS

# Lateral selects hold the planner to the keys, even where a fresh table has no statistics yet. A row is then reached by
# its place (ctid), which stays while the transaction holds the row.
FIND_ACCOUNTS = """
SELECT DISTINCT found.account_id FROM unnest(%(ids)s::uuid[]) AS given (id)
 CROSS JOIN LATERAL (
   SELECT account_id, deleted_at FROM memberships
    WHERE chain_id = %(chain_id)s AND memberships.id = given.id OFFSET 0) AS found
 WHERE found.deleted_at IS NULL
"""

DEMOTE_RIVALS = """
UPDATE memberships SET is_primary = false, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
  FROM unnest(%(accounts)s::uuid[], %(winners)s::uuid[]) AS given (account_id, winner)
 CROSS JOIN LATERAL (
   SELECT ctid, id FROM memberships
    WHERE chain_id = %(chain_id)s AND account_id = given.account_id AND is_primary AND deleted_at IS NULL
   OFFSET 0 FOR NO KEY UPDATE) AS older
 WHERE memberships.ctid = older.ctid AND older.id <> given.winner
RETURNING memberships.id
"""

# Unique numbers are judged row by row, so memberships that trade theirs have to release them first.
CLEAR_IDENTIFIERS = """
UPDATE memberships SET membership_number = NULL, provider_membership_id = NULL
  FROM unnest(%(ids)s::uuid[]) AS given (id)
 CROSS JOIN LATERAL (
   SELECT ctid FROM memberships WHERE chain_id = %(chain_id)s AND memberships.id = given.id OFFSET 0) AS held
 WHERE memberships.ctid = held.ctid
"""

# A balance and the movement behind it come in one statement: the ledger's triggers look at both when it ends. The event
# of each movement comes along.
WRITE = f"""
WITH changed AS (
  UPDATE memberships SET program_id = new.program_id, tier_id = new.tier_id, state = new.state,
         is_primary = new.is_primary, membership_number = new.membership_number,
         provider_membership_id = new.provider_membership_id, balance = new.balance, expires_at = new.expires_at,
         url = new.url, updater_kind = %(kind)s, updater_id = %(actor_id)s, updated_at = %(now)s
    FROM unnest(%(ids)s::uuid[], %(programs)s::uuid[], %(tiers)s::uuid[], %(states)s::text[], %(primaries)s::bool[],
                %(numbers)s::text[], %(provider_ids)s::text[], %(balances)s::int[], %(expiries)s::timestamptz[],
                %(urls)s::text[], %(points)s::bigint[])
         AS new (id, program_id, tier_id, state, is_primary, membership_number, provider_membership_id, balance,
                 expires_at, url, points)
   CROSS JOIN LATERAL (
     SELECT ctid FROM memberships WHERE chain_id = %(chain_id)s AND memberships.id = new.id OFFSET 0) AS held
   WHERE memberships.ctid = held.ctid
  RETURNING memberships.id, memberships.balance, new.points
), moved AS (
  {write_movements(kind="%(set)s", points="points", balance="coalesce(balance, 0)")} WHERE points IS NOT NULL
  RETURNING membership_id, sequence
), recorded AS (
  {INSERT_EVENTS}
  SELECT %(chain_id)s, %(event)s, id,
         jsonb_build_object('kind', %(set)s::text, 'points', points, 'balance', balance, 'sequence', sequence)
    FROM moved JOIN changed ON id = membership_id
)
SELECT membership_id FROM moved
 WHERE EXISTS (SELECT FROM points_lots l WHERE l.chain_id = %(chain_id)s AND l.membership_id = moved.membership_id)
"""  # noqa: S608 - constants


async def find_accounts(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return the accounts of the memberships."""
    rows = await run(session, FIND_ACCOUNTS, {"chain_id": chain_id, "ids": as_array(ids)})
    return {row[0] for row in rows}


async def demote_rivals(session: Session, chain_id: UUID, winners: Mapping[UUID, UUID], mark: Mark) -> set[UUID]:
    """Take the primary mark from all memberships of the accounts but the winner; return those that lost it."""
    if not winners:
        return set()
    values = {
        "chain_id": chain_id,
        "accounts": as_array(list(winners)),
        "winners": as_array(list(winners.values())),
        "kind": mark.kind,
        "actor_id": mark.actor_id,
        "now": mark.now,
    }
    return {row[0] for row in await run(session, DEMOTE_RIVALS, values)}


async def clear_identifiers(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> None:
    """Free the numbers and provider ids of memberships that are about to get others."""
    await run(session, CLEAR_IDENTIFIERS, {"chain_id": chain_id, "ids": as_array(ids)})


async def write_steps(
    session: Session, chain_id: UUID, steps: Sequence[MembershipStep], *, source: str, mark: Mark
) -> set[UUID]:
    """Write what the memberships become, with their movements and an event each; return those that have lots."""
    after = [step.after for step in steps]
    check_texts(after)
    values = {
        "chain_id": chain_id,
        "source": source,
        "set": MovementKind.SET,
        "event": BALANCE_UPDATED,
        "kind": mark.kind,
        "actor_id": mark.actor_id,
        "now": mark.now,
        "ids": as_array([item.id for item in after]),
        "programs": as_array([item.program_id for item in after]),
        "tiers": as_array([item.tier_id for item in after]),
        "states": as_array([item.state for item in after]),
        "primaries": as_array([item.is_primary for item in after]),
        "numbers": as_array([item.membership_number for item in after]),
        "provider_ids": as_array([item.provider_membership_id for item in after]),
        "balances": as_array([item.balance for item in after]),
        "expiries": as_array([item.expires_at for item in after]),
        "urls": as_array([item.url for item in after]),
        "points": as_array([step.points for step in steps]),
    }
    return {row[0] for row in await run(session, WRITE, values)}
