"""Schedules of any owner, and the moments at which they fired."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

SCHEDULES = """
CREATE TABLE schedules (
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    chain_id uuid NOT NULL CONSTRAINT fk_schedules_chain_id REFERENCES chains (id),
    document jsonb NOT NULL,
    normal_form text,
    overlap text NOT NULL CONSTRAINT ck_schedules_overlap CHECK (overlap IN ('skip', 'after')),
    catch_up_seconds integer NOT NULL,
    catch_up_number integer NOT NULL,
    stagger_seconds integer NOT NULL,
    pause_after integer,
    started_within_seconds integer,
    finished_within_seconds integer,
    next_at timestamptz,
    armed_at timestamptz NOT NULL,
    zone_data text NOT NULL,
    start_by timestamptz,
    executed_at timestamptz,
    failures integer NOT NULL DEFAULT 0,
    paused_at timestamptz,
    pause_reason text,
    CONSTRAINT pk_schedules PRIMARY KEY (owner_kind, owner_id)
);
CREATE INDEX ix_schedules_owner_kind_next_at ON schedules (owner_kind, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX ix_schedules_owner_kind_start_by ON schedules (owner_kind, start_by) WHERE start_by IS NOT NULL;
COMMENT ON COLUMN schedules.document IS 'the schedule as it was saved';
COMMENT ON COLUMN schedules.normal_form IS 'of its CRON expression';
COMMENT ON COLUMN schedules.armed_at IS 'the next moment is the first one after this';
COMMENT ON COLUMN schedules.zone_data IS 'release of the zone data by which the next moment was found';
COMMENT ON COLUMN schedules.start_by IS 'deadline of the next moment, until it was reported';
COMMENT ON COLUMN schedules.executed_at IS 'when what happens once did';
COMMENT ON COLUMN schedules.failures IS 'in a row';
"""

MOMENTS = """
CREATE TABLE schedule_moments (
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    chain_id uuid NOT NULL,
    outcome text NOT NULL
      CONSTRAINT ck_schedule_moments_outcome CHECK (outcome IN ('claimed', 'queued', 'started', 'skipped', 'missed')),
    reason text,
    late boolean NOT NULL DEFAULT false,
    recorded_at timestamptz NOT NULL,
    starts_at timestamptz,
    run_id uuid,
    started_at timestamptz,
    finished_at timestamptz,
    succeeded boolean,
    start_by timestamptz,
    finish_by timestamptz,
    CONSTRAINT pk_schedule_moments PRIMARY KEY (owner_kind, owner_id, due_at),
    CONSTRAINT fk_schedule_moments_owner_kind_owner_id FOREIGN KEY (owner_kind, owner_id)
      REFERENCES schedules (owner_kind, owner_id) ON DELETE CASCADE
);
CREATE INDEX ix_schedule_moments_due_at ON schedule_moments (due_at);
CREATE INDEX ix_schedule_moments_run_id ON schedule_moments (run_id) WHERE run_id IS NOT NULL;
CREATE INDEX ix_schedule_moments_queued ON schedule_moments (owner_kind, owner_id, due_at) WHERE outcome = 'queued';
CREATE INDEX ix_schedule_moments_owner_kind_starts_at ON schedule_moments (owner_kind, starts_at)
  WHERE outcome = 'queued';
CREATE INDEX ix_schedule_moments_owner_kind_start_by ON schedule_moments (owner_kind, start_by)
  WHERE start_by IS NOT NULL;
CREATE INDEX ix_schedule_moments_owner_kind_finish_by ON schedule_moments (owner_kind, finish_by)
  WHERE finish_by IS NOT NULL;
COMMENT ON COLUMN schedule_moments.starts_at IS 'of what is queued; null waits for the run before it';
COMMENT ON COLUMN schedule_moments.start_by IS 'deadline, until it was met or reported';
COMMENT ON COLUMN schedule_moments.finish_by IS 'deadline, until it was met or reported';
"""


def upgrade() -> None:
    op.execute(SCHEDULES)
    op.execute(MOMENTS)
    # No dataset shows them.
    protect("schedules", chain=None)
    protect("schedule_moments", chain=None)
