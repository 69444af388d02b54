"""Statements on accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tessera.access.chains import Address
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.accounts import Customer, CustomerFilter
from tessera.loyalty.values.merges import HeldAccount
from tessera.platform.db import Reader, Session, as_array
from tessera.platform.paging import Source, fetch_page, find_position, narrow
from tessera.platform.texts import check_columns

PERSONAL = (
    "last_name",
    "first_name",
    "second_last_name",
    "title",
    "sex",
    "email",
    "phone",
    "birth_country_code",
    "birth_country_subdivision_code",
    "birth_place",
    "occupation",
    "nationality_code",
    "preferred_language_code",
    "loyalty_code",
    "tax_identification_number",
    "accounting_code",
    "billing_code",
    "notes",
    "car_registration_number",
    "dietary_requirements",
    "italian_destination_code",
    "italian_fiscal_code",
    "italian_lottery_code",
)
ADDRESS = {
    "address_line1": "line1",
    "address_line2": "line2",
    "city": "city",
    "postal_code": "postal_code",
    "country_code": "country_code",
    "country_subdivision_code": "country_subdivision_code",
}
TEXTS = (*PERSONAL, *ADDRESS, "external_id")
TYPES = {
    "id": "uuid",
    "external_id": "text",
    "company_id": "uuid",
    "birth_date": "date",
    "address_id": "uuid",
    "created_at": "timestamptz",
    **dict.fromkeys((*PERSONAL, *ADDRESS), "text"),
}
# An array of arrays must be rectangular, so sets of words travel as one text each.
SETS = ("classifications", "options")

INSERT = f"""
INSERT INTO accounts (chain_id, kind, creator_id, updater_id, updated_at, {", ".join((*TYPES, *SETS))})
SELECT %(chain_id)s, 'customer', %(actor_id)s, %(actor_id)s, created_at, {", ".join(TYPES)},
       {", ".join(f"string_to_array({name}, ' ')" for name in SETS)}
  FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in TYPES.items())},
              {", ".join(f"%({name})s::text[]" for name in SETS)})
       WITH ORDINALITY AS new ({", ".join((*TYPES, *SETS))}, place)
 ORDER BY place
RETURNING id, sequence
"""  # noqa: S608 - constants

COLUMNS = (
    "id, chain_id, sequence, external_id, company_id, merge_target_id, classifications, options, address_id, "
    "creator_id, updater_id, created_at, updated_at, deleted_at, latitude, longitude, birth_date, "
    + ", ".join((*PERSONAL, *ADDRESS))
)
SOURCE = Source("accounts", COLUMNS, "kind = 'customer'")
FIXED = 17

FIND_BY_EMAIL = f"""
SELECT {COLUMNS} FROM accounts
 WHERE chain_id = %(chain_id)s AND lower(email) = lower(%(email)s) AND email IS NOT NULL
   AND kind = 'customer' AND deleted_at IS NULL
   FOR NO KEY UPDATE
"""  # noqa: S608 - constants

# The active customer of that external id; where that one was merged, the account it became part of.
FIND_BY_EXTERNAL_ID = f"""
WITH RECURSIVE path AS (
  (SELECT id, merge_target_id, deleted_at, 0 AS step FROM accounts
    WHERE chain_id = %(chain_id)s AND external_id = %(external_id)s AND external_id IS NOT NULL
      AND (deleted_at IS NULL OR merge_target_id IS NOT NULL)
    ORDER BY deleted_at DESC NULLS FIRST LIMIT 1)
   UNION ALL
  SELECT a.id, a.merge_target_id, a.deleted_at, step + 1
    FROM path JOIN accounts a ON a.chain_id = %(chain_id)s AND a.id = path.merge_target_id
   WHERE path.deleted_at IS NOT NULL AND step < 20)
SELECT {COLUMNS} FROM accounts
 WHERE chain_id = %(chain_id)s AND id = (SELECT id FROM path WHERE deleted_at IS NULL)
   AND kind = 'customer' AND deleted_at IS NULL
   FOR NO KEY UPDATE
