"""The table of mails."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class MailRow(Table):
    """One mail to one reader, sealed with everything that it says; without a chain it is about a user's account."""

    __tablename__ = "mails"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'pending', 'sent', 'failed')", name="state"),
        Index(None, "chain_id", "id"),
        Index("ix_mails_waiting", "id", postgresql_where=text("state = 'waiting'")),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID | None] = mapped_column(ForeignKey("chains.id"))
    sealed_letter: Mapped[str]
    state: Mapped[str]
    waits: Mapped[list[int]] = mapped_column(ARRAY(Integer), comment="seconds after each failed attempt but the last")
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
