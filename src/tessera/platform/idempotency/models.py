"""The table of kept answers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class KeptAnswerRow(Table):
    """One call and, once it ended well, its answer. Without a status the call is under way, or died on its way."""

    __tablename__ = "kept_answers"
    __table_args__ = (Index(None, "created_at"),)

    actor_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_digest: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    sealed_body: Mapped[str | None] = mapped_column(comment="an answer may hold a secret that is shown once")
    created_at: Mapped[datetime]
    claimed_until: Mapped[datetime]
