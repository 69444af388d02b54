"""Tables of what workers share about the pace of a profile."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class ProfilePaceRow(Table):
    """What all workers that call through a profile share."""

    __tablename__ = "profile_paces"
    __table_args__ = (CheckConstraint("hold_reason IN ('retry_after', 'rate_limit_header')", name="hold_reason"),)

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    next_start: Mapped[datetime | None] = mapped_column(comment="where the next slice of the schedule begins")
    held_until: Mapped[datetime | None] = mapped_column(comment="before that nobody calls: the receiver asked for it")
    hold_reason: Mapped[str | None]
    probe_at: Mapped[datetime | None] = mapped_column(
        comment="when the open circuit breaker lets one through; null while it is closed"
    )
    failed_probes: Mapped[int] = mapped_column(server_default=text("0"))


class ProfileSliceRow(Table):
    """One worker's part of the requests in flight through a profile; it expires with its worker."""

    __tablename__ = "profile_slices"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    places: Mapped[int] = mapped_column(comment="requests that the worker may have in flight")
    wanted: Mapped[int] = mapped_column(comment="requests that it could have in flight")
    definitions: Mapped[int] = mapped_column(comment="for how many export definitions")
    expires_at: Mapped[datetime]
