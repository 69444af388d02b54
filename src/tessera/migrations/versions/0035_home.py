"""What needs attention is found by indexes of its own: it is little, however much there is of the rest."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INDEXES = (
    (
        "CREATE INDEX ix_runs_ended_badly ON runs (chain_id, created_at DESC)"
        " WHERE state IN ('failed', 'completed_with_errors')"
    ),
    "CREATE INDEX ix_schedules_owner_kind_paused_at ON schedules (owner_kind, paused_at) WHERE paused_at IS NOT NULL",
    "CREATE INDEX ix_schedule_moments_missed ON schedule_moments (owner_kind, due_at) WHERE outcome = 'missed'",
)


def upgrade() -> None:
    for statement in INDEXES:
        op.execute(statement)