"""  # noqa: S608 - constants

# A value that the caller left out keeps what is stored.
OVERWRITE = f"""
UPDATE accounts SET {", ".join(f"{name} = coalesce(%({name})s, {name})" for name in (*PERSONAL, *ADDRESS))},
       birth_date = coalesce(%(birth_date)s, birth_date), company_id = coalesce(%(company_id)s, company_id),
       address_id = coalesce(address_id, %(address_id)s),
       classifications = coalesce(%(classifications)s, classifications), options = coalesce(%(options)s, options),
       updater_id = %(actor_id)s, updated_at = %(now)s
 WHERE chain_id = %(chain_id)s AND id = %(id)s
RETURNING {COLUMNS}
"""  # noqa: S608 - constants

KEPT = (*PERSONAL, *ADDRESS)
WRITTEN = {
    "id": "uuid",
    "chain_id": "uuid",
    "external_id": "text",
    "birth_date": "date",
    "company_id": "uuid",
    "address_id": "uuid",
    "updater_id": "uuid",
    "updated_at": "timestamptz",
    **dict.fromkeys((*KEPT, *SETS), "text"),
}
PLAIN = tuple(name for name in WRITTEN if name not in (*ADDRESS, *SETS))

WRITE = f"""
UPDATE accounts SET {", ".join(f"{name} = new.{name}" for name in WRITTEN if name not in ("id", "chain_id", *SETS))},
       {", ".join(f"{name} = string_to_array(new.{name}, ' ')" for name in SETS)}
  FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in WRITTEN.items())})
    AS new ({", ".join(WRITTEN)})
 WHERE accounts.chain_id = new.chain_id AND accounts.id = new.id
"""  # noqa: S608 - constants

# In the order of the names' indexes, so that a short beginning among a million names stops at the first page. Ends are
# compared as bytes: no text that begins with the given one comes after it with the last of all characters appended. A
# first name between itself and itself, rather than equal to itself, leaves the planner the one index with both names.
SEARCH = f"""
SELECT DISTINCT ON (lower(last_name), lower(first_name), id) {COLUMNS}
  FROM (
    SELECT found.* FROM unnest(%(chains)s::uuid[]) AS one (given_id) CROSS JOIN LATERAL (
      SELECT accounts.* FROM accounts
       WHERE chain_id = one.given_id AND kind = 'customer' AND deleted_at IS NULL
         AND lower(last_name) ~>=~ lower(%(name)s) AND lower(last_name) ~<~ (lower(%(name)s) || chr(1114111))
       ORDER BY lower(last_name) USING ~<~ LIMIT %(count)s) AS found
     UNION ALL
    SELECT found.* FROM unnest(%(chains)s::uuid[]) AS one (given_id) CROSS JOIN LATERAL (
      SELECT accounts.* FROM accounts
       WHERE chain_id = one.given_id AND kind = 'customer' AND deleted_at IS NULL
         AND lower(first_name) ~>=~ lower(%(name)s) AND lower(first_name) ~<~ (lower(%(name)s) || chr(1114111))
       ORDER BY lower(first_name) USING ~<~, lower(last_name) USING ~<~ LIMIT %(count)s) AS found
     UNION ALL
    SELECT found.* FROM unnest(%(chains)s::uuid[]) AS one (given_id)
     CROSS JOIN unnest(%(heads)s::text[], %(tails)s::text[]) AS parts (head, tail) CROSS JOIN LATERAL (
      SELECT accounts.* FROM accounts
       WHERE chain_id = one.given_id AND kind = 'customer' AND deleted_at IS NULL
         AND lower(first_name) ~>=~ lower(head) AND lower(first_name) ~<=~ lower(head)
         AND lower(last_name) ~>=~ lower(tail) AND lower(last_name) ~<~ (lower(tail) || chr(1114111))
       ORDER BY lower(first_name) USING ~<~, lower(last_name) USING ~<~ LIMIT %(count)s) AS found
  ) AS matches
 ORDER BY lower(last_name), lower(first_name), id LIMIT %(count)s
