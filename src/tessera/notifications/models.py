"""Tables of subscriptions and deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, text
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
