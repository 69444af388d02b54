"""Export definitions, runs, and the log of every request."""

from alembic import op

from tessera.migrations.tenancy import open_to_application, protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DEFINITIONS = """
CREATE TABLE export_definitions (
    id uuid NOT NULL CONSTRAINT pk_export_definitions PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_export_definitions_chain_id REFERENCES chains (id),
    label text NOT NULL,
    internal_name text NOT NULL,
    description text NOT NULL DEFAULT '',
    query_id uuid NOT NULL CONSTRAINT fk_export_definitions_query_id REFERENCES queries (id),
    template_id uuid NOT NULL CONSTRAINT fk_export_definitions_template_id REFERENCES http_templates (id),
    rows_per_request integer,
    concurrency integer,
    enabled boolean NOT NULL DEFAULT true,
    version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL,
    CONSTRAINT ck_export_definitions_rows_per_request CHECK (rows_per_request BETWEEN 1 AND 1000),
    CONSTRAINT ck_export_definitions_concurrency CHECK (concurrency BETWEEN 1 AND 256)
);
CREATE UNIQUE INDEX uq_export_definitions_chain_id_internal_name
    ON export_definitions (chain_id, lower(internal_name));
CREATE INDEX ix_export_definitions_query_id ON export_definitions (query_id);
CREATE INDEX ix_export_definitions_template_id ON export_definitions (template_id);
"""

RUNS = """
CREATE TABLE runs (
    id uuid NOT NULL CONSTRAINT pk_runs PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_runs_chain_id REFERENCES chains (id),
    definition_id uuid NOT NULL CONSTRAINT fk_runs_definition_id REFERENCES export_definitions (id),
    trigger text NOT NULL,
    started_by text NOT NULL,
    state text NOT NULL DEFAULT 'pending',
    snapshot jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    selected bigint,
    sent bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    requests integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    bytes bigint NOT NULL DEFAULT 0,
    planned_row bigint NOT NULL DEFAULT 0,
    error_code text,
    error text,
    worker text,
    epoch integer NOT NULL DEFAULT 0,
    lease_until timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    CONSTRAINT ck_runs_state CHECK (
        state IN ('pending', 'running', 'completed', 'completed_with_errors', 'failed', 'cancelled')),
    CONSTRAINT ck_runs_counts CHECK (
        finished_at IS NULL OR selected IS NULL OR selected = sent + unchanged + failed + skipped)
);
COMMENT ON COLUMN runs.planned_row IS 'spool number up to which rows are in a committed request or failed';
COMMENT ON COLUMN runs.epoch IS 'rises with every claim; a write with an older one is void';
CREATE UNIQUE INDEX uq_runs_definition_id_active ON runs (definition_id) WHERE state IN ('pending', 'running');
CREATE INDEX ix_runs_chain_id_created_at ON runs (chain_id, created_at DESC, id DESC);
CREATE INDEX ix_runs_definition_id_created_at ON runs (definition_id, created_at DESC);
CREATE INDEX ix_runs_lease_until ON runs (lease_until) WHERE state IN ('pending', 'running');
"""

# The spool and the log are written at thousands of lines a second: no foreign keys and no secondary indexes that only
# a page would use. Text, not JSON: the selection wrote it as JSON, and nobody asks the database about its inside.
LOG = """
CREATE TABLE run_rows (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    row text NOT NULL,
    CONSTRAINT pk_run_rows PRIMARY KEY (run_id, ordinal)
);
CREATE TABLE run_requests (
    run_id uuid NOT NULL,
    number integer NOT NULL,
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
    CONSTRAINT pk_run_requests PRIMARY KEY (run_id, number),
    CONSTRAINT ck_run_requests_state CHECK (
        state IN ('planned', 'begun', 'waiting', 'sent', 'partly_sent', 'failed', 'unknown', 'split', 'skipped'))
) WITH (fillfactor = 60);
COMMENT ON COLUMN run_requests.left_out IS 'rows between first and last that are not in the request';
CREATE INDEX ix_run_requests_open ON run_requests (run_id, number) WHERE state IN ('planned', 'begun', 'waiting');
CREATE TABLE run_attempts (
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
    CONSTRAINT pk_run_attempts PRIMARY KEY (run_id, number, attempt)
) WITH (fillfactor = 70);
CREATE TABLE run_excerpts (
    run_id uuid NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    request text NOT NULL,
    answer text NOT NULL,
    CONSTRAINT pk_run_excerpts PRIMARY KEY (run_id, number, attempt)
);
CREATE TABLE run_row_errors (
    run_id uuid NOT NULL,
    ordinal integer NOT NULL,
    phase text NOT NULL,
    code text NOT NULL,
    message text NOT NULL,
    CONSTRAINT pk_run_row_errors PRIMARY KEY (run_id, ordinal)
);
CREATE TABLE run_moments (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_run_moments PRIMARY KEY,
    run_id uuid NOT NULL CONSTRAINT fk_run_moments_run_id REFERENCES runs (id) ON DELETE CASCADE,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    message text NOT NULL
);
CREATE INDEX ix_run_moments_run_id ON run_moments (run_id, id);
"""


def upgrade() -> None:
    for script in (DEFINITIONS, RUNS, LOG):
        op.execute(script)
    protect("export_definitions")
    protect("runs")
    open_to_application("run_rows")
    for table in ("run_requests", "run_attempts", "run_excerpts", "run_row_errors", "run_moments"):
        protect(table, chain=None)
