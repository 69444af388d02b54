"""Tables of HTTP templates."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table


class TemplateRow(Authored, Table):
    """The shape of an HTTP request, joined to a query and a profile."""

    __tablename__ = "http_templates"
    __table_args__ = (
        CheckConstraint("template_type IN ('outbound_api')", name="template_type"),
        CheckConstraint("state IN ('incomplete', 'ready')", name="state"),
        CheckConstraint(
            "state = 'incomplete' OR (query_id IS NOT NULL AND profile_id IS NOT NULL)",
            name="whole",
        ),
        Index("uq_http_templates_chain_id_internal_name", "chain_id", func.lower(text("internal_name")), unique=True),
        Index("ix_http_templates_query_id", "query_id"),
        Index("ix_http_templates_profile_id", "profile_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    template_type: Mapped[str] = mapped_column(server_default="outbound_api")
    label: Mapped[str]
    internal_name: Mapped[str]
    query_id: Mapped[UUID | None] = mapped_column(ForeignKey("queries.id"))
    profile_id: Mapped[UUID | None] = mapped_column(ForeignKey("connection_profiles.id"))
    shape: Mapped[dict[str, Any]] = mapped_column(
        comment="method, path, headers, body and limits, as a run snapshots them"
    )
    state: Mapped[str] = mapped_column(server_default="ready")
