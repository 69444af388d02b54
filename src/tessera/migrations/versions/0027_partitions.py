"""Events lie in a partition a month, audit entries in one a quarter: what is old is dropped, not deleted row by row.

Nothing outside reads or writes a partition: logins have no rights on one, and go through the table.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

EVENTS = """
CREATE TABLE events (
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    chain_id uuid NOT NULL,
    name text NOT NULL,
    subject_id uuid NOT NULL,
    payload jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_events PRIMARY KEY (sequence, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX ix_events_chain_id_transaction_id_sequence ON events (chain_id, transaction_id, sequence);
"""

AUDIT = """
CREATE TABLE audit_entries (
    id bigint GENERATED ALWAYS AS IDENTITY,
    created_at timestamptz NOT NULL DEFAULT now(),
    chain_id uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    actor_name text NOT NULL,
    origin text,
    request_id text,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid,
    object_name text NOT NULL,
    before jsonb,
    after jsonb,
    CONSTRAINT pk_audit_entries PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX ix_audit_entries_created_at_id ON audit_entries (created_at, id);
CREATE INDEX ix_audit_entries_chain_id_created_at_id ON audit_entries (chain_id, created_at, id)
  INCLUDE (actor_name, actor_id, object_kind, action);
CREATE INDEX ix_audit_entries_object_id_created_at_id ON audit_entries (object_id, created_at, id);
CREATE INDEX ix_audit_entries_object_kind_created_at_id ON audit_entries (object_kind, created_at, id);
CREATE INDEX ix_audit_entries_action_created_at_id ON audit_entries (action, created_at, id);
CREATE INDEX ix_audit_entries_object_kind_action_created_at_id ON audit_entries (object_kind, action, created_at, id);
CREATE INDEX ix_audit_entries_actor ON audit_entries (lower(actor_name), created_at, id)
  INCLUDE (actor_name, actor_id, object_kind, action, chain_id);
CREATE INDEX ix_audit_entries_actor_id_created_at_id ON audit_entries (actor_id, created_at, id)
  INCLUDE (actor_name, object_kind, action, chain_id);
"""

# Audit entries are kept for years, and every look into them plans for every partition: so they have longer ones.
WIDTH = """
CREATE FUNCTION partition_width(journal text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = tessera, pg_temp
AS $$ SELECT CASE journal WHEN 'audit_entries' THEN 'quarter' ELSE 'month' END $$;
"""

# Rows whose time has no partition are kept all the same; they move into it when it is made. It is attached rather
# than created in place, so that nobody who writes to the table waits.
ADD = """
CREATE FUNCTION add_partitions(journal text, since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = tessera, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  width text := partition_width(journal);
  first timestamptz;
  next timestamptz;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(7301995);
  EXECUTE format('SELECT date_trunc(%L, least(%L, min(created_at))) FROM %I', width, since, journal || '_default')
     INTO first;
  WHILE first <= until LOOP
    next := first + CASE width WHEN 'quarter' THEN interval '3 months' ELSE interval '1 month' END;
    part := journal || to_char(first, '_YYYY_MM');
    IF to_regclass('tessera.' || part) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS)', part, journal);
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
      EXECUTE format('WITH moved AS (DELETE FROM %I WHERE created_at >= %L AND created_at < %L RETURNING *)
                      INSERT INTO %I SELECT * FROM moved', journal || '_default', first, next, part);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', journal, part, first, next);
    END IF;
    first := next;
  END LOOP;
END $$;
"""

# Those that ended before, the oldest first.
OLD = """
CREATE FUNCTION list_old_partitions(journal text, until timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = tessera, pg_temp SET timezone = 'UTC' AS $$
  SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = journal::regclass AND c.relname <> journal || '_default'
     AND to_timestamp(right(c.relname, 7), 'YYYY_MM')
         + CASE partition_width(journal) WHEN 'quarter' THEN interval '3 months' ELSE interval '1 month' END <= until
   ORDER BY c.relname
$$;
"""

# The furthest position that goes is found by the end of each chain's index. A partition whose lock is not to
# be had, or in which a transaction is not over, stays until the next time.
DROP_EVENTS = """
CREATE FUNCTION drop_events(until timestamptz) RETURNS TABLE (transaction_id xid8, sequence bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tessera, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  part text;
BEGIN
  PERFORM add_partitions('events', now(), now() + interval '3 months');
  FOR part IN SELECT * FROM list_old_partitions('events', until) LOOP
    BEGIN
      LOCK TABLE ONLY events IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', part);
      EXECUTE format('
        WITH RECURSIVE every AS (
          (SELECT chain_id FROM %1$I ORDER BY chain_id LIMIT 1)
          UNION ALL
          SELECT (SELECT e.chain_id FROM %1$I e WHERE e.chain_id > every.chain_id ORDER BY e.chain_id LIMIT 1)
            FROM every WHERE every.chain_id IS NOT NULL
        )
        SELECT last.transaction_id, last.sequence FROM every CROSS JOIN LATERAL (
          SELECT e.transaction_id, e.sequence FROM %1$I e WHERE e.chain_id = every.chain_id
           ORDER BY e.transaction_id DESC, e.sequence DESC LIMIT 1) AS last
         ORDER BY last.transaction_id DESC, last.sequence DESC LIMIT 1', part) INTO transaction_id, sequence;
      EXIT WHEN transaction_id >= pg_snapshot_xmin(pg_current_snapshot());
      EXECUTE format('DROP TABLE %I', part);
      RETURN NEXT;
    EXCEPTION WHEN lock_not_available THEN
      EXIT;
    END;
  END LOOP;
END $$;
"""

# The application may not delete entries itself, and what is younger than a month nobody drops.
DROP_AUDIT = """
CREATE FUNCTION drop_audit_entries(until timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tessera, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  part text;
BEGIN
  PERFORM add_partitions('audit_entries', now(), now() + interval '3 months');
  FOR part IN SELECT * FROM list_old_partitions('audit_entries', least(until, now() - interval '30 days')) LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', part);
      RETURN NEXT part;
    EXCEPTION WHEN lock_not_available THEN
      EXIT;
    END;
  END LOOP;
END $$;
"""

RIGHTS = """
DROP FUNCTION forget_audit_entries;
REVOKE ALL ON FUNCTION partition_width, add_partitions, list_old_partitions, drop_events, drop_audit_entries
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_events, drop_audit_entries TO tessera_app;
"""

# (table, its counting column, the table as it is made now, what the application may do)
JOURNALS = (
    ("events", "sequence", EVENTS, "SELECT, INSERT, UPDATE"),
    ("audit_entries", "id", AUDIT, "SELECT, INSERT"),
)


def upgrade() -> None:
    for script in (WIDTH, ADD, OLD):
        op.execute(script)
    for table, number, script, grants in JOURNALS:
        set_aside(table, number)
        op.execute(script)
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY")
        op.execute(f"""
            SELECT add_partitions('{table}', least(min(created_at), now()), now() + interval '3 months')
              FROM {table}_before
        """)
        op.execute(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE TABLE {table}_before")
        op.execute(f"""
            SELECT setval('{table}_{number}_seq', last_value, is_called) FROM {table}_{number}_before
        """)
        op.execute(f"DROP TABLE {table}_before")
        protect(table, grants=grants)
    for script in (DROP_EVENTS, DROP_AUDIT, RIGHTS):
        op.execute(script)


def set_aside(table: str, number: str) -> None:
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"ALTER TABLE {table}_before NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER SEQUENCE {table}_{number}_seq RENAME TO {table}_{number}_before")
    # Names of indexes are given once in a schema.
    op.execute(f"""
        DO $$ DECLARE name text; BEGIN
          ALTER TABLE {table}_before DROP CONSTRAINT pk_{table};
          FOR name IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '{table}_before'::regclass LOOP
            EXECUTE 'DROP INDEX ' || name;
          END LOOP;
        END $$
    """)
