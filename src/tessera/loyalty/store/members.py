"""Statements that find members. Each goes by an index, however many there are: beginnings are compared as bytes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.loyalty.store.lots import ended_points
from tessera.loyalty.store.statements import run
from tessera.loyalty.values.members import AccountLine, Member, MemberSearch
from tessera.loyalty.values.memberships import MembershipState
from tessera.platform.db import Session
from tessera.platform.ids import parse_id
from tessera.platform.paging import COUNT_LIMIT

# No text that begins with the given one comes after it with the last of all characters appended.
BEGINS = "{column} ~>=~ {text} AND {column} ~<~ ({text} || chr(1114111))"
NUMBER = BEGINS.format(column="membership_number", text="%(text)s::text")
EMAIL, LAST_NAME, COMPANY = (
    BEGINS.format(column=f"lower({column})", text="lower(%(text)s::text)") for column in ("email", "last_name", "name")
)
ACCOUNT_NAME = "CASE a.kind WHEN 'company' THEN a.name ELSE concat_ws(' ', a.first_name, a.last_name) END"

SORT_KEYS = "lower(coalesce(last_name, name)) AS sort_name, lower(first_name) AS sort_first"

# Every way to find an account, each in the order of its own index so that a common beginning stops at the limit.
FOUND_ACCOUNTS = f"""
  (SELECT id, kind, {SORT_KEYS} FROM accounts WHERE chain_id = %(chain)s AND id = %(id)s AND deleted_at IS NULL)
   UNION
  (SELECT id, kind, {SORT_KEYS} FROM accounts
    WHERE chain_id = %(chain)s AND kind = 'customer' AND deleted_at IS NULL AND {LAST_NAME}
    ORDER BY lower(last_name) USING ~<~ LIMIT %(most)s)
   UNION
  (SELECT id, kind, {SORT_KEYS} FROM accounts
    WHERE chain_id = %(chain)s AND kind = 'customer' AND deleted_at IS NULL AND email IS NOT NULL AND {EMAIL}
    ORDER BY lower(email) USING ~<~ LIMIT %(most)s)
   UNION
  (SELECT id, kind, {SORT_KEYS} FROM accounts
    WHERE chain_id = %(chain)s AND kind = 'company' AND deleted_at IS NULL AND {COMPANY}
    ORDER BY lower(name) USING ~<~ LIMIT %(most)s)
"""  # noqa: S608 - constants

FOUND_NUMBERS = f"""
  (SELECT numbers.id AS membership_id, a.id, a.kind, a.sort_name, a.sort_first
     FROM (SELECT id, account_id FROM memberships
            WHERE chain_id = %(chain)s AND deleted_at IS NULL AND membership_number IS NOT NULL AND {NUMBER} {{filter}}
            ORDER BY membership_number USING ~<~ LIMIT %(most)s) AS numbers
    CROSS JOIN LATERAL (
      SELECT id, kind, {SORT_KEYS} FROM accounts
       WHERE chain_id = %(chain)s AND id = numbers.account_id OFFSET 0) AS a)
"""  # noqa: S608 - constants

# What a membership has to be beside found.
FILTER = "AND (%(program)s::uuid IS NULL OR program_id = %(program)s) AND state = ANY (%(states)s::text[])"

FOUND_MEMBERSHIPS = f"""
  SELECT membership_id AS id, sort_name, sort_first FROM {FOUND_NUMBERS.format(filter=FILTER)} AS numbers
   UNION
  (SELECT m.id, lower(coalesce(a.last_name, a.name)), lower(a.first_name)
     FROM memberships m JOIN accounts a ON a.chain_id = m.chain_id AND a.id = m.account_id
    WHERE m.chain_id = %(chain)s AND m.id = %(id)s AND m.deleted_at IS NULL)
   UNION
  (SELECT held.id, named.sort_name, named.sort_first FROM ({FOUND_ACCOUNTS}) AS named CROSS JOIN LATERAL (
     SELECT id FROM memberships
      WHERE account_id = named.id AND chain_id = %(chain)s AND deleted_at IS NULL {FILTER} OFFSET 0) AS held
    LIMIT %(most)s)
