"""Statements on tries to sign in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from tessera.platform.db import Row, Session, fetch_row, fetch_rows

# Counted before the password is looked at: of many tries at once each sees the ones before it.
COUNT_TRY = text(
    "INSERT INTO sign_in_failures AS f (key, failures, last_at) VALUES (:key, 1, :now) "
    "ON CONFLICT (key) DO UPDATE SET last_at = :now, locked_until = NULL,"
    " failures = CASE WHEN f.last_at < :forgotten THEN 1 ELSE f.failures + 1 END,"
    " lockouts = CASE WHEN f.last_at < :forgotten THEN 0 ELSE f.lockouts END "
    "WHERE f.locked_until IS NULL OR f.locked_until <= :now "
    "RETURNING failures, lockouts"
)
FIND_LOCK = text("SELECT locked_until FROM sign_in_failures WHERE key = :key AND locked_until > :now")
FIND_LOCKOUT = text("SELECT key FROM sign_in_failures WHERE key = :key AND locked_until > :now AND lockouts > 0")
FIND_LOCKS = text("SELECT key, locked_until FROM sign_in_failures WHERE key = ANY(:keys) AND locked_until > :now")
LOCK = text("UPDATE sign_in_failures SET locked_until = :until, lockouts = lockouts + :more WHERE key = :key")
UNCOUNT_TRY = text("UPDATE sign_in_failures SET failures = failures - 1 WHERE key = :key AND failures > 0")
DELETE_FAILURES = text(
    "DELETE FROM sign_in_failures WHERE key = :key OR key IN "
    "(SELECT key FROM sign_in_failures WHERE last_at < :forgotten LIMIT 500 FOR UPDATE SKIP LOCKED)"
)


async def count_try(session: Session, key: str, *, now: datetime, forgotten: datetime) -> Row | None:
    """Count a try that has not succeeded yet; return failures in a row and lock-outs, None while the key is locked."""
    return await fetch_row(session, COUNT_TRY, {"key": key, "now": now, "forgotten": forgotten})


async def find_lock(session: Session, key: str, now: datetime) -> datetime | None:
    """Return until when the key is locked."""
    row = await fetch_row(session, FIND_LOCK, {"key": key, "now": now})
    return None if row is None else row["locked_until"]


async def is_locked_out(session: Session, key: str, now: datetime) -> bool:
    """Say whether the key is locked for its many failures, not only delayed."""
    return await fetch_row(session, FIND_LOCKOUT, {"key": key, "now": now}) is not None


async def find_locks(session: Session, keys: Sequence[str], now: datetime) -> list[Row]:
    """Return those of the keys that are locked, and until when."""
    return await fetch_rows(session, FIND_LOCKS, {"keys": list(keys), "now": now})


async def lock(session: Session, key: str, until: datetime, *, lockout: bool = False) -> None:
    """Block tries of this key until `until`; a lock-out counts, so that the next one lasts longer."""
    await session.execute(LOCK, {"key": key, "until": until, "more": int(lockout)})


async def uncount_try(session: Session, key: str) -> None:
    """Take back one counted try, which succeeded."""
    await session.execute(UNCOUNT_TRY, {"key": key})


async def delete_failures(session: Session, key: str, *, forgotten: datetime) -> None:
    """Delete a key's failures, and all that are too old to matter."""
    await session.execute(DELETE_FAILURES, {"key": key, "forgotten": forgotten})