"""  # noqa: S608 - constants

BY_IDS = f"""
SELECT {COLUMNS} FROM accounts
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[]) AND kind = 'customer'
"""  # noqa: S608 - constants

# One order for everyone who locks several accounts keeps two calls from waiting for each other. Deletion is judged
# outside the lateral select: inside, a table without statistics yet would be read chain by chain instead of by its key.
LOCK_ACTIVE = """
SELECT count(*) FILTER (WHERE locked.deleted_at IS NULL)
  FROM (SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id) ORDER BY id) AS wanted
 CROSS JOIN LATERAL (
   SELECT deleted_at FROM accounts WHERE chain_id = %(chain_id)s AND accounts.id = wanted.id
      FOR NO KEY UPDATE) AS locked
"""

LOCK_KINDS = """
SELECT locked.id, locked.chain_id, locked.kind
  FROM (SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id) ORDER BY id) AS wanted
 CROSS JOIN LATERAL (
   SELECT id, chain_id, kind, deleted_at FROM accounts
    WHERE chain_id = ANY (%(chains)s::uuid[]) AND accounts.id = wanted.id
      FOR NO KEY UPDATE) AS locked
 WHERE locked.deleted_at IS NULL
"""

MEMBERS = """
SELECT DISTINCT account_id FROM memberships
 WHERE chain_id = %(chain_id)s AND account_id = ANY (%(ids)s::uuid[]) AND deleted_at IS NULL
"""

# E-mail addresses and external ids are judged row by row, so accounts that trade theirs have to release them first.
RELEASE = """
UPDATE accounts
   SET email = CASE kind WHEN 'company' THEN email END, external_id = CASE kind WHEN 'customer' THEN external_id END
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[])
"""

FIND_COMPANIES = """
SELECT chain_id, id FROM accounts
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[]) AND kind = 'company' AND deleted_at IS NULL
"""


async def insert_customers(
    session: Session, chain_id: UUID, *, actor_id: UUID, columns: dict[str, list[Any]]
) -> dict[UUID, int]:
    """Write customers given column by column; return the number of each."""
    check_columns(columns, TEXTS)
    values: dict[str, Any] = {"chain_id": chain_id, "actor_id": actor_id}
    values |= {name: as_array(column) for name, column in columns.items()}
    return {row[0]: row[1] for row in await run(session, INSERT, values)}


async def lock_active_accounts(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> int:
    """Hold the accounts until the transaction ends; return how many of the ids are active accounts of the chain."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": as_array(ids)})
    return int(rows[0][0])


async def hold_accounts(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, HeldAccount]:
    """Return the active accounts of these ids, held until the transaction ends."""
    rows = await run(session, LOCK_KINDS, {"chains": as_array(chain_ids), "ids": as_array(list(set(ids)))})
    return {row[0]: HeldAccount(*row) for row in rows}


