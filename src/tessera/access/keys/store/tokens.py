"""Statements on the Connector API's credentials."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tessera.access.keys.store.statements import run
from tessera.access.keys.values import NewAccessToken, Scope, Token
from tessera.platform.db import Reader, Session
from tessera.platform.paging import COUNT_LIMIT

INSERT_CLIENTS = """
INSERT INTO client_tokens (id, digest, label, created_at)
SELECT id, digest, label, %(now)s FROM unnest(%(ids)s::uuid[], %(digests)s::bytea[], %(labels)s::text[])
    AS new (id, digest, label)
"""

# Sets of permissions differ in length, which an array of arrays cannot hold.
INSERT_ACCESS = """
INSERT INTO access_tokens (id, client_token_id, digest, label, portfolio, permissions, created_at, expires_at, strict)
SELECT id, client_token_id, digest, label, portfolio, string_to_array(permissions, ' '), %(now)s, expires_at, strict
  FROM unnest(%(ids)s::uuid[], %(clients)s::uuid[], %(digests)s::bytea[], %(labels)s::text[], %(portfolios)s::bool[],
              %(permissions)s::text[], %(expiries)s::timestamptz[], %(stricts)s::bool[])
    AS new (id, client_token_id, digest, label, portfolio, permissions, expires_at, strict)
"""

LINK = """
INSERT INTO access_token_enterprises (access_token_id, chain_id, enterprise_id, linked_at)
SELECT new.access_token_id, e.chain_id, e.id, %(now)s
  FROM unnest(%(tokens)s::uuid[], %(enterprises)s::uuid[]) AS new (access_token_id, enterprise_id)
  JOIN enterprises e ON e.id = new.enterprise_id
"""

RESOLVE = """
SELECT a.id, a.label, a.portfolio, a.permissions, a.expires_at, a.strict,
       array_agg(e.id ORDER BY e.sequence), array_agg(e.chain_id ORDER BY e.sequence)
  FROM access_tokens a
  JOIN client_tokens c ON c.id = a.client_token_id
  JOIN access_token_enterprises l ON l.access_token_id = a.id
  JOIN enterprises e ON e.chain_id = l.chain_id AND e.id = l.enterprise_id
  JOIN chains ch ON ch.id = e.chain_id AND ch.archived_at IS NULL
 WHERE a.digest = %(access)s AND c.digest = %(client)s
   AND a.enabled AND a.revoked_at IS NULL AND (a.expires_at IS NULL OR a.expires_at > %(now)s)
   AND c.enabled AND c.revoked_at IS NULL
   AND e.enabled
 GROUP BY a.id
"""

# Client tokens belong to no chain, so only a user who sees every chain is shown them all; others see those that
# have access tokens of their chains. An access token that reaches a foreign chain as well is shown only to the first.
LIST = """
WITH shown AS (
  SELECT a.*, l.enterprise_ids, l.chain_ids
    FROM access_tokens a
   CROSS JOIN LATERAL (
     SELECT array_agg(enterprise_id) AS enterprise_ids, array_agg(DISTINCT chain_id) AS chain_ids
       FROM access_token_enterprises WHERE access_token_id = a.id) AS l
   WHERE (%(chains)s::uuid[] IS NULL OR l.chain_ids <@ %(chains)s))
SELECT id, NULL::uuid, label, false, '{}'::text[], '{}'::uuid[], '{}'::uuid[], enabled, created_at,
       NULL::timestamptz, NULL::bool, revoked_at
  FROM client_tokens c
 WHERE %(chains)s::uuid[] IS NULL OR EXISTS (SELECT FROM shown s WHERE s.client_token_id = c.id)
UNION ALL
SELECT id, client_token_id, label, portfolio, permissions, enterprise_ids, chain_ids, enabled, created_at,
       expires_at, strict, revoked_at
  FROM shown
 ORDER BY created_at, id
"""

ORDERS = {
    "label": "lower(label), id",
    "-label": "lower(label) DESC, id DESC",
    "created": "created_at, id",
    "-created": "created_at DESC, id DESC",
}
MATCHING = f"""
SELECT * FROM ({LIST}) AS token (id, client_token_id, label, portfolio, permissions, enterprise_ids, chain_ids, enabled,
                                 created_at, expires_at, strict, revoked_at)
 WHERE (client_token_id IS NULL) = %(client)s AND strpos(lower(label), lower(%(search)s)) > 0
"""  # noqa: S608 - both parts are constants
COUNT = f"SELECT count(*) FROM ({MATCHING} LIMIT %(most)s) AS counted"  # noqa: S608
LIVE_CLIENTS = "SELECT id FROM client_tokens WHERE id = ANY (%(ids)s::uuid[]) AND revoked_at IS NULL FOR KEY SHARE"
# With a client token go its access tokens, those of chains that the actor does not see among them.
REACHES_BEYOND = """
SELECT EXISTS (
  SELECT FROM access_tokens a JOIN access_token_enterprises l ON l.access_token_id = a.id
   WHERE a.client_token_id = %(id)s AND a.revoked_at IS NULL AND NOT l.chain_id = ANY (%(chains)s::uuid[]))
