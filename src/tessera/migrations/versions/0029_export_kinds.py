"""Exports of every kind: what a definition selects and where to, runs in shards, a log that lies in weeks.

Runs under way go on: their snapshot, their place in the spool and their open requests move along.
"""

from alembic import op

from tessera.migrations.tenancy import open_to_application, protect

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

DEFINITIONS = """
ALTER TABLE export_definitions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE export_definitions
    ADD COLUMN kind text NOT NULL DEFAULT 'requests',
    ADD COLUMN profile_id uuid CONSTRAINT fk_export_definitions_profile_id REFERENCES connection_profiles (id),
    ADD COLUMN settings jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN selection jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN gates jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN notices jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN thresholds jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN queue text NOT NULL DEFAULT 'normal',
    ADD COLUMN shards integer NOT NULL DEFAULT 1,
    ADD COLUMN owner text,
    ADD COLUMN owner_kind text,
    ADD COLUMN owner_id uuid,
    ADD CONSTRAINT ck_export_definitions_queue CHECK (queue IN ('high', 'normal', 'low')),
    ADD CONSTRAINT ck_export_definitions_shards CHECK (shards BETWEEN 1 AND 32),
    ALTER COLUMN query_id DROP NOT NULL,
    ALTER COLUMN template_id DROP NOT NULL;
UPDATE export_definitions
   SET settings = jsonb_strip_nulls(
         jsonb_build_object('rows_per_request', rows_per_request, 'concurrency', concurrency)),
       -- What was made before gates existed is not held up by them.
       gates = '{"rows": "warn", "removals": "warn", "keys": "warn", "empty": "warn"}',
       owner = CASE WHEN created_by_kind IN ('user', 'api_key') THEN created_by END,
       owner_kind = CASE WHEN created_by_kind IN ('user', 'api_key') THEN created_by_kind END,
       owner_id = CASE WHEN created_by_kind IN ('user', 'api_key') THEN created_by_id END;
ALTER TABLE export_definitions
    DROP COLUMN rows_per_request,
    DROP COLUMN concurrency,
    ALTER COLUMN kind DROP DEFAULT;
ALTER TABLE export_definitions FORCE ROW LEVEL SECURITY;
CREATE INDEX ix_export_definitions_profile_id ON export_definitions (profile_id);
"""

SNAPSHOTS = """
CREATE TABLE run_snapshots (
    id uuid NOT NULL CONSTRAINT pk_run_snapshots PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_run_snapshots_chain_id REFERENCES chains (id),
    definition_id uuid NOT NULL CONSTRAINT fk_run_snapshots_definition_id
        REFERENCES export_definitions (id) ON DELETE CASCADE,
    digest text NOT NULL,
    document jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_run_snapshots_definition_id_digest UNIQUE (definition_id, digest)
);
COMMENT ON COLUMN run_snapshots.digest IS 'of the document, so that runs of the same definition share one';
"""

