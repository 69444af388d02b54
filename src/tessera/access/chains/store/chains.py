"""Statements on chains and enterprises."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.chains.store.statements import run
from tessera.access.chains.values import Address, Chain, Enterprise, EnterpriseFilter, LinkedEnterprise, NewEnterprise
from tessera.platform.db import Reader, Session
from tessera.platform.ids import new_ids
from tessera.platform.paging import Conditions, Position
from tessera.platform.texts import check_columns

INSERT_CHAINS = """
INSERT INTO chains (id, name, created_at, updated_at)
SELECT id, name, %(now)s, %(now)s FROM unnest(%(ids)s::uuid[], %(names)s::text[]) AS new (id, name)
"""

LIST_CHAINS = """
SELECT id, name, created_at, updated_at, archived_at FROM chains
 WHERE (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s)) AND (archived_at IS NULL OR %(archived)s) ORDER BY name, id
"""

UPDATE_CHAIN = """
UPDATE chains SET name = %(name)s, archived_at = %(archived_at)s, updated_at = %(now)s WHERE id = %(id)s
"""
FIND_CHAIN_NAMES = """
SELECT id, name FROM chains WHERE lower(name) IN (SELECT lower(given) FROM unnest(%(names)s::text[]) AS given)
   AND archived_at IS NULL ORDER BY id
"""
FIND_ENTERPRISE_NAMES = """
SELECT id, name FROM enterprises
 WHERE chain_id = %(chain_id)s AND lower(name) IN (SELECT lower(given) FROM unnest(%(names)s::text[]) AS given)
 ORDER BY id
"""

TEXTS = (
    "name, short_name, external_id, time_zone, legal_environment_code, accommodation_environment_code, "
    "accounting_environment_code, tax_environment_code, default_language_code, currency_code, pricing, tax_identifier, "
    "website_url, email, phone"
)
ADDRESS = "line1, line2, city, postal_code, country_code, country_subdivision_code"
ADDRESS_COLUMNS = "address_line1, address_line2, city, postal_code, country_code, country_subdivision_code"
TEXT_NAMES = TEXTS.split(", ")
ADDRESS_NAMES = ADDRESS.split(", ")

INSERT_ENTERPRISES = f"""
INSERT INTO enterprises (chain_id, id, address_id, created_at, updated_at, {TEXTS}, {ADDRESS_COLUMNS})
SELECT %(chain_id)s, id, address_id, %(now)s, %(now)s, {TEXTS}, {ADDRESS}
  FROM unnest(%(ids)s::uuid[], %(address_ids)s::uuid[],
              {", ".join(f"%({name})s::text[]" for name in TEXT_NAMES + ADDRESS_NAMES)})
    AS new (id, address_id, {TEXTS}, {ADDRESS})
"""  # noqa: S608 - constants

COLUMNS = "e.id, e.chain_id, c.name AS chain_name, e.enabled, e.address_id, e.created_at, e.updated_at, " + ", ".join(
    f"e.{name}" for name in (*TEXT_NAMES, *ADDRESS_COLUMNS.split(", "))
)
WIDTH = 7 + len(TEXT_NAMES) + len(ADDRESS_NAMES)

LIST_ENTERPRISES = f"""
SELECT {COLUMNS}
  FROM enterprises e JOIN chains c ON c.id = e.chain_id
 WHERE (%(chains)s::uuid[] IS NULL OR e.chain_id = ANY (%(chains)s))
   AND (%(ids)s::uuid[] IS NULL OR e.id = ANY (%(ids)s)) AND c.archived_at IS NULL
 ORDER BY e.created_at, e.sequence
"""  # noqa: S608 - constants

# A token reaches at most some thousand enterprises, which are found by the token and put in order.
LIST_LINKED = f"""
SELECT * FROM (
  SELECT {COLUMNS}, l.linked_at, e.sequence
    FROM access_token_enterprises l
    JOIN enterprises e ON e.chain_id = l.chain_id AND e.id = l.enterprise_id
    JOIN chains c ON c.id = e.chain_id
   WHERE l.access_token_id = %(token)s AND e.enabled) AS linked
 WHERE {{conditions}}
 ORDER BY created_at DESC, sequence DESC LIMIT %(count)s
