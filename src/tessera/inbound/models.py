"""Tables of messages that come in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class InboundTokenRow(Table):
    """What opens a profile's door: the token in force, and for a day the one before it."""

    __tablename__ = "inbound_tokens"
    __table_args__ = (UniqueConstraint("digest"), Index(None, "profile_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"))
    digest: Mapped[bytes]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_by_kind: Mapped[str | None]
    created_by_id: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]


class InboundMessageRow(Table):
    """One message and its outcome."""

    __tablename__ = "inbound_messages"
    __table_args__ = (
        CheckConstraint(
            "state IN ('waiting', 'registered', 'updated', 'unchanged', 'ignored', 'rejected')", name="state"
        ),
        Index("uq_inbound_messages_profile_id_dedupe_key", "profile_id", "dedupe_key", unique=True),
        Index("ix_inbound_messages_waiting", "profile_id", "sequence", postgresql_where=text("state = 'waiting'")),
        Index(None, "profile_id", "sequence"),
        Index("ix_inbound_messages_rejected", "profile_id", "sequence", postgresql_where=text("state = 'rejected'")),
        Index(None, "profile_id", "received_at"),
        Index(None, "received_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"))
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    dedupe_key: Mapped[bytes]
    type: Mapped[str]
    name: Mapped[str | None]
    sealed_body: Mapped[str | None]
    size: Mapped[int]
    state: Mapped[str]
    reason: Mapped[str | None]
    detail: Mapped[str | None]
    account_id: Mapped[UUID | None]
    duplicates: Mapped[int] = mapped_column(server_default=text("0"))
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class InboundClockRow(Table):
    """How new a member's values are, by attribute: what an older message must not write over."""

    __tablename__ = "inbound_clocks"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "account_id"], ["accounts.chain_id", "accounts.id"], ondelete="CASCADE"),
        Index(None, "chain_id", "account_id"),
    )

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    moments: Mapped[dict[str, Any]]