RUNS = """
ALTER TABLE runs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE runs
    ADD COLUMN snapshot_id uuid,
    ADD COLUMN scheduled_for timestamptz,
    ADD COLUMN parent_id uuid,
    ADD COLUMN queue text NOT NULL DEFAULT 'normal',
    ADD COLUMN period_from timestamptz,
    ADD COLUMN period_to timestamptz,
    ADD COLUMN resent jsonb,
    ADD COLUMN full_refresh boolean NOT NULL DEFAULT false,
    ADD COLUMN removed bigint NOT NULL DEFAULT 0,
    ADD COLUMN findings jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN held_at timestamptz,
    ADD COLUMN released_at timestamptz,
    ADD COLUMN released_by text,
    ADD COLUMN take_overs integer NOT NULL DEFAULT 0,
    ADD COLUMN ending text,
    DROP CONSTRAINT ck_runs_state,
    DROP CONSTRAINT ck_runs_counts;
INSERT INTO run_snapshots (id, chain_id, definition_id, digest, document, created_at)
SELECT gen_random_uuid(), chain_id, definition_id, md5(snapshot::text),
       jsonb_build_object(
         'definition', snapshot -> 'definition', 'definition_version', snapshot -> 'definition_version',
         'kind', 'requests', 'personal', true,
         -- Runs of older versions do not say of which kind the author of their query was.
         'query', '{"created_by_kind": null, "created_by_id": null, "updated_by_kind": null, "updated_by_id": null}'
           || (snapshot -> 'query'),
         'gates', '{"rows": "warn", "removals": "warn", "keys": "warn", "empty": "warn"}'::jsonb,
         'profile_id', snapshot -> 'profile_id', 'profile', snapshot -> 'profile',
         'profile_version', snapshot -> 'profile_version',
         'destination', jsonb_build_object(
           'template', snapshot -> 'template', 'template_version', snapshot -> 'template_version',
           'connector', snapshot -> 'connector', 'shape', snapshot -> 'shape',
           'concurrency', snapshot -> 'concurrency')),
       min(created_at)
  FROM runs GROUP BY chain_id, definition_id, snapshot;
UPDATE runs r
   SET snapshot_id = s.id, take_overs = greatest(0, r.epoch - 1)
  FROM run_snapshots s
 WHERE s.definition_id = r.definition_id AND s.digest = md5(r.snapshot::text);
ALTER TABLE runs
    ALTER COLUMN snapshot_id SET NOT NULL,
    ADD CONSTRAINT fk_runs_snapshot_id FOREIGN KEY (snapshot_id) REFERENCES run_snapshots (id),
    ADD CONSTRAINT ck_runs_state CHECK (
        state IN ('pending', 'running', 'held', 'completed', 'completed_with_errors', 'failed', 'cancelled')),
    ADD CONSTRAINT ck_runs_counts CHECK (
        finished_at IS NULL OR selected IS NULL OR selected + removed = sent + unchanged + failed + skipped),
    ADD CONSTRAINT ck_runs_queue CHECK (queue IN ('high', 'normal', 'low'));
COMMENT ON COLUMN runs.resent IS 'which failed rows of the parent are sent again';
COMMENT ON COLUMN runs.ending IS 'the state in which a shard wants the whole run to end before its last row';
DROP INDEX uq_runs_definition_id_active, ix_runs_lease_until;
CREATE UNIQUE INDEX uq_runs_definition_id_active ON runs (definition_id)
 WHERE state IN ('pending', 'running', 'held');
CREATE UNIQUE INDEX uq_runs_definition_id_scheduled_for ON runs (definition_id, scheduled_for)
 WHERE scheduled_for IS NOT NULL;
CREATE INDEX ix_runs_parent_id ON runs (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ix_runs_snapshot_id ON runs (snapshot_id);
CREATE INDEX ix_runs_active ON runs (created_at) WHERE state IN ('pending', 'running', 'held');
"""

# Written for every few outcomes: narrow, and with room on its page for the next version of a row.
SHARDS = """
CREATE TABLE run_shards (
    run_id uuid NOT NULL CONSTRAINT fk_run_shards_run_id REFERENCES runs (id) ON DELETE CASCADE,
    shard integer NOT NULL,
    first_row integer NOT NULL DEFAULT 1,
    last_row integer,
    planned_row integer NOT NULL DEFAULT 0,
    sent bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    requests integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    epoch integer NOT NULL DEFAULT 0,
    worker text,
    created_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    finished_at timestamptz,
    CONSTRAINT pk_run_shards PRIMARY KEY (run_id, shard)
) WITH (fillfactor = 30);
COMMENT ON COLUMN run_shards.planned_row IS 'spool number up to which rows are in a committed request or failed';
COMMENT ON COLUMN run_shards.epoch IS 'rises with every claim; a write with an older one is void';
CREATE INDEX ix_run_shards_open ON run_shards (created_at) WHERE finished_at IS NULL;
INSERT INTO run_shards (run_id, shard, last_row, planned_row, sent, failed, requests, attempts, bytes, epoch, worker,
                        created_at, lease_until)
SELECT id, 0, selected, planned_row, sent, failed, requests, attempts, bytes, epoch, worker, created_at, lease_until
  FROM runs WHERE state IN ('pending', 'running');
UPDATE runs SET sent = 0, failed = 0, requests = 0, attempts = 0, bytes = 0 WHERE state IN ('pending', 'running');
ALTER TABLE runs
    DROP COLUMN snapshot,
    DROP COLUMN planned_row,
    DROP COLUMN epoch,
    DROP COLUMN lease_until;
"""

