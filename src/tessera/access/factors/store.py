"""All SQL of second factors, recovery codes, and the step that asks for a code."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.access.users import USER_COLUMNS
from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows

FIND = text(
    "SELECT user_id, sealed_secret, confirmed_at, last_step,"
    " (SELECT count(*) FROM recovery_codes r WHERE r.user_id = f.user_id) AS recovery_codes "
    "FROM second_factors f WHERE user_id = :user_id"
)
HAS = text("SELECT user_id FROM second_factors WHERE user_id = :user_id AND confirmed_at IS NOT NULL")
LIST_HAVING = text("SELECT user_id FROM second_factors WHERE user_id = ANY(:ids) AND confirmed_at IS NOT NULL")
BEGIN = text(
    "INSERT INTO second_factors AS f (user_id, sealed_secret, created_at) VALUES (:user_id, :sealed_secret, :now) "
    "ON CONFLICT (user_id) DO UPDATE SET sealed_secret = :sealed_secret, created_at = :now, last_step = 0 "
    "WHERE f.confirmed_at IS NULL"
)
CONFIRM = text(
    "UPDATE second_factors SET confirmed_at = :now, last_step = :step WHERE user_id = :user_id AND confirmed_at IS NULL"
)
# Of two requests with the same code one wins.
USE_STEP = text("UPDATE second_factors SET last_step = :step WHERE user_id = :user_id AND last_step < :step")
DELETE = text("DELETE FROM second_factors WHERE user_id = :user_id")
LIST_SECRETS = text("SELECT user_id, sealed_secret FROM second_factors ORDER BY user_id FOR UPDATE")
REPLACE_SECRET = text("UPDATE second_factors SET sealed_secret = :sealed_secret WHERE user_id = :user_id")

INSERT_CODE = text("INSERT INTO recovery_codes (digest, user_id, created_at) VALUES (:digest, :user_id, :now)")
USE_CODE = text("DELETE FROM recovery_codes WHERE digest = :digest")
DELETE_CODES = text("DELETE FROM recovery_codes WHERE user_id = :user_id")

INSERT_STEP = text(
    "INSERT INTO sign_in_steps (token_digest, user_id, way, expires_at) VALUES (:digest, :user_id, :way, :expires_at)"
)
FIND_STEP = text(
    f"SELECT {USER_COLUMNS}, s.way "  # noqa: S608 - constants
    "FROM sign_in_steps s JOIN users u ON u.id = s.user_id "
    "WHERE s.token_digest = :digest AND s.expires_at > :now AND u.enabled"
)
DELETE_STEP = text("DELETE FROM sign_in_steps WHERE token_digest = :digest")
DELETE_STEPS_OF = text("DELETE FROM sign_in_steps WHERE user_id = :user_id")
DELETE_OLD_STEPS = text(
    "DELETE FROM sign_in_steps WHERE token_digest IN "
    "(SELECT token_digest FROM sign_in_steps WHERE expires_at <= :now LIMIT 500 FOR UPDATE SKIP LOCKED)"
)


async def find_factor(session: Session, user_id: UUID) -> Row | None:
    """Return a user's second factor, confirmed or not, with the number of recovery codes left."""
    return await fetch_row(session, FIND, {"user_id": user_id})


async def has_factor(session: Session, user_id: UUID) -> bool:
    """Say whether a user has a confirmed second factor."""
    return await fetch_row(session, HAS, {"user_id": user_id}) is not None


async def list_having(session: Session, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of the users who have a second factor."""
    return [row["user_id"] for row in await fetch_rows(session, LIST_HAVING, {"ids": list(ids)})]


async def begin_factor(session: Session, user_id: UUID, sealed_secret: str, now: datetime) -> bool:
    """Store a secret that waits for its first code; False where a confirmed one is in the way."""
    values = {"user_id": user_id, "sealed_secret": sealed_secret, "now": now}
    return await change_rows(session, BEGIN, values) == 1


async def confirm_factor(session: Session, user_id: UUID, step: int, now: datetime) -> bool:
    """Switch a waiting secret on; False where another request did."""
    return await change_rows(session, CONFIRM, {"user_id": user_id, "step": step, "now": now}) == 1


async def use_step(session: Session, user_id: UUID, step: int) -> bool:
    """Use up the code of these 30 seconds and all before; False where it was used."""
    return await change_rows(session, USE_STEP, {"user_id": user_id, "step": step}) == 1


async def delete_factor(session: Session, user_id: UUID) -> bool:
    """Delete a user's second factor and recovery codes; False where there was none."""
    await session.execute(DELETE_CODES, {"user_id": user_id})
    await session.execute(DELETE_STEPS_OF, {"user_id": user_id})
    return await change_rows(session, DELETE, {"user_id": user_id}) == 1


async def list_secrets(session: Session) -> list[Row]:
    """Return every sealed secret, held until the transaction ends."""
    return await fetch_rows(session, LIST_SECRETS, {})


async def replace_secrets(session: Session, secrets: Sequence[Mapping[str, Any]]) -> None:
    """Store secrets that were sealed again."""
    if secrets:
        await session.execute(REPLACE_SECRET, secrets)


async def replace_recovery_codes(session: Session, user_id: UUID, digests: Sequence[bytes], now: datetime) -> None:
    """Store recovery codes in place of those before."""
    await session.execute(DELETE_CODES, {"user_id": user_id})
    await session.execute(INSERT_CODE, [{"digest": digest, "user_id": user_id, "now": now} for digest in digests])


async def use_recovery_code(session: Session, digest: bytes) -> bool:
    """Use up a recovery code; False where there is none, or none any more."""
    return await change_rows(session, USE_CODE, {"digest": digest}) == 1


async def insert_step(
    session: Session, digest: bytes, *, user_id: UUID, method: str, now: datetime, expires_at: datetime
) -> None:
    """Store that a browser has to enter a code, and delete expired steps."""
    await session.execute(DELETE_OLD_STEPS, {"now": now})
    values = {"digest": digest, "user_id": user_id, "way": method, "expires_at": expires_at}
    await session.execute(INSERT_STEP, values)


async def find_step(session: Session, digest: bytes, now: datetime) -> Row | None:
    """Return the enabled user whose code this browser has to enter, and how they came."""
    return await fetch_row(session, FIND_STEP, {"digest": digest, "now": now})


async def delete_step(session: Session, digest: bytes) -> None:
    """Delete the pending second step of a browser."""
    await session.execute(DELETE_STEP, {"digest": digest})