"""  # noqa: S608 - constants

# One ordered scan for each program and state: there is no index for one without the other.
OF_PROGRAMS = """
  SELECT found.id, found.created_at, found.sequence
    FROM (SELECT id FROM programs
           WHERE chain_id = %(chain)s AND (%(program)s::uuid IS NULL OR id = %(program)s)) AS program
   CROSS JOIN unnest(%(states)s::text[]) AS state (name)
   CROSS JOIN LATERAL (
     SELECT id, created_at, sequence FROM memberships
      WHERE program_id = program.id AND state = state.name AND deleted_at IS NULL
      ORDER BY created_at DESC, sequence DESC LIMIT %(most)s) AS found
"""

OF_CHAIN = """
  SELECT id, created_at, sequence FROM memberships WHERE chain_id = %(chain)s AND deleted_at IS NULL
   ORDER BY created_at DESC, sequence DESC LIMIT %(most)s
"""

OF_ACCOUNT = """
  SELECT id, created_at, sequence FROM memberships
   WHERE chain_id = %(chain)s AND account_id = %(account)s AND deleted_at IS NULL LIMIT %(most)s
"""

MEMBER = f"""
       m.id, m.chain_id, m.account_id, a.kind, {ACCOUNT_NAME} AS name, coalesce(a.email, a.invoicing_email) AS email,
       m.membership_number, m.program_id, p.name AS program, m.tier_id, t.name AS tier, m.state, m.is_primary,
       m.balance - {ended_points("m")},
       m.expires_at, m.created_at, m.updated_at
"""
AROUND = """
  JOIN accounts a ON a.chain_id = m.chain_id AND a.id = m.account_id
  JOIN programs p ON p.chain_id = m.chain_id AND p.id = m.program_id
  LEFT JOIN tiers t ON t.chain_id = m.chain_id AND t.id = m.tier_id
"""

NEWEST = f"""
SELECT {MEMBER}
  FROM ({{source}} ORDER BY created_at DESC, sequence DESC OFFSET %(offset)s LIMIT %(limit)s) AS page
  JOIN memberships m ON m.chain_id = %(chain)s AND m.id = page.id {AROUND}
 ORDER BY m.created_at DESC, m.sequence DESC
"""  # noqa: S608 - constants

# Sorted as narrow rows, and widened for the one page that is shown.
BY_NAME = f"""
SELECT {MEMBER}, page.total
  FROM (SELECT found.*, count(*) OVER () AS total FROM ({FOUND_MEMBERSHIPS}) AS found
         ORDER BY sort_name, sort_first, id OFFSET %(offset)s LIMIT %(limit)s) AS page
  JOIN memberships m ON m.chain_id = %(chain)s AND m.id = page.id {AROUND}
 ORDER BY page.sort_name, page.sort_first, m.id
"""  # noqa: S608 - constants

ONE = f"""
SELECT {MEMBER} FROM memberships m {AROUND}
 WHERE m.chain_id = %(chain)s AND m.id = %(id)s AND m.deleted_at IS NULL
"""  # noqa: S608 - constants

LINE = f"""
       a.id, a.chain_id, a.kind, a.sequence, {ACCOUNT_NAME} AS name, coalesce(a.email, a.invoicing_email) AS email,
       a.phone, a.birth_date,
       (SELECT count(*) FROM memberships m
         WHERE m.account_id = a.id AND m.chain_id = a.chain_id AND m.deleted_at IS NULL) AS memberships,
       a.created_at, a.updated_at
"""  # noqa: S608 - constants

# Each kind has its own index, so both are read as far as the page goes and put together.
NEWEST_ACCOUNTS = f"""
SELECT {LINE}
  FROM (SELECT found.id, found.created_at, found.sequence
          FROM unnest(%(kinds)s::text[]) AS kind (name) CROSS JOIN LATERAL (
            SELECT id, created_at, sequence FROM accounts
             WHERE chain_id = %(chain)s AND kind = kind.name AND deleted_at IS NULL
             ORDER BY created_at DESC, sequence DESC LIMIT %(most)s) AS found
         ORDER BY found.created_at DESC, found.sequence DESC OFFSET %(offset)s LIMIT %(limit)s) AS page
  JOIN accounts a ON a.chain_id = %(chain)s AND a.id = page.id
 ORDER BY a.created_at DESC, a.sequence DESC
"""  # noqa: S608 - constants

COUNT_ACCOUNTS = """
SELECT count(*) FROM (SELECT FROM accounts
  WHERE chain_id = %(chain)s AND kind = ANY (%(kinds)s::text[]) AND deleted_at IS NULL LIMIT %(most)s) AS counted
