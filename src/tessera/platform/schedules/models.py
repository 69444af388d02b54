"""Tables of schedules and of the moments at which they fired."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Integer, false, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class ScheduleRow(Table):
    """When an owner fires, by which policies, and when next. What is paused, disabled or over has no next moment."""

    __tablename__ = "schedules"
    __table_args__ = (
        CheckConstraint("overlap IN ('skip', 'after')", name="overlap"),
        Index(None, "owner_kind", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index(None, "owner_kind", "start_by", postgresql_where=text("start_by IS NOT NULL")),
        Index(None, "owner_kind", "paused_at", postgresql_where=text("paused_at IS NOT NULL")),
    )

    owner_kind: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    document: Mapped[dict[str, Any]] = mapped_column(comment="the schedule as it was saved")
    normal_form: Mapped[str | None] = mapped_column(comment="of its CRON expression")
    overlap: Mapped[str]
    catch_up_seconds: Mapped[int] = mapped_column(Integer)
    catch_up_number: Mapped[int] = mapped_column(Integer)
    stagger_seconds: Mapped[int] = mapped_column(Integer)
    pause_after: Mapped[int | None] = mapped_column(Integer)
    started_within_seconds: Mapped[int | None] = mapped_column(Integer)
    finished_within_seconds: Mapped[int | None] = mapped_column(Integer)
    next_at: Mapped[datetime | None]
    armed_at: Mapped[datetime] = mapped_column(comment="the next moment is the first one after this")
    zone_data: Mapped[str] = mapped_column(comment="release of the zone data by which the next moment was found")
    start_by: Mapped[datetime | None] = mapped_column(comment="deadline of the next moment, until it was reported")
    executed_at: Mapped[datetime | None] = mapped_column(comment="when what happens once did")
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"), comment="in a row")
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]


class ScheduleMomentRow(Table):
    """A moment that came, and what became of it. The key is what lets each moment start one run at most."""

    __tablename__ = "schedule_moments"
    __table_args__ = (
        CheckConstraint("outcome IN ('claimed', 'queued', 'started', 'skipped', 'missed')", name="outcome"),
        ForeignKeyConstraint(
            ["owner_kind", "owner_id"], ["schedules.owner_kind", "schedules.owner_id"], ondelete="CASCADE"
        ),
        Index(None, "due_at"),
        Index("ix_schedule_moments_missed", "owner_kind", "due_at", postgresql_where=text("outcome = 'missed'")),
        Index(None, "run_id", postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "ix_schedule_moments_queued",
            "owner_kind",
            "owner_id",
            "due_at",
            postgresql_where=text("outcome = 'queued'"),
        ),
        Index(None, "owner_kind", "starts_at", postgresql_where=text("outcome = 'queued'")),
        Index(None, "owner_kind", "start_by", postgresql_where=text("start_by IS NOT NULL")),
        Index(None, "owner_kind", "finish_by", postgresql_where=text("finish_by IS NOT NULL")),
    )

    owner_kind: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    late: Mapped[bool] = mapped_column(server_default=false())
    recorded_at: Mapped[datetime]
    starts_at: Mapped[datetime | None] = mapped_column(comment="of what is queued; null waits for the run before it")
    run_id: Mapped[UUID | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    succeeded: Mapped[bool | None]
    start_by: Mapped[datetime | None] = mapped_column(comment="deadline, until it was met or reported")
    finish_by: Mapped[datetime | None] = mapped_column(comment="deadline, until it was met or reported")