async def find_members(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the accounts that hold an active membership."""
    return {row[0] for row in await run(session, MEMBERS, {"chain_id": chain_id, "ids": list(ids)})}


async def find_companies(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Return which of the ids are active companies, each with its chain before it."""
    rows = await run(session, FIND_COMPANIES, {"chains": as_array(chain_ids), "ids": as_array(ids)})
    return {(row[0], row[1]) for row in rows}


async def release_names(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> None:
    """Free the e-mail addresses of customers and the external ids of companies that are about to get others."""
    await run(session, RELEASE, {"chains": as_array(chain_ids), "ids": as_array(ids)})


async def find_customer_by_email(session: Session, chain_id: UUID, email: str) -> Customer | None:
    """Return the active customer of that address, held until the transaction ends."""
    rows = await run(session, FIND_BY_EMAIL, {"chain_id": chain_id, "email": email})
    return read_customer(rows[0]) if rows else None


async def find_customer_by_external_id(session: Session, chain_id: UUID, external_id: str) -> Customer | None:
    """Return the active customer of that external id, held until the transaction ends; of a merged one its target."""
    rows = await run(session, FIND_BY_EXTERNAL_ID, {"chain_id": chain_id, "external_id": external_id})
    return read_customer(rows[0]) if rows else None


async def overwrite_customer(session: Session, values: dict[str, Any]) -> Customer:
    """Write the given values over a customer's."""
    check_columns({name: [value] for name, value in values.items()}, (*PERSONAL, *ADDRESS))
    rows = await run(session, OVERWRITE, values)
    return read_customer(rows[0])


async def write_customers(session: Session, customers: Sequence[Customer]) -> None:
    """Write what held customers have become."""
    columns: dict[str, list[Any]] = {name: [getattr(item, name) for item in customers] for name in PLAIN}
    columns |= {
        column: [getattr(item.address, name) if item.address else None for item in customers]
        for column, name in ADDRESS.items()
    }
    columns |= {name: [" ".join(getattr(item, name)) for item in customers] for name in SETS}
    check_columns(columns, TEXTS)
    await run(session, WRITE, {name: as_array(column) for name, column in columns.items()})


async def find_customers(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, Customer]:
    """Return the customers of these ids, deleted or not."""
    rows = await run(session, BY_IDS, {"chains": as_array(chain_ids), "ids": as_array(ids)})
    return {row[0]: read_customer(row) for row in rows}


async def search_customers(
    session: Session | Reader, chain_ids: Sequence[UUID], name: str, parts: Sequence[tuple[str, str]], *, count: int
) -> list[Customer]:
    """Return active customers whose first or last name begins with `name`, or who have one of the `parts`.

    A part is a first name and the beginning of the last one.
    """
    values = {"chains": as_array(chain_ids), "name": name, "count": count}
    heads, tails = [head for head, _ in parts], [tail for _, tail in parts]
    rows = await run(session, SEARCH, {**values, "heads": as_array(heads), "tails": as_array(tails)})
    return [read_customer(row) for row in rows]


async def select_customers(
    session: Session | Reader, chain_ids: Sequence[UUID], narrowing: CustomerFilter, *, reach: Sequence[UUID]
) -> list[Customer] | None:
    """Return a page of customers; None where the cursor is not a customer of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.within("deleted_at", narrowing.deleted_within)
    conditions.among("company_id", narrowing.company_ids, kind="uuid")
    if narrowing.external_ids is not None:
        conditions.texts.append("external_id IS NOT NULL")
        conditions.among("external_id", narrowing.external_ids, kind="text")
    if narrowing.emails is not None:
        # As addresses are held to be unique: a look-up that finds nothing means that adding works.
        conditions.texts.append("email IS NOT NULL")
        conditions.among_in_any_case("email", narrowing.emails)
    conditions.among("first_name", narrowing.first_names, kind="text")
    conditions.among("last_name", narrowing.last_names, kind="text")
    if narrowing.loyalty_codes is not None:
        conditions.texts.append("loyalty_code IS NOT NULL")
        conditions.among("loyalty_code", narrowing.loyalty_codes, kind="text")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [read_customer(row) for row in rows]


def read_customer(row: tuple[Any, ...]) -> Customer:
    """Return the customer of a row."""
    personal: dict[str, Any] = dict(zip(PERSONAL, row[FIXED:], strict=False))
    lines = dict(zip(ADDRESS.values(), row[FIXED + len(PERSONAL) :], strict=False))
    return Customer(
        id=row[0],
        chain_id=row[1],
        number=row[2],
        external_id=row[3],
        company_id=row[4],
        merge_target_id=row[5],
        classifications=row[6],
        options=row[7],
        address_id=row[8],
        address=Address(**lines) if row[8] else None,
        creator_id=row[9],
        updater_id=row[10],
        created_at=row[11],
        updated_at=row[12],
        deleted_at=row[13],
        birth_date=row[16],
        **personal,
    )
