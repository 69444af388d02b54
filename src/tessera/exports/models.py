"""Tables of export definitions, runs and their log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table

NOW = func.now()
ZERO = text("0")
EMPTY = text("'{}'")


class DefinitionRow(Authored, Table):
    """What leaves, and where to."""

    __tablename__ = "export_definitions"
    __table_args__ = (
        CheckConstraint("queue IN ('high', 'normal', 'low')", name="queue"),
        CheckConstraint("shards BETWEEN 1 AND 32", name="shards"),
        Index(
            "uq_export_definitions_chain_id_internal_name", "chain_id", func.lower(text("internal_name")), unique=True
        ),
        Index("ix_export_definitions_query_id", "query_id"),
        Index("ix_export_definitions_template_id", "template_id"),
        Index("ix_export_definitions_profile_id", "profile_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    label: Mapped[str]
    internal_name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    kind: Mapped[str]
    query_id: Mapped[UUID | None] = mapped_column(ForeignKey("queries.id"))
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("http_templates.id"))
    profile_id: Mapped[UUID | None] = mapped_column(ForeignKey("connection_profiles.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY)
    selection: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY)
    gates: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY)
    notices: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY)
    thresholds: Mapped[dict[str, Any]] = mapped_column(server_default=EMPTY)
    queue: Mapped[str] = mapped_column(server_default="normal")
    shards: Mapped[int] = mapped_column(server_default=text("1"))
    owner: Mapped[str | None]
    owner_kind: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    file_sequence: Mapped[int] = mapped_column(server_default=ZERO)


class SnapshotRow(Table):
    """What runs of a definition work from, as long as it does not change."""

    __tablename__ = "run_snapshots"
    __table_args__ = (UniqueConstraint("definition_id", "digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("export_definitions.id", ondelete="CASCADE"))
    digest: Mapped[str]
    document: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)


class RunRow(Table):
    """One execution of a definition; while it is active, the counts of its shards come on top of its own."""

    __tablename__ = "runs"
    __table_args__ = (CheckConstraint("queue IN ('high', 'normal', 'low')", name="queue"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("export_definitions.id"))
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("run_snapshots.id"))
    parent_id: Mapped[UUID | None]
    trigger: Mapped[str]
    queue: Mapped[str] = mapped_column(server_default="normal")
    started_by: Mapped[str]
    started_by_kind: Mapped[str | None]
    started_by_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(server_default="pending")
    ending: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    scheduled_for: Mapped[datetime | None]
    period_from: Mapped[datetime | None]
    period_to: Mapped[datetime | None]
    resent: Mapped[dict[str, Any] | None]
    full_refresh: Mapped[bool] = mapped_column(server_default=text("false"))
    started_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    released_by: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    selected: Mapped[int | None] = mapped_column(BigInteger)
    removed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    sent: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    unchanged: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    failed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    skipped: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    requests: Mapped[int] = mapped_column(server_default=ZERO)
    attempts: Mapped[int] = mapped_column(server_default=ZERO)
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    findings: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    error_code: Mapped[str | None]
    error: Mapped[str | None]
    worker: Mapped[str | None]
    take_overs: Mapped[int] = mapped_column(server_default=ZERO)
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))


ACTIVE = text("state IN ('pending', 'running', 'held')")
Index("uq_runs_definition_id_active", RunRow.definition_id, unique=True, postgresql_where=ACTIVE)
Index(
    "uq_runs_definition_id_scheduled_for",
    RunRow.definition_id,
    RunRow.scheduled_for,
    unique=True,
    postgresql_where=text("scheduled_for IS NOT NULL"),
)
Index("ix_runs_chain_id_created_at", RunRow.chain_id, RunRow.created_at.desc(), RunRow.id.desc())
Index("ix_runs_definition_id_created_at", RunRow.definition_id, RunRow.created_at.desc())
Index("ix_runs_parent_id", RunRow.parent_id, postgresql_where=text("parent_id IS NOT NULL"))
Index("ix_runs_snapshot_id", RunRow.snapshot_id)
Index(
    "ix_runs_ended_badly",
    RunRow.chain_id,
    RunRow.created_at.desc(),
    postgresql_where=text("state IN ('failed', 'completed_with_errors')"),
)
Index("ix_runs_active", RunRow.created_at, postgresql_where=ACTIVE)


class ShardRow(Table):
    """A part of a run's rows, with its counts and the lease of the worker that sends it; number 0 selects for all."""

    __tablename__ = "run_shards"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    shard: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_row: Mapped[int] = mapped_column(server_default=text("1"))
    last_row: Mapped[int | None]
    planned_row: Mapped[int] = mapped_column(server_default=ZERO)
    sent: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    failed: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    requests: Mapped[int] = mapped_column(server_default=ZERO)
    attempts: Mapped[int] = mapped_column(server_default=ZERO)
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=ZERO)
    epoch: Mapped[int] = mapped_column(server_default=ZERO)
    worker: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    lease_until: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


