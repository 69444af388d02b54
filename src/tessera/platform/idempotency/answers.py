"""Claiming a key, keeping the answer under it, and giving it out again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row
from tessera.platform.idempotency.errors import KeyInUseError, KeyReusedError
from tessera.platform.secrets import KeyRing

KEPT_FOR = timedelta(hours=24)
# A call that waits for other people's machines may take this long; one that died blocks its key no longer.
LEASE = timedelta(minutes=5)
DIGEST = "kept-answer"

# A second caller waits here until the first one's transaction has ended, and then finds its answer, or none.
CLAIM = text("""
INSERT INTO kept_answers AS kept (actor_id, key, request_digest, created_at, claimed_until)
VALUES (:actor_id, :key, :digest, :now, :until)
ON CONFLICT (actor_id, key) DO UPDATE
   SET request_digest = excluded.request_digest, status = NULL, headers = NULL, sealed_body = NULL,
       created_at = excluded.created_at, claimed_until = excluded.claimed_until
 WHERE kept.created_at < :forgotten OR (kept.status IS NULL AND kept.claimed_until < :now)
RETURNING 1 AS claimed
""")

FIND = text("SELECT * FROM kept_answers WHERE actor_id = :actor_id AND key = :key")

KEEP = text("""
UPDATE kept_answers SET status = :status, headers = cast(:headers AS jsonb), sealed_body = :body
 WHERE actor_id = :actor_id AND key = :key
""")

RELEASE = text("DELETE FROM kept_answers WHERE actor_id = :actor_id AND key = :key AND status IS NULL")

FORGET = text("""
DELETE FROM kept_answers WHERE (actor_id, key) IN (
  SELECT actor_id, key FROM kept_answers WHERE created_at < :before LIMIT :most FOR UPDATE SKIP LOCKED)
""")
# In one transaction, so that none is long.
MOST = 2_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call under a key. `request` is all that makes it the same call: method, address, and what it carries."""

    actor_id: UUID
    key: str
    request: str = field(repr=False)

    @property
    def row(self) -> dict[str, object]:
        """What names the call in the table."""
        return {"actor_id": self.actor_id, "key": self.key}

    @property
    def purpose(self) -> str:
        """What the answer is sealed for."""
        return f"kept-answer:{self.actor_id}:{self.key}"


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given the first time."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


async def claim_key(session: Session, keys: KeyRing, attempt: Attempt, *, now: datetime) -> KeptAnswer | None:
    """Return the answer of the first call under this key; None where this one is the first.

    Raises `KeyReusedError` where the first was another call, `KeyInUseError` while it has not ended.
    """
    digest = keys.digest(attempt.request, DIGEST)
    values = {**attempt.row, "digest": digest, "now": now, "until": now + LEASE, "forgotten": now - KEPT_FOR}
    if await fetch_row(session, CLAIM, values):
        return None
    row = await fetch_row(session, FIND, attempt.row)
    if row is None:  # the first call failed in this very moment
        raise in_use(attempt)
    if row["request_digest"] != digest:
        raise KeyReusedError(
            f"The idempotency key {attempt.key} belongs to another call. Use a new key for each call.",
            key=attempt.key,
        )
    if row["status"] is None:
        raise in_use(attempt)
    return read_answer(row, keys, attempt)


async def keep_answer(session: Session, keys: KeyRing, attempt: Attempt, answer: KeptAnswer) -> None:
    """Store the answer of a call that ended well."""
    values = {
        **attempt.row,
        "status": answer.status,
        "headers": msgspec.json.encode(answer.headers).decode(),
        "body": keys.seal(answer.body.decode(), attempt.purpose),
    }
    await change_rows(session, KEEP, values)


async def release_key(session: Session, attempt: Attempt) -> None:
    """Give the key back after a call that failed: the next one under it is carried out."""
    await change_rows(session, RELEASE, attempt.row)


async def purge_answers(session: Session, *, now: datetime, most: int = MOST) -> int:
    """Delete some of what is past its day; return how many. Fewer than `most` means that nothing is left."""
    return await change_rows(session, FORGET, {"before": now - KEPT_FOR, "most": most})


def read_answer(row: Row, keys: KeyRing, attempt: Attempt) -> KeptAnswer:
    """Return a stored answer with its seal open."""
    body = keys.open(row["sealed_body"], attempt.purpose).reveal().encode()
    return KeptAnswer(row["status"], row["headers"], body)


def in_use(attempt: Attempt) -> KeyInUseError:
    """Say that the first call goes on."""
    return KeyInUseError(
        f"A call under the idempotency key {attempt.key} is still under way. Send this one again in a moment.",
        key=attempt.key,
    )
