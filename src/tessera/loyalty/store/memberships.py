"""Statements on memberships."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.events import MEMBERSHIP_CREATED
from tessera.loyalty.store.lots import ended_points
from tessera.loyalty.store.movements import write_movements
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.marks import Mark
from tessera.loyalty.values.memberships import Membership, MembershipFilter
from tessera.platform.db import Reader, Session, as_array
from tessera.platform.events import INSERT_EVENTS
from tessera.platform.paging import Source, fetch_page, find_position, narrow
from tessera.platform.texts import check_columns

COLUMNS = (
    "id, chain_id, account_id, program_id, tier_id, state, is_primary, membership_number, provider_membership_id, "
    "balance, expires_at, url, creator_kind, creator_id, updater_kind, updater_id, created_at, updated_at, deleted_at"
)
TEXTS = ("membership_number", "provider_membership_id", "url")
# What is read counts no points that are over, whether or not the expiry has come by; what is held for writing does.
CURRENT = f"balance - {ended_points('memberships')} AS balance"
SHOWN = COLUMNS.replace("balance", CURRENT)
SOURCE = Source("memberships", SHOWN)
# Chain, id, and the moment of asking.
Key = tuple[UUID, UUID, datetime]
NAMES = COLUMNS.split(", ")
WIDTH, CREATED, DELETED = len(NAMES), NAMES.index("created_at"), NAMES.index("deleted_at")

# A balance and the movement behind it come in one statement: the ledger's triggers look at both when it ends.
INSERT = f"""
WITH changed AS (
  INSERT INTO memberships (chain_id, id, account_id, program_id, tier_id, state, is_primary, membership_number,
                           provider_membership_id, balance, expires_at, url, creator_kind, creator_id, updater_kind,
                           updater_id, created_at, updated_at)
  SELECT %(chain_id)s, new.*, %(kind)s, %(actor_id)s, %(kind)s, %(actor_id)s, %(now)s, %(now)s
    FROM unnest(%(ids)s::uuid[], %(accounts)s::uuid[], %(programs)s::uuid[], %(tiers)s::uuid[], %(states)s::text[],
                %(primaries)s::bool[], %(numbers)s::text[], %(provider_ids)s::text[], %(balances)s::int[],
                %(expiries)s::timestamptz[], %(urls)s::text[]) AS new
  RETURNING id, account_id, program_id, balance
), moved AS (
  {write_movements(sequence="1", kind="'set'", points="balance", balance="balance")} WHERE balance IS NOT NULL
)
{INSERT_EVENTS}
SELECT %(chain_id)s, %(event)s, id,
       jsonb_build_object('account_id', account_id, 'program_id', program_id, 'balance', balance)
  FROM changed
"""  # noqa: S608 - constants

# One order for everyone who locks several memberships keeps two calls from waiting for each other. The lateral select
# goes by the key even where a table has no statistics yet: OFFSET keeps the planner from judging deletion inside it.
LOCK_ACTIVE = f"""
SELECT locked.* FROM (SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id) ORDER BY id) AS wanted
 CROSS JOIN LATERAL (
   SELECT {COLUMNS} FROM memberships WHERE chain_id = %(chain_id)s AND memberships.id = wanted.id
   OFFSET 0 FOR NO KEY UPDATE) AS locked
 WHERE locked.deleted_at IS NULL
"""  # noqa: S608 - constants

# One plan whatever the number of ids: by the key. The subselects hide that number from the planner, which would
# otherwise plan every call separately; that took a third of its time.
BY_IDS = f"""
SELECT {SHOWN}, sequence FROM memberships
 WHERE chain_id = ANY (ARRAY(SELECT unnest(%(chains)s::uuid[]))) AND id = ANY (ARRAY(SELECT unnest(%(ids)s::uuid[])))
"""  # noqa: S608 - constants

FIND_RIVALS = f"""
SELECT {COLUMNS} FROM memberships
 WHERE chain_id = %(chain_id)s AND deleted_at IS NULL AND id <> ALL (%(ids)s::uuid[])
   AND (account_id = ANY (%(accounts)s::uuid[])
        OR (membership_number IS NOT NULL AND membership_number = ANY (%(numbers)s::text[]))
        OR (provider_membership_id IS NOT NULL AND provider_membership_id = ANY (%(provider_ids)s::text[])))
"""  # noqa: S608 - constants

MARK_DELETED = """
UPDATE memberships
   SET deleted_at = %(now)s, updated_at = %(now)s, updater_kind = %(kind)s, updater_id = %(actor_id)s
  FROM unnest(%(ids)s::uuid[]) AS given (id)
 CROSS JOIN LATERAL (
   SELECT ctid FROM memberships WHERE chain_id = %(chain_id)s AND memberships.id = given.id OFFSET 0) AS held
 WHERE memberships.ctid = held.ctid
