"""Tables of subscriptions and notices, and of the deliveries of both."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table, TransactionId


class SubscriptionRow(Table):
    """A receiver of a chain's events, and how far that has come."""

    __tablename__ = "webhook_subscriptions"
    __table_args__ = (Index(None, "chain_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    label: Mapped[str]
    url: Mapped[str]
    event_names: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    sealed_secret: Mapped[str]
    sealed_former_secret: Mapped[str | None]
    former_secret_until: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    position_transaction_id: Mapped[str] = mapped_column(TransactionId)
    position_sequence: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DeliveryRow(Table):
    """One event on its way to one subscription."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        Index(
            "ix_webhook_deliveries_pending",
            "subscription_id",
            "due_at",
            "id",
            postgresql_where=text("state = 'pending'"),
        ),
        Index("ix_webhook_deliveries_failed", "subscription_id", "id", postgresql_where=text("state = 'failed'")),
        Index(None, "subscription_id", "id"),
        Index(None, "created_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_subscriptions.id", ondelete="CASCADE"))
    chain_id: Mapped[UUID]
    event_sequence: Mapped[int] = mapped_column(BigInteger)
    event_name: Mapped[str]
    body: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class NoticeRow(Table):
    """A notice in words, sent to at least one receiver; its key is sent once in a chain."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("chain_id", "key"),
        Index(None, "chain_id", "id"),
        Index(None, "subject_id", "id"),
        Index(None, "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    key: Mapped[str]
    news: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    subject_label: Mapped[str]
    content: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]


class NoticeDeliveryRow(Table):
    """A notice on its way to one receiver: a mail in the outbox, or a call with a sealed target."""

    __tablename__ = "notice_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed')", name="state"),
        Index(None, "notice_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    notice_id: Mapped[UUID] = mapped_column(ForeignKey("notices.id", ondelete="CASCADE"))
    chain_id: Mapped[UUID]
    channel: Mapped[str]
    recipient: Mapped[str]
    sealed_target: Mapped[str | None]
    mail_id: Mapped[UUID | None] = mapped_column(comment="the mail in the outbox, which knows what became of it")
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class AnnouncedStateRow(Table):
    """What was announced last of a subject, so that the same is not announced again."""

    __tablename__ = "announced_states"

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    count: Mapped[int] = mapped_column(comment="news of this state since then")
    last_key: Mapped[str]