"""

ACCOUNTS_BY_NAME = f"""
SELECT {LINE}, page.total
  FROM (SELECT found.*, count(*) OVER () AS total
          FROM ({FOUND_ACCOUNTS}
                 UNION
                SELECT id, kind, sort_name, sort_first FROM {FOUND_NUMBERS.format(filter="")} AS numbers) AS found
         WHERE kind = ANY (%(kinds)s::text[])
         ORDER BY sort_name, sort_first, id OFFSET %(offset)s LIMIT %(limit)s) AS page
  JOIN accounts a ON a.chain_id = %(chain)s AND a.id = page.id
 ORDER BY page.sort_name, page.sort_first, a.id
"""  # noqa: S608 - constants

ONE_ACCOUNT = f"""
SELECT {LINE} FROM accounts a WHERE a.chain_id = %(chain)s AND a.id = %(id)s AND a.deleted_at IS NULL
"""  # noqa: S608 - constants

MEMBER_WIDTH, LINE_WIDTH = len(Member.__struct_fields__), len(AccountLine.__struct_fields__)
COUNTED = COUNT_LIMIT + 1


async def select_members(
    session: Session, chain_id: UUID, search: MemberSearch, *, offset: int, limit: int, now: datetime
) -> tuple[list[Member], int]:
    """Return members and how many there are, which stops at the count's limit + 1."""
    values = {**member_values(chain_id, search, offset=offset, limit=limit), "now": now}
    if search.text:
        rows = await run(session, BY_NAME, values)
        return [Member(*row[:MEMBER_WIDTH]) for row in rows], min(rows[0][-1], COUNTED) if rows else 0
    source = source_of(search)
    # As far as the page reaches, and no further.
    rows = await run(session, NEWEST.format(source=source), {**values, "most": offset + limit})
    counted = await run(session, f"SELECT count(*) FROM ({source} LIMIT {COUNTED}) AS counted", values)  # noqa: S608
    return [Member(*row) for row in rows], counted[0][0]


def source_of(search: MemberSearch) -> str:
    """Return the scan that serves the filter."""
    if search.account_id is not None:
        return f"SELECT * FROM ({OF_ACCOUNT}) AS held"  # noqa: S608 - constants
    if search.program_id is not None or search.state is not None:
        return f"SELECT * FROM ({OF_PROGRAMS}) AS narrowed"  # noqa: S608 - constants
    return f"SELECT * FROM ({OF_CHAIN}) AS newest"  # noqa: S608 - constants


def member_values(chain_id: UUID, search: MemberSearch, *, offset: int, limit: int) -> Mapping[str, Any]:
    """Return the parameters of a search."""
    return {
        "chain": chain_id,
        "text": search.text,
        "id": parse_id(search.text),
        "program": search.program_id,
        "account": search.account_id,
        "states": [state.value for state in MembershipState] if search.state is None else [search.state.value],
        "most": COUNTED,
        "offset": offset,
        "limit": limit,
    }


async def find_member(session: Session, chain_id: UUID, membership_id: UUID, *, now: datetime) -> Member | None:
    """Return the chain's active membership of that id."""
    rows = await run(session, ONE, {"chain": chain_id, "id": membership_id, "now": now})
    return Member(*rows[0]) if rows else None


async def select_account_lines(
    session: Session, chain_id: UUID, text: str, *, kinds: list[str], offset: int, limit: int
) -> tuple[list[AccountLine], int]:
    """Return accounts and how many there are, which stops at the count's limit + 1."""
    values = {
        "chain": chain_id,
        "text": text,
        "id": parse_id(text),
        "kinds": kinds,
        "most": COUNTED,
        "offset": offset,
        "limit": limit,
    }
    if text:
        rows = await run(session, ACCOUNTS_BY_NAME, values)
        return [AccountLine(*row[:LINE_WIDTH]) for row in rows], min(rows[0][-1], COUNTED) if rows else 0
    rows = await run(session, NEWEST_ACCOUNTS, {**values, "most": offset + limit})
    counted = await run(session, COUNT_ACCOUNTS, values)
    return [AccountLine(*row) for row in rows], counted[0][0]


async def find_account_line(session: Session, chain_id: UUID, account_id: UUID) -> AccountLine | None:
    """Return the chain's active account of that id."""
    rows = await run(session, ONE_ACCOUNT, {"chain": chain_id, "id": account_id})
    return AccountLine(*rows[0]) if rows else None
