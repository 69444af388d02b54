"""Statements on mails."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from tessera.platform.db import Row, Session, change_rows, fetch_row, fetch_rows

COLUMNS = "id, chain_id, sealed_letter, state, attempts, due_at, last_error, created_at, settled_at"
REACH = "(CAST(:chains AS uuid[]) IS NULL OR chain_id = ANY (CAST(:chains AS uuid[])))"

INSERT = text("""
INSERT INTO mails (id, chain_id, sealed_letter, state, waits, due_at, created_at)
SELECT new.id, :chain_id, new.letter, :state, :waits, :due_at, :now
  FROM unnest(CAST(:ids AS uuid[]), CAST(:letters AS text[])) AS new (id, letter)
""")
LIST = text(f"""
SELECT {COLUMNS} FROM mails
 WHERE {REACH} AND (CAST(:state AS text) IS NULL OR state = :state) AND (CAST(:after AS uuid) IS NULL OR id < :after)
 ORDER BY id DESC LIMIT :count
""")  # noqa: S608 - constants
COUNT = text(f"SELECT state, count(*) AS count FROM mails WHERE {REACH} GROUP BY state")  # noqa: S608 - constants
WAITING = text(f"""
SELECT count(*) AS number, min(created_at) AS since
  FROM (SELECT created_at FROM mails WHERE state = 'waiting' AND {REACH} ORDER BY id LIMIT :most) AS first
""")  # noqa: S608 - constants
FIND = text(f"SELECT {COLUMNS} FROM mails WHERE {REACH} AND id = :id")  # noqa: S608 - constants
STATES = text(f"SELECT {COLUMNS} FROM mails WHERE id = ANY (CAST(:ids AS uuid[]))")  # noqa: S608 - constants
# The attempt is counted before the network is touched: a worker that dies has made one.
START = text("""
UPDATE mails SET attempts = attempts + 1, last_error = NULL WHERE id = :id AND state = 'pending'
RETURNING id, sealed_letter, attempts, waits
""")
SETTLE = text("""
UPDATE mails
   SET state = :state, last_error = :error, due_at = :due_at, sealed_letter = coalesce(:letter, sealed_letter),
       settled_at = CASE WHEN :state IN ('sent', 'failed') THEN CAST(:now AS timestamptz) END
 WHERE id = :id AND state = 'pending'
""")
HOLD_BACK = text("UPDATE mails SET state = 'waiting', due_at = NULL WHERE id = :id AND state = 'pending' RETURNING id")
RELEASE = text("""
UPDATE mails m SET state = 'pending', due_at = :now
  FROM (SELECT id FROM mails WHERE state = 'waiting' AND created_at >= :since
         ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) AS found
 WHERE m.id = found.id
RETURNING m.id
""")
GIVE_UP = text("""
UPDATE mails m SET state = 'failed', last_error = :error, settled_at = :now
  FROM (SELECT id FROM mails WHERE state = 'waiting' AND created_at < :before
         ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED) AS found
 WHERE m.id = found.id
RETURNING m.id
""")
PURGE = text("""
DELETE FROM mails WHERE id IN (
  SELECT id FROM mails WHERE created_at < :before AND state IN ('sent', 'failed') LIMIT :most FOR UPDATE SKIP LOCKED)
""")
SEALED = text("SELECT id, sealed_letter FROM mails ORDER BY id FOR NO KEY UPDATE")
RESEAL = text("""
UPDATE mails m SET sealed_letter = new.letter
  FROM unnest(CAST(:ids AS uuid[]), CAST(:letters AS text[])) AS new (id, letter) WHERE m.id = new.id
""")


async def insert_mails(
    session: Session, letters: Sequence[tuple[UUID, str]], *, chain_id: UUID | None, waits: Sequence[int], **values: Any
) -> None:
    """Store sealed letters; `values` are state, due_at and now."""
    ids, sealed = [one for one, _ in letters], [letter for _, letter in letters]
    parameters = {"ids": ids, "letters": sealed, "chain_id": chain_id, "waits": list(waits), **values}
    await change_rows(session, INSERT, parameters)


async def select_mails(
    session: Session, chains: Sequence[UUID] | None, *, state: str | None, after: UUID | None, count: int
) -> list[Row]:
    """Return mails of these chains, newest first; None is every chain and those of none."""
    return await fetch_rows(session, LIST, {"chains": chains, "state": state, "after": after, "count": count})


async def count_mails(session: Session, chains: Sequence[UUID] | None) -> dict[str, int]:
    """Return how many mails there are in each state."""
    return {row["state"]: row["count"] for row in await fetch_rows(session, COUNT, {"chains": chains})}


async def count_waiting(session: Session, chains: Sequence[UUID] | None, *, most: int) -> Row:
    """Return how many mails wait for a mail server, at most so many, and since when the first does."""
    (row,) = await fetch_rows(session, WAITING, {"chains": chains, "most": most})
    return row


async def find_mail(session: Session, chains: Sequence[UUID] | None, mail_id: UUID) -> Row | None:
    """Return one mail, if it is of these chains."""
    return await fetch_row(session, FIND, {"chains": chains, "id": mail_id})


async def select_some(session: Session, ids: Sequence[UUID]) -> list[Row]:
    """Return these mails, as far as they are kept."""
    return await fetch_rows(session, STATES, {"ids": list(ids)})


async def start_attempt(session: Session, mail_id: UUID) -> Row | None:
    """Count an attempt and return what to send; None where there is nothing to send any more."""
    return await fetch_row(session, START, {"id": mail_id})


async def settle_mail(session: Session, mail_id: UUID, **outcome: Any) -> None:
    """Write down what came of an attempt: state, error, due_at, letter and now."""
    await change_rows(session, SETTLE, {"id": mail_id, **outcome})


async def hold_back(session: Session, mail_id: UUID) -> None:
    """Let the mail wait until there is a mail server."""
    await change_rows(session, HOLD_BACK, {"id": mail_id})


async def release_waiting(session: Session, *, since: datetime, now: datetime, most: int) -> list[UUID]:
    """Make mails pending that waited for a mail server since then; return which."""
    return [row["id"] for row in await fetch_rows(session, RELEASE, {"since": since, "now": now, "most": most})]


async def give_up_waiting(session: Session, error: str, *, before: datetime, now: datetime, most: int) -> int:
    """Fail mails that waited for a mail server since before then; return how many."""
    parameters = {"error": error, "before": before, "now": now, "most": most}
    return len(await fetch_rows(session, GIVE_UP, parameters))


async def purge_mails(session: Session, *, before: datetime, most: int) -> int:
    """Delete settled mails of before then; return how many."""
    return await change_rows(session, PURGE, {"before": before, "most": most})


async def select_sealed(session: Session) -> list[Row]:
    """Return every sealed letter, locked."""
    return await fetch_rows(session, SEALED, {})


async def replace_sealed(session: Session, items: Sequence[tuple[UUID, str]]) -> None:
    """Write letters that were sealed again."""
    await change_rows(session, RESEAL, {"ids": [one for one, _ in items], "letters": [letter for _, letter in items]})