Index("ix_run_shards_open", ShardRow.created_at, postgresql_where=text("finished_at IS NULL"))


class Logged:
    """What every part of a run's log has: the run, and when that was created, which decides on the partition."""

    __table_args__ = ({"postgresql_partition_by": "RANGE (created_at)"},)

    run_id: Mapped[UUID] = mapped_column(primary_key=True)


class BlockRow(Logged, Table):
    """Some of the rows that a run selected, numbered from 1, each a JSON array of the query's columns."""

    __tablename__ = "run_blocks"

    first_row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    rows: Mapped[int]
    data: Mapped[str]
    keys: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    prints: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    shown_keys: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    changes: Mapped[str | None]


class RequestRow(Logged, Table):
    """One HTTP request of a run and its latest outcome."""

    __tablename__ = "run_requests"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    shard: Mapped[int] = mapped_column(server_default=ZERO)
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
    attempts: Mapped[int] = mapped_column(server_default=ZERO)
    lost_attempts: Mapped[int] = mapped_column(server_default=ZERO)
    sent_rows: Mapped[int] = mapped_column(server_default=ZERO)
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


class AttemptRow(Logged, Table):
    """One try of a request, written before the call and settled after it."""

    __tablename__ = "run_attempts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    begun_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    status: Mapped[int | None]
    code: Mapped[str | None]
    message: Mapped[str | None]
    duration_ms: Mapped[float | None] = mapped_column(REAL)


class ExcerptRow(Logged, Table):
    """What went out and what came back, redacted and cut."""

    __tablename__ = "run_excerpts"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    attempt: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    request: Mapped[str]
    answer: Mapped[str]


class RowErrorRow(Logged, Table):
    """Why one row did not arrive."""

    __tablename__ = "run_row_errors"

    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(primary_key=True)
    phase: Mapped[str]
    code: Mapped[str]
    message: Mapped[str]


class FileRow(Table):
    """The file of a run that leaves as one, and what became of it."""

    __tablename__ = "run_files"
    __table_args__ = (
        CheckConstraint("state IN ('writing', 'uploading', 'uploaded', 'sent', 'failed', 'skipped')", name="state"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    inner_name: Mapped[str]
    control_name: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="writing")
    size: Mapped[int | None] = mapped_column(BigInteger)
    checksum: Mapped[str | None]
    rows: Mapped[int | None] = mapped_column(BigInteger)
    attempts: Mapped[int] = mapped_column(server_default=ZERO)
    created_at: Mapped[datetime] = mapped_column(server_default=NOW)
    uploaded_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    control_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    error: Mapped[str | None]


class RowStateRow(Table):
    """How a row of a definition that sends changes only was last accepted, or refused."""

    __tablename__ = "export_rows"
    __table_args__ = ({"postgresql_partition_by": "HASH (definition_id)"},)

    definition_id: Mapped[UUID] = mapped_column(
        ForeignKey("export_definitions.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[UUID] = mapped_column(primary_key=True)
    shown_key: Mapped[str]
    accepted: Mapped[UUID | None]
    refused: Mapped[UUID | None]
    refusals: Mapped[int] = mapped_column(server_default=ZERO)
    updated_at: Mapped[datetime] = mapped_column(server_default=NOW)


class MomentRow(Table):
    """One line of a run's time line."""

    __tablename__ = "run_moments"
    __table_args__ = (Index("ix_run_moments_run_id", "run_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    message: Mapped[str]