LOG = {
    "run_blocks": """
CREATE TABLE run_blocks (
    created_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    first_row integer NOT NULL,
    rows integer NOT NULL,
    data text NOT NULL,
    keys uuid[],
    prints uuid[],
    shown_keys text[],
    changes text,
    CONSTRAINT pk_run_blocks PRIMARY KEY (run_id, first_row, created_at)
) PARTITION BY RANGE (created_at);
-- Compressing it would cost more than it saves: a block is written once and read once.
ALTER TABLE run_blocks ALTER COLUMN data SET STORAGE EXTERNAL;
COMMENT ON COLUMN run_blocks.created_at IS 'when the run was created, as everywhere in its log';
COMMENT ON COLUMN run_blocks.data IS 'the rows, each a JSON array of the columns, with commas between';
COMMENT ON COLUMN run_blocks.keys IS 'a digest of each row''s key columns, where changes only are sent';
COMMENT ON COLUMN run_blocks.prints IS 'a fingerprint of each row';
COMMENT ON COLUMN run_blocks.shown_keys IS 'the key columns of each row as a JSON array';
COMMENT ON COLUMN run_blocks.changes IS 'a letter a row: added, changed, removed, baseline';
""",
    "run_requests": """
CREATE TABLE run_requests (
    created_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    number integer NOT NULL,
    shard integer NOT NULL DEFAULT 0,
    window_number integer NOT NULL,
    parent integer,
    first_row integer NOT NULL,
    last_row integer NOT NULL,
    row_count integer NOT NULL,
    left_out integer[],
    path text NOT NULL,
    key text,
    bytes integer NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    lost_attempts integer NOT NULL DEFAULT 0,
    sent_rows integer NOT NULL DEFAULT 0,
    status integer,
    code text,
    duration_ms real,
    begun_at timestamptz,
    settled_at timestamptz,
    CONSTRAINT pk_run_requests PRIMARY KEY (run_id, number, created_at),
    CONSTRAINT ck_run_requests_state CHECK (
        state IN ('planned', 'begun', 'waiting', 'sent', 'partly_sent', 'failed', 'unknown', 'split', 'skipped'))
) PARTITION BY RANGE (created_at);
COMMENT ON COLUMN run_requests.left_out IS 'rows between first and last that are not in the request';
CREATE INDEX ix_run_requests_open ON run_requests (run_id, number) WHERE state IN ('planned', 'begun', 'waiting');
""",
    "run_attempts": """
CREATE TABLE run_attempts (
    created_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    begun_at timestamptz NOT NULL,
    settled_at timestamptz,
    outcome text,
    status integer,
    code text,
    message text,
    duration_ms real,
    CONSTRAINT pk_run_attempts PRIMARY KEY (run_id, number, attempt, created_at)
) PARTITION BY RANGE (created_at);
""",
    "run_excerpts": """
CREATE TABLE run_excerpts (
    created_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    request text NOT NULL,
    answer text NOT NULL,
    CONSTRAINT pk_run_excerpts PRIMARY KEY (run_id, number, attempt, created_at)
) PARTITION BY RANGE (created_at);
""",
    "run_row_errors": """
CREATE TABLE run_row_errors (
    created_at timestamptz NOT NULL,
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    phase text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    CONSTRAINT pk_run_row_errors PRIMARY KEY (run_id, ordinal, created_at)
) PARTITION BY RANGE (created_at);
""",
}

