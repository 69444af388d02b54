"""Tables of export definitions, runs and their log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, REAL, BigInteger, CheckConstraint, ForeignKey, Identity, Index, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table

NOW = func.now()


class DefinitionRow(Authored, Table):
    """What leaves, and where to."""

    __tablename__ = "export_definitions"
    __table_args__ = (
        CheckConstraint("rows_per_request BETWEEN 1 AND 1000", name="rows_per_request"),
        CheckConstraint("concurrency BETWEEN 1 AND 256", name="concurrency"),
        Index(
            "uq_export_definitions_chain_id_internal_name", "chain_id", func.lower(text("internal_name")), unique=True
        ),
        Index("ix_export_definitions_query_id", "query_id"),
        Index("ix_export_definitions_template_id", "template_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    label: Mapped[str]
    internal_name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    query_id: Mapped[UUID] = mapped_column(ForeignKey("queries.id"))
    template_id: Mapped[UUID] = mapped_column(ForeignKey("http_templates.id"))
    rows_per_request: Mapped[int | None]
    concurrency: Mapped[int | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class RunRow(Table):
    """One execution of a definition, with its counts and its lease."""

    __tablename__ = "runs"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("export_definitions.id"))
    trigger: Mapped[str]
    started_by: Mapped[str]
    started_by_kind: Mapped[str | None]
    started_by_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="pending")
    snapshot: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    selected: Mapped[int | None] = mapped_column(BigInteger)
    sent: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unchanged: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    failed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    skipped: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    requests: Mapped[int] = mapped_column(server_default=text("0"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    planned_row: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    worker: Mapped[str | None]
    epoch: Mapped[int] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))


ACTIVE = text("state IN ('pending', 'running')")
Index("uq_runs_definition_id_active", RunRow.definition_id, unique=True, postgresql_where=ACTIVE)
Index("ix_runs_chain_id_created_at", RunRow.chain_id, RunRow.created_at.desc(), RunRow.id.desc())
Index("ix_runs_definition_id_created_at", RunRow.definition_id, RunRow.created_at.desc())
Index("ix_runs_lease_until", RunRow.lease_until, postgresql_where=ACTIVE)


class SpooledRow(Table):
    """One selected row, numbered from 1, as a JSON array of the query's columns."""

    __tablename__ = "run_rows"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    row: Mapped[str]


class RequestRow(Table):
    """One HTTP request of a run and its latest outcome."""

    __tablename__ = "run_requests"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    window_number: Mapped[int]
    parent: Mapped[int | None]
    first_row: Mapped[int]
    last_row: Mapped[int]
    row_count: Mapped[int]
    left_out: Mapped[list[int] | None] = mapped_column(ARRAY(Integer))
    path: Mapped[str]
    key: Mapped[str | None]
    bytes: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lost_attempts: Mapped[int] = mapped_column(server_default=text("0"))
    sent_rows: Mapped[int] = mapped_column(server_default=text("0"))
    status: Mapped[int | None]
    code: Mapped[str | None]
    duration_ms: Mapped[float | None] = mapped_column(REAL)
    begun_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


Index(
    "ix_run_requests_open",
    RequestRow.run_id,
    RequestRow.number,
    postgresql_where=text("state IN ('planned', 'begun', 'waiting')"),
)


class AttemptRow(Table):
    """One try of a request, written before the call and settled after it."""

    __tablename__ = "run_attempts"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    begun_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    status: Mapped[int | None]
    code: Mapped[str | None]
    message: Mapped[str | None]
    duration_ms: Mapped[float | None] = mapped_column(REAL)


class ExcerptRow(Table):
    """What went out and what came back, redacted and cut."""

    __tablename__ = "run_excerpts"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    request: Mapped[str]
    answer: Mapped[str]


class RowErrorRow(Table):
    """Why one row did not arrive."""

    __tablename__ = "run_row_errors"

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phase: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]


class MomentRow(Table):
    """One line of a run's time line."""

    __tablename__ = "run_moments"
    __table_args__ = (Index("ix_run_moments_run_id", "run_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    message: Mapped[str]
