"""The table of the audit log. The application may add to it and read it, never change it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class AuditEntryRow(Table):
    """Who changed what, from what to what."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index(None, "created_at", "id"),
        Index(
            None,
            "chain_id",
            "created_at",
            "id",
            postgresql_include=["actor_name", "actor_id", "object_kind", "action"],
        ),
        Index(None, "object_id", "created_at", "id"),
        Index(None, "object_kind", "created_at", "id"),
        Index(None, "action", "created_at", "id"),
        Index(None, "object_kind", "action", "created_at", "id"),
        Index(
            None,
            "actor_id",
            "created_at",
            "id",
            postgresql_include=["actor_name", "object_kind", "action", "chain_id"],
        ),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), primary_key=True)
    chain_id: Mapped[UUID | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    origin: Mapped[str | None]
    request_id: Mapped[str | None]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID | None]
    object_name: Mapped[str]
    before: Mapped[dict[str, Any] | None]
    after: Mapped[dict[str, Any] | None]


Index(
    "ix_audit_entries_actor",
    func.lower(AuditEntryRow.actor_name),
    AuditEntryRow.created_at,
    AuditEntryRow.id,
    postgresql_include=["actor_name", "actor_id", "object_kind", "action", "chain_id"],
)