"""  # noqa: S608 - constants

FIND_LINKED = """
SELECT e.created_at, e.sequence
  FROM access_token_enterprises l JOIN enterprises e ON e.chain_id = l.chain_id AND e.id = l.enterprise_id
 WHERE l.access_token_id = %(token)s AND e.id = %(cursor)s
"""


async def insert_chains(session: Session, ids: Sequence[UUID], names: Sequence[str], now: datetime) -> None:
    """Write the chains."""
    check_columns({"name": names}, ["name"])
    await run(session, INSERT_CHAINS, {"ids": list(ids), "names": list(names), "now": now})


async def select_chains(
    session: Session | Reader, ids: Sequence[UUID] | None, *, archived: bool = False
) -> list[Chain]:
    """Return the chains of these ids, or all, by name."""
    rows = await run(session, LIST_CHAINS, {"ids": None if ids is None else list(ids), "archived": archived})
    return [Chain(*row) for row in rows]


async def update_chain(session: Session, chain: Chain) -> None:
    """Write what of a chain can change."""
    values = {"id": chain.id, "name": chain.name, "archived_at": chain.archived_at, "now": chain.updated_at}
    await run(session, UPDATE_CHAIN, values)


async def find_names(session: Session, names: Sequence[str], chain_id: UUID | None) -> dict[UUID, str]:
    """Return chains, or the enterprises of a chain, that have one of the names in any case."""
    statement = FIND_CHAIN_NAMES if chain_id is None else FIND_ENTERPRISE_NAMES
    rows = await run(session, statement, {"names": list(names), "chain_id": chain_id})
    return {each: name for each, name in rows}  # noqa: C416 - rows are of any length


async def insert_enterprises(
    session: Session, chain_id: UUID, ids: Sequence[UUID], new: Sequence[NewEnterprise], now: datetime
) -> None:
    """Write the enterprises, each with an address of its own."""
    values: dict[str, Any] = {"chain_id": chain_id, "ids": list(ids), "address_ids": new_ids(len(new)), "now": now}
    values |= {name: [getattr(item, name) for item in new] for name in TEXT_NAMES}
    values |= {name: [getattr(item.address, name) for item in new] for name in ADDRESS_NAMES}
    check_columns(values, (*TEXT_NAMES, *ADDRESS_NAMES))
    await run(session, INSERT_ENTERPRISES, values)


async def select_enterprises(
    session: Session | Reader, chain_ids: Sequence[UUID] | None, ids: Sequence[UUID] | None = None
) -> list[Enterprise]:
    """Return the enterprises of the chains, oldest first."""
    values = {
        "chains": None if chain_ids is None else list(chain_ids),
        "ids": None if ids is None else list(ids),
    }
    return [read_enterprise(row) for row in await run(session, LIST_ENTERPRISES, values)]


async def select_linked_enterprises(
    session: Session | Reader, token_id: UUID | None, narrowing: EnterpriseFilter
) -> list[LinkedEnterprise] | None:
    """Return a page of a token's enterprises; None where the cursor is none of them."""
    position = None
    if narrowing.cursor is not None:
        rows = await run(session, FIND_LINKED, {"token": token_id, "cursor": narrowing.cursor})
        if not rows:
            return None
        position = Position(*rows[0])
    conditions = Conditions()
    conditions.among("id", narrowing.ids, kind="uuid")
    conditions.among("external_id", narrowing.external_ids, kind="text")
    conditions.within("linked_at", narrowing.linked_within)
    conditions.within("updated_at", narrowing.updated_within)
    conditions.below(position)
    statement = LIST_LINKED.format(conditions=" AND ".join(["true", *conditions.texts]))
    rows = await run(session, statement, {**conditions.values, "token": token_id, "count": narrowing.count})
    return [LinkedEnterprise(read_enterprise(row), row[WIDTH]) for row in rows]


def read_enterprise(row: tuple[Any, ...]) -> Enterprise:
    """Return the enterprise of a row."""
    texts: dict[str, Any] = dict(zip(TEXT_NAMES, row[7:], strict=False))
    address = Address(**dict(zip(ADDRESS_NAMES, row[7 + len(TEXT_NAMES) : WIDTH], strict=True)))
    return Enterprise(
        id=row[0],
        chain_id=row[1],
        chain_name=row[2],
        enabled=row[3],
        address_id=row[4],
        created_at=row[5],
        updated_at=row[6],
        address=address,
        **texts,
    )