"""

ENABLE = "UPDATE {table} SET enabled = %(enabled)s WHERE id = %(id)s"
REVOKE = "UPDATE {table} SET revoked_at = coalesce(revoked_at, %(now)s) WHERE id = %(id)s"


async def insert_client_tokens(
    session: Session, ids: Sequence[UUID], digests: Sequence[bytes], labels: Sequence[str], now: datetime
) -> None:
    """Write client tokens."""
    values = {"ids": list(ids), "digests": list(digests), "labels": list(labels), "now": now}
    await run(session, INSERT_CLIENTS, values)


async def insert_access_tokens(
    session: Session, ids: Sequence[UUID], digests: Sequence[bytes], new: Sequence[NewAccessToken], now: datetime
) -> None:
    """Write access tokens with the enterprises they reach."""
    values: dict[str, Any] = {
        "ids": list(ids),
        "clients": [item.client_token_id for item in new],
        "digests": list(digests),
        "labels": [item.label for item in new],
        "portfolios": [item.portfolio for item in new],
        "permissions": [" ".join(item.permissions) for item in new],
        "expiries": [item.expires_at for item in new],
        "stricts": [item.strict for item in new],
        "now": now,
    }
    await run(session, INSERT_ACCESS, values)
    links = [(token, enterprise) for token, item in zip(ids, new, strict=True) for enterprise in item.enterprise_ids]
    await run(
        session,
        LINK,
        {"tokens": [token for token, _ in links], "enterprises": [enterprise for _, enterprise in links], "now": now},
    )


async def find_scope(
    session: Session | Reader, *, client_digest: bytes, access_digest: bytes, now: datetime
) -> Scope | None:
    """Return what a valid pair of credentials may touch."""
    rows = await run(session, RESOLVE, {"client": client_digest, "access": access_digest, "now": now}, prepare=True)
    if not rows:
        return None
    token, label, portfolio, permissions, expires_at, strict, enterprises, chains = rows[0]
    return Scope(
        access_token_id=token,
        name=label,
        portfolio=portfolio,
        permissions=frozenset(permissions),
        enterprise_ids=tuple(enterprises),
        chain_ids=tuple(dict.fromkeys(chains)),
        expires_at=expires_at,
        strict=strict,
    )


async def select_tokens(session: Session, chain_ids: Sequence[UUID] | None) -> list[Token]:
    """Return the credentials of these chains, or all, oldest first."""
    rows = await run(session, LIST, {"chains": None if chain_ids is None else list(chain_ids)})
    return [Token(*row) for row in rows]


async def select_token_page(
    session: Session,
    chain_ids: Sequence[UUID] | None,
    *,
    client: bool,
    search: str,
    sort: str,
    offset: int,
    limit: int,
) -> tuple[list[Token], int]:
    """Return some credentials of one sort and how many there are, counted to the limit."""
    values = {
        "chains": None if chain_ids is None else list(chain_ids),
        "client": client,
        "search": search,
        "most": COUNT_LIMIT + 1,
    }
    statement = f"{MATCHING} ORDER BY {ORDERS[sort]} OFFSET %(offset)s LIMIT %(limit)s"
    rows = await run(session, statement, {**values, "offset": offset, "limit": limit})
    ((total,),) = await run(session, COUNT, values)
    return [Token(*row) for row in rows], total


async def find_live_clients(session: Session, ids: Sequence[UUID]) -> set[UUID]:
    """Return which of the client tokens exist and are not revoked."""
    return {row[0] for row in await run(session, LIVE_CLIENTS, {"ids": list(ids)})}


async def reaches_beyond(session: Session, client_token_id: UUID, chain_ids: Sequence[UUID]) -> bool:
    """Say whether a client token has live access tokens of other chains."""
    ((found,),) = await run(session, REACHES_BEYOND, {"id": client_token_id, "chains": list(chain_ids)})
    return bool(found)


async def enable_token(session: Session, token: Token, *, enabled: bool) -> None:
    """Switch a token on or off."""
    await run(session, ENABLE.format(table=table_of(token)), {"id": token.id, "enabled": enabled})


async def revoke_token(session: Session, token: Token, *, now: datetime) -> None:
    """Revoke a token permanently."""
    await run(session, REVOKE.format(table=table_of(token)), {"id": token.id, "now": now})


def table_of(token: Token) -> str:
    """Return the table that a credential lives in."""
    return "client_tokens" if token.client_token_id is None else "access_tokens"