"""


async def insert_memberships(session: Session, memberships: Sequence[Membership], *, source: str) -> None:
    """Write memberships of one chain, maker and moment, in order, with their first movements and an event each."""
    first = memberships[0]
    check_texts(memberships)
    await run(
        session,
        INSERT,
        {
            "chain_id": first.chain_id,
            "kind": first.creator_kind,
            "actor_id": first.creator_id,
            "now": first.created_at,
            "source": source,
            "event": MEMBERSHIP_CREATED,
            "ids": as_array([item.id for item in memberships]),
            "accounts": as_array([item.account_id for item in memberships]),
            "programs": as_array([item.program_id for item in memberships]),
            "tiers": as_array([item.tier_id for item in memberships]),
            "states": as_array([item.state for item in memberships]),
            "primaries": as_array([item.is_primary for item in memberships]),
            "numbers": as_array([item.membership_number for item in memberships]),
            "provider_ids": as_array([item.provider_membership_id for item in memberships]),
            "balances": as_array([item.balance for item in memberships]),
            "expiries": as_array([item.expires_at for item in memberships]),
            "urls": as_array([item.url for item in memberships]),
        },
    )


def check_texts(memberships: Sequence[Membership]) -> None:
    """Raise for a text that is too long."""
    check_columns({name: [getattr(item, name) for item in memberships] for name in TEXTS}, TEXTS)


async def lock_active_memberships(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Membership]:
    """Return the active memberships of these ids, held until the transaction ends."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": as_array(ids)})
    return {row[0]: Membership(*row[:WIDTH]) for row in rows}


async def find_rivals(session: Session, chain_id: UUID, memberships: Sequence[Membership]) -> list[Membership]:
    """Return other active memberships with an account, a number or an id of the provider of one of these."""
    values = {
        "chain_id": chain_id,
        "ids": as_array([item.id for item in memberships]),
        "accounts": as_array([item.account_id for item in memberships]),
        "numbers": as_array([item.membership_number for item in memberships]),
        "provider_ids": as_array([item.provider_membership_id for item in memberships]),
    }
    return [Membership(*row[:WIDTH]) for row in await run(session, FIND_RIVALS, values)]


async def mark_deleted(session: Session, chain_id: UUID, ids: Sequence[UUID], mark: Mark) -> None:
    """Delete memberships that the caller holds."""
    values = {"chain_id": chain_id, "ids": as_array(ids)}
    await run(session, MARK_DELETED, {**values, "kind": mark.kind, "actor_id": mark.actor_id, "now": mark.now})


async def select_memberships(
    session: Session | Reader,
    chain_ids: Sequence[UUID],
    narrowing: MembershipFilter,
    *,
    reach: Sequence[UUID],
    now: datetime,
) -> list[Membership] | None:
    """Return a page of memberships as they are now; None where the cursor is not a membership of the reach."""
    if narrowing.only_ids:
        return await select_by_ids(session, chain_ids, narrowing, now=now)
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.values["now"] = now
    conditions.among("account_id", narrowing.account_ids, kind="uuid")
    conditions.among("program_id", narrowing.program_ids, kind="uuid")
    conditions.among("state", narrowing.states, kind="text")
    # The planner does not see that a given number is not null, which the partial indexes ask for.
    if narrowing.membership_numbers is not None:
        conditions.texts.append("membership_number IS NOT NULL")
        conditions.among("membership_number", narrowing.membership_numbers, kind="text")
    if narrowing.provider_membership_ids is not None:
        conditions.texts.append("provider_membership_id IS NOT NULL")
        conditions.among("provider_membership_id", narrowing.provider_membership_ids, kind="text")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [Membership(*row[:WIDTH]) for row in rows]


async def select_by_ids(
    session: Session | Reader, chain_ids: Sequence[UUID], narrowing: MembershipFilter, *, now: datetime
) -> list[Membership]:
    """Return a page of the memberships of given ids: no order helps to find them, so they are put in order here."""
    ids = narrowing.ids or ()
    if isinstance(session, Reader) and len(chain_ids) == 1:
        rows = list((await session.gather(find_rows, [(chain_ids[0], one, now) for one in ids])).values())
    else:
        rows = list((await fetch_rows(session, chain_ids, ids, now=now)).values())
    found = [
        (row[CREATED], row[WIDTH], Membership(*row[:WIDTH]))
        for row in rows
        if narrowing.deleted is None or narrowing.deleted == (row[DELETED] is not None)
    ]
    found.sort(reverse=True)
    return [membership for _, _, membership in found[: narrowing.count]]


async def find_rows(reader: Reader, keys: Collection[Key]) -> dict[Key, tuple[Any, ...]]:
    """Return the rows of these memberships, for callers that ask within moments of each other."""
    chain_ids, ids = list({key[0] for key in keys}), list({key[1] for key in keys})
    rows = await fetch_rows(reader, chain_ids, ids, now=max(key[2] for key in keys))
    return {key: rows[key[:2]] for key in keys if key[:2] in rows}


async def fetch_rows(
    session: Session | Reader, chain_ids: Sequence[UUID], ids: Sequence[UUID], *, now: datetime
) -> dict[tuple[UUID, UUID], tuple[Any, ...]]:
    """Return the rows of these memberships in these chains, by chain and id."""
    values = {"chains": as_array(chain_ids), "ids": as_array(ids), "now": now}
    rows = await run(session, BY_IDS, values, prepare=isinstance(session, Reader))
    return {(row[1], row[0]): row for row in rows}
