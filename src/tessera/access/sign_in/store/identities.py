"""All SQL of identities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from tessera.access.users import USER_COLUMNS
from tessera.platform.db import Row, Session, change_rows, fetch_row

FIND_USER = text(
    f"SELECT {USER_COLUMNS} "  # noqa: S608 - constants
    "FROM identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = :issuer AND i.subject = :subject"
)
INSERT = text(
    "INSERT INTO identities (issuer, subject, user_id, created_at) VALUES (:issuer, :subject, :user_id, :now) "
    "ON CONFLICT DO NOTHING"
)
SET_USED = text("UPDATE identities SET used_at = :now WHERE issuer = :issuer AND subject = :subject")
DELETE_OF = text("DELETE FROM identities WHERE user_id = :user_id")
COUNT = text("SELECT count(*) AS identities FROM identities WHERE issuer = :issuer")


async def find_user(session: Session, issuer: str, subject: str) -> Row | None:
    """Return the user who is this person, enabled or not."""
    return await fetch_row(session, FIND_USER, {"issuer": issuer, "subject": subject})


async def insert_identity(session: Session, issuer: str, subject: str, user_id: UUID, now: datetime) -> bool:
    """Store who a person is; False if they are linked already."""
    values = {"issuer": issuer, "subject": subject, "user_id": user_id, "now": now}
    return await change_rows(session, INSERT, values) == 1


async def set_used(session: Session, issuer: str, subject: str, now: datetime) -> None:
    """Note that a person has signed in."""
    await session.execute(SET_USED, {"issuer": issuer, "subject": subject, "now": now})


async def delete_identities(session: Session, user_id: UUID) -> int:
    """Delete a user's links to providers."""
    return await change_rows(session, DELETE_OF, {"user_id": user_id})


async def count_identities(session: Session, issuer: str) -> int:
    """Return how many people of a provider are users."""
    row = await fetch_row(session, COUNT, {"issuer": issuer})
    return 0 if row is None else int(row["identities"])
