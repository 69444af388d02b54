"""Statements on companies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains import Address
from tessera.loyalty.store.accounts import ADDRESS
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.companies import Company, CompanyFilter
from tessera.platform.db import Reader, Session, as_array
from tessera.platform.paging import Source, fetch_page, find_position, narrow
from tessera.platform.texts import check_columns

TEXTS = (
    "name",
    "external_id",
    "invoicing_email",
    "website_url",
    "invoice_due_interval",
    "department",
    "duns_number",
    "reference_identifier",
    "accounting_code",
    "additional_tax_identifier",
    "billing_code",
    "contact",
    "contact_person",
    "electronic_invoice_identifier",
    "identifier",
    "iata",
    "notes",
    "tax_identification_number",
    "phone",
    "credit_rating",
)
COLUMNS = (
    "id, chain_id, sequence, mother_company_id, merge_target_id, options, address_id, creator_id, updater_id, "
    "created_at, updated_at, deleted_at, " + ", ".join((*TEXTS, *ADDRESS))
)
SOURCE = Source("accounts", COLUMNS, "kind = 'company'")
FIXED = 12

# An array of arrays must be rectangular, so sets of words travel as one text each.
GIVEN = {
    "id": "uuid",
    "mother_company_id": "uuid",
    "address_id": "uuid",
    "options": "text",
    **dict.fromkeys((*TEXTS, *ADDRESS), "text"),
}
COPIED = tuple(name for name in GIVEN if name != "options")

INSERT = f"""
INSERT INTO accounts (chain_id, kind, creator_id, updater_id, created_at, updated_at, {", ".join(COPIED)}, options)
SELECT %(chain_id)s, 'company', %(actor_id)s, %(actor_id)s, %(now)s, %(now)s, {", ".join(COPIED)},
       string_to_array(options, ' ')
  FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in GIVEN.items())})
       WITH ORDINALITY AS new ({", ".join(GIVEN)}, place)
 ORDER BY place
"""  # noqa: S608 - constants

WRITTEN = {
    "id": "uuid",
    "chain_id": "uuid",
    "mother_company_id": "uuid",
    "updater_id": "uuid",
    "updated_at": "timestamptz",
    "options": "text",
    **dict.fromkeys(TEXTS, "text"),
}
SETTINGS = ", ".join(f"{name} = new.{name}" for name in WRITTEN if name not in ("id", "chain_id", "options"))

WRITE = f"""
UPDATE accounts SET {SETTINGS}, options = string_to_array(new.options, ' ')
  FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in WRITTEN.items())})
    AS new ({", ".join(WRITTEN)})
 WHERE accounts.chain_id = new.chain_id AND accounts.id = new.id
"""  # noqa: S608 - constants

MARK_DELETED = """
UPDATE accounts SET deleted_at = %(now)s, updated_at = %(now)s, updater_id = %(actor_id)s
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[])
"""

BY_IDS = f"""
SELECT {COLUMNS} FROM accounts
 WHERE chain_id = ANY (%(chains)s::uuid[]) AND id = ANY (%(ids)s::uuid[]) AND kind = 'company'
"""  # noqa: S608 - constants


async def insert_companies(
    session: Session, chain_id: UUID, *, actor_id: UUID, now: datetime, columns: dict[str, list[Any]]
) -> None:
    """Write companies given column by column."""
    check_columns(columns, (*TEXTS, *ADDRESS))
    values: dict[str, Any] = {"chain_id": chain_id, "actor_id": actor_id, "now": now}
    await run(session, INSERT, {**values, **{name: as_array(column) for name, column in columns.items()}})


async def write_companies(session: Session, companies: Sequence[Company]) -> None:
    """Write what held companies have become."""
    columns: dict[str, list[Any]] = {name: [getattr(item, name) for item in companies] for name in WRITTEN}
    columns["options"] = [" ".join(item.options) for item in companies]
    check_columns(columns, TEXTS)
    await run(session, WRITE, {name: as_array(column) for name, column in columns.items()})


async def mark_deleted(
    session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID], *, actor_id: UUID, now: datetime
) -> None:
    """Delete accounts that the caller holds."""
    values = {"chains": as_array(chain_ids), "ids": as_array(ids), "actor_id": actor_id, "now": now}
    await run(session, MARK_DELETED, values)


async def find_companies(session: Session, chain_ids: Sequence[UUID], ids: Sequence[UUID]) -> dict[UUID, Company]:
    """Return the companies of these ids, deleted or not."""
    rows = await run(session, BY_IDS, {"chains": as_array(chain_ids), "ids": as_array(ids)})
    return {row[0]: read_company(row) for row in rows}


async def select_companies(
    session: Session | Reader, chain_ids: Sequence[UUID], narrowing: CompanyFilter, *, reach: Sequence[UUID]
) -> list[Company] | None:
    """Return a page of companies; None where the cursor is not a company of the reach."""
    position = None
    if narrowing.cursor is not None:
        position = await find_position(session, SOURCE, reach, narrowing.cursor)
        if position is None:
            return None
    conditions = narrow(narrowing, position)
    conditions.among("name", narrowing.names, kind="text")
    # The planner does not see that a given id is not null, which the partial indexes ask for.
    if narrowing.external_ids is not None:
        conditions.texts.append("external_id IS NOT NULL")
        conditions.among("external_id", narrowing.external_ids, kind="text")
    conditions.among("mother_company_id", narrowing.mother_company_ids, kind="uuid")
    rows = await fetch_page(session, SOURCE, conditions, chain_ids=chain_ids, narrowing=narrowing)
    return [read_company(row) for row in rows]


def read_company(row: tuple[Any, ...]) -> Company:
    """Return the company of a row."""
    texts: dict[str, Any] = dict(zip(TEXTS, row[FIXED:], strict=False))
    lines = dict(zip(ADDRESS.values(), row[FIXED + len(TEXTS) :], strict=False))
    return Company(
        id=row[0],
        chain_id=row[1],
        number=row[2],
        mother_company_id=row[3],
        merge_target_id=row[4],
        options=row[5],
        address_id=row[6],
        address=Address(**lines) if row[6] else None,
        creator_id=row[7],
        updater_id=row[8],
        created_at=row[9],
        updated_at=row[10],
        deleted_at=row[11],
        **texts,
    )
