"""The key ring that the database belongs to, the queues of jobs that wait, and an end for old audit entries."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0021"
down_revision = "0020"
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


# The audit log is never changed, and what is younger than a month is not deleted. Only this function sees the rows.
FORGET_AUDIT_ENTRIES = """
CREATE POLICY retention ON audit_entries TO tessera_owner
  USING (current_setting('tessera.retention', true) = 'on') WITH CHECK (false);
CREATE FUNCTION forget_audit_entries(until timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tessera, pg_temp AS $$
DECLARE
  gone bigint;
BEGIN
  PERFORM set_config('tessera.retention', 'on', true);
  DELETE FROM audit_entries WHERE id IN (
    SELECT id FROM audit_entries WHERE created_at < least(until, now() - interval '30 days')
     ORDER BY created_at, id LIMIT most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('tessera.retention', '', true);
  RETURN gone;
END $$;
REVOKE ALL ON FUNCTION forget_audit_entries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION forget_audit_entries TO tessera_app;
"""


def upgrade() -> None:
    op.execute(KEY_RINGS)
    protect("key_rings", chain=None)
    op.execute(OPEN_TO_OWNER)
    op.execute(QUEUES)
    op.execute(FORGET_AUDIT_ENTRIES)