COLUMNS = {
    "run_requests": "number, window_number, parent, first_row, last_row, row_count, left_out, path, key, bytes, state, "
    "attempts, lost_attempts, sent_rows, status, code, duration_ms, begun_at, settled_at",
    "run_attempts": "number, attempt, begun_at, settled_at, outcome, status, code, message, duration_ms",
    "run_excerpts": "number, attempt, request, answer",
    "run_row_errors": "ordinal, phase, code, message",
}

MOVE_ROWS = """
INSERT INTO run_blocks (created_at, run_id, first_row, rows, data)
SELECT r.created_at, b.run_id, min(b.ordinal), count(*), string_agg(b.row, ',' ORDER BY b.ordinal)
  FROM run_rows b JOIN runs r ON r.id = b.run_id
 GROUP BY r.created_at, b.run_id, (b.ordinal - 1) / 256
"""

# Partitions of the run log are of a week, so that what is kept for days is gone soon after.
WIDTH = """
CREATE OR REPLACE FUNCTION partition_width(journal text) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = tessera, pg_temp
AS $$ SELECT CASE WHEN journal LIKE 'run\\_%' THEN 'week' WHEN journal = 'audit_entries' THEN 'quarter'
             ELSE 'month' END $$;

CREATE FUNCTION partition_span(journal text) RETURNS interval LANGUAGE sql IMMUTABLE
SET search_path = tessera, pg_temp
AS $$ SELECT CASE partition_width(journal) WHEN 'quarter' THEN interval '3 months' WHEN 'month' THEN interval '1 month'
             ELSE interval '7 days' END $$;

CREATE FUNCTION partition_suffix(journal text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = tessera, pg_temp
AS $$ SELECT CASE partition_width(journal) WHEN 'week' THEN 'YYYY_MM_DD' ELSE 'YYYY_MM' END $$;
"""

# What is changed again and again needs room on its page.
OPTIONS = """
CREATE FUNCTION partition_options(journal text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = tessera, pg_temp
AS $$ SELECT CASE journal WHEN 'run_requests' THEN 'fillfactor = 60' WHEN 'run_attempts' THEN 'fillfactor = 70'
             ELSE 'fillfactor = 100' END $$;
"""

ADD = """
CREATE OR REPLACE FUNCTION add_partitions(journal text, since timestamptz, until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = tessera, pg_temp SET timezone = 'UTC' AS $$
DECLARE
  first timestamptz;
  next timestamptz;
  part text;
BEGIN
  PERFORM pg_advisory_xact_lock(7301995);
  EXECUTE format('SELECT date_trunc(%L, least(%L, min(created_at))) FROM %I',
                 partition_width(journal), since, journal || '_default') INTO first;
  WHILE first <= until LOOP
    next := first + partition_span(journal);
    part := journal || '_' || to_char(first, partition_suffix(journal));
    IF to_regclass('tessera.' || part) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)
                      WITH (%s)',
                     part, journal, partition_options(journal));
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', part);
      EXECUTE format('WITH moved AS (DELETE FROM %I WHERE created_at >= %L AND created_at < %L RETURNING *)
                      INSERT INTO %I SELECT * FROM moved', journal || '_default', first, next, part);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', journal, part, first, next);
    END IF;
    first := next;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION list_old_partitions(journal text, until timestamptz) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = tessera, pg_temp SET timezone = 'UTC' AS $$
  SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
   WHERE i.inhparent = journal::regclass AND c.relname <> journal || '_default'
     AND to_timestamp(right(c.relname, length(partition_suffix(journal))), partition_suffix(journal))
         + partition_span(journal) <= until
   ORDER BY c.relname
$$;
"""

