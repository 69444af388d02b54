"""Exports as files: what became of the file of each run, and how many files a definition has numbered."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

NUMBERS = "ALTER TABLE export_definitions ADD COLUMN file_sequence integer NOT NULL DEFAULT 0"

FILES = """
CREATE TABLE run_files (
    run_id uuid NOT NULL CONSTRAINT pk_run_files PRIMARY KEY
        CONSTRAINT fk_run_files_run_id REFERENCES runs (id) ON DELETE CASCADE,
    name text NOT NULL,
    inner_name text NOT NULL,
    control_name text,
    state text NOT NULL DEFAULT 'writing',
    size bigint,
    checksum text,
    rows bigint,
    attempts integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    uploaded_at timestamptz,
    published_at timestamptz,
    control_at timestamptz,
    error_code text,
    error text,
    CONSTRAINT ck_run_files_state CHECK (
        state IN ('writing', 'uploading', 'uploaded', 'sent', 'failed', 'skipped'))
);
COMMENT ON COLUMN run_files.name IS 'below the root path; the same on every attempt';
COMMENT ON COLUMN run_files.control_name IS 'null where no control file is wanted';
COMMENT ON COLUMN run_files.checksum IS 'SHA-256 of the file as it is stored';
COMMENT ON COLUMN run_files.attempts IS 'how often a worker began to transfer it';
"""


def upgrade() -> None:
    op.execute(NUMBERS)
    op.execute(FILES)
    protect("run_files", chain=None)
