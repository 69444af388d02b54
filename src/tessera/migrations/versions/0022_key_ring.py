"""The key ring that the database belongs to, and the queues of jobs that wait."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY_RINGS = """
CREATE TABLE key_rings (
    only_row boolean NOT NULL DEFAULT true CONSTRAINT pk_key_rings PRIMARY KEY
      CONSTRAINT ck_key_rings_only_row CHECK (only_row),
    oldest_key text NOT NULL
);
COMMENT ON COLUMN key_rings.oldest_key IS 'id of the key that digests and database logins come from';
"""

# Read before the key file is: then no other login's password is known.
OPEN_TO_OWNER = "CREATE POLICY deployment ON key_rings TO tessera_owner USING (true) WITH CHECK (true)"

QUEUES = """
UPDATE procrastinate.procrastinate_jobs
   SET queue_name = CASE WHEN task_name = 'exports.execute_run' THEN 'runs' ELSE 'short' END
 WHERE queue_name = 'default'
"""


def upgrade() -> None:
    op.execute(KEY_RINGS)
    protect("key_rings", chain=None)
    op.execute(OPEN_TO_OWNER)
    op.execute(QUEUES)
