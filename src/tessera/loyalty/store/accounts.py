"""Statements on accounts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tessera.loyalty.store.paging import Source, fetch_page, find_position, narrow
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.accounts import Customer, CustomerFilter
from tessera.loyalty.values.chains import Address
from tessera.platform.db import Session, as_array

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

# One order for everybody who locks several accounts keeps two calls from waiting for each other. Deletion is judged
# outside the lateral select: inside, a table without statistics yet would be read chain by chain instead of by its key.
LOCK_ACTIVE = """
SELECT count(*) FILTER (WHERE locked.deleted_at IS NULL)
  FROM (SELECT id FROM unnest(%(ids)s::uuid[]) AS given (id) ORDER BY id) AS wanted
 CROSS JOIN LATERAL (
   SELECT deleted_at FROM accounts WHERE chain_id = %(chain_id)s AND accounts.id = wanted.id
      FOR NO KEY UPDATE) AS locked
"""

COUNT_COMPANIES = """
SELECT count(*) FROM accounts
 WHERE chain_id = %(chain_id)s AND id = ANY (%(ids)s) AND kind = 'company' AND deleted_at IS NULL
"""


async def insert_customers(
    session: Session, chain_id: UUID, *, actor_id: UUID, columns: dict[str, list[Any]]
) -> dict[UUID, int]:
    """Write customers given column by column; return the number of each."""
    values: dict[str, Any] = {"chain_id": chain_id, "actor_id": actor_id}
    values |= {name: as_array(column) for name, column in columns.items()}
    return {row[0]: row[1] for row in await run(session, INSERT, values)}


async def lock_active_accounts(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> int:
    """Hold the accounts until the transaction ends; return how many of the ids are active accounts of the chain."""
    rows = await run(session, LOCK_ACTIVE, {"chain_id": chain_id, "ids": as_array(ids)})
    return int(rows[0][0])


async def count_companies(session: Session, chain_id: UUID, ids: Sequence[UUID]) -> int:
    """Return how many of the ids are active companies of the chain."""
    rows = await run(session, COUNT_COMPANIES, {"chain_id": chain_id, "ids": list(ids)})
    return int(rows[0][0])


async def find_customer_by_email(session: Session, chain_id: UUID, email: str) -> Customer | None:
    """Return the active customer of that address, held until the transaction ends."""
    rows = await run(session, FIND_BY_EMAIL, {"chain_id": chain_id, "email": email})
    return read_customer(rows[0]) if rows else None


async def overwrite_customer(session: Session, values: dict[str, Any]) -> Customer:
    """Write the given values over a customer's."""
    rows = await run(session, OVERWRITE, values)
    return read_customer(rows[0])


async def select_customers(
    session: Session, chain_ids: Sequence[UUID], narrowing: CustomerFilter, *, reach: Sequence[UUID]
) -> list[Customer] | None:
    """Return a page of customers; None where the cursor is no customer of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.within("deleted_at", narrowing.deleted_within)
    conditions.among("company_id", narrowing.company_ids, kind="uuid")
    if narrowing.emails is not None:
        # The index is on lower-case addresses; the comparison itself is exact.
        conditions.texts.append("email IS NOT NULL")
        conditions.among("lower(email)", [email.lower() for email in narrowing.emails], kind="text")
        conditions.among("email", narrowing.emails, kind="text")
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