# What belongs to a run that may still be going on stays: none takes so long.
DROP = """
CREATE FUNCTION drop_run_log(until timestamptz) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = tessera, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
  journal text;
  part text;
BEGIN
  FOREACH journal IN ARRAY ARRAY['run_blocks', 'run_requests', 'run_attempts', 'run_excerpts', 'run_row_errors'] LOOP
    PERFORM add_partitions(journal, now(), now() + interval '4 weeks');
    FOR part IN SELECT * FROM list_old_partitions(journal, least(until, now() - interval '10 days')) LOOP
      BEGIN
        EXECUTE format('DROP TABLE %I', part);
        RETURN NEXT part;
      EXCEPTION WHEN lock_not_available THEN
        EXIT;
      END;
    END LOOP;
  END LOOP;
END $$;
REVOKE ALL ON FUNCTION partition_span, partition_suffix, partition_options, drop_run_log FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_run_log TO tessera_app;
"""

# One definition's rows lie together, so that its runs and its vacuum look at one partition.
STATES = """
CREATE TABLE export_rows (
    definition_id uuid NOT NULL CONSTRAINT fk_export_rows_definition_id
        REFERENCES export_definitions (id) ON DELETE CASCADE,
    key uuid NOT NULL,
    shown_key text NOT NULL,
    accepted uuid,
    refused uuid,
    refusals integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_export_rows PRIMARY KEY (definition_id, key)
) PARTITION BY HASH (definition_id);
COMMENT ON COLUMN export_rows.key IS 'digest of the key columns';
COMMENT ON COLUMN export_rows.shown_key IS 'the key columns as a JSON array, to name the row when it is gone';
COMMENT ON COLUMN export_rows.accepted IS 'fingerprint of the row as it was last accepted';
COMMENT ON COLUMN export_rows.refused IS 'fingerprint of the row as it was last refused, refusals times in a row';
"""
PARTS = 16


def upgrade() -> None:
    for script in (DEFINITIONS, SNAPSHOTS, RUNS, SHARDS, WIDTH, OPTIONS, ADD):
        op.execute(script)
    protect("run_snapshots")
    protect("run_shards", chain=None)
    for table, script in LOG.items():
        set_aside(table)
        op.execute(script)
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"ALTER TABLE {table}_default ENABLE ROW LEVEL SECURITY")
        op.execute(f"""
            SELECT add_partitions('{table}', least(min(created_at), now()), now() + interval '4 weeks') FROM runs
        """)
        if table == "run_blocks":
            op.execute(MOVE_ROWS)
            op.execute("DROP TABLE run_rows")
            open_to_application(table)
        else:
            columns = COLUMNS[table]
            listed = ", ".join(f"b.{name}" for name in columns.split(", "))
            op.execute(f"""
                INSERT INTO {table} (created_at, run_id, {columns})
                SELECT r.created_at, r.id, {listed} FROM {table}_before b JOIN runs r ON r.id = b.run_id
            """)
            op.execute(f"DROP TABLE {table}_before")
            protect(table, chain=None)
    # Not before the log is moved: what is joined with runs would find none.
    op.execute("ALTER TABLE runs FORCE ROW LEVEL SECURITY")
    op.execute(DROP)
    op.execute(STATES)
    for part in range(PARTS):
        op.execute(f"""
            CREATE TABLE export_rows_{part} PARTITION OF export_rows FOR VALUES WITH (MODULUS {PARTS}, REMAINDER {part})
        """)
        op.execute(f"ALTER TABLE export_rows_{part} ENABLE ROW LEVEL SECURITY")
    protect("export_rows", chain=None)


def set_aside(table: str) -> None:
    if table == "run_blocks":
        op.execute("ALTER TABLE run_rows NO FORCE ROW LEVEL SECURITY")
        return
    op.execute(f"ALTER TABLE {table} RENAME TO {table}_before")
    op.execute(f"ALTER TABLE {table}_before NO FORCE ROW LEVEL SECURITY")
    op.execute(f"""
        DO $$ DECLARE name text; BEGIN
          ALTER TABLE {table}_before DROP CONSTRAINT pk_{table};
          FOR name IN SELECT indexrelid::regclass FROM pg_index WHERE indrelid = '{table}_before'::regclass LOOP
            EXECUTE 'DROP INDEX ' || name;
          END LOOP;
        END $$
    """)
