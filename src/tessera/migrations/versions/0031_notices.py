"""Notices with their deliveries, what was announced last, and an outbox of mails, filled from the queue."""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

MAILS = """
CREATE TABLE mails (
    id uuid CONSTRAINT pk_mails PRIMARY KEY,
    chain_id uuid CONSTRAINT fk_mails_chain_id REFERENCES chains (id),
    sealed_letter text NOT NULL,
    state text NOT NULL CONSTRAINT ck_mails_state CHECK (state IN ('waiting', 'pending', 'sent', 'failed')),
    waits integer[] NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);
CREATE INDEX ix_mails_chain_id_id ON mails (chain_id, id);
CREATE INDEX ix_mails_waiting ON mails (id) WHERE state = 'waiting';
CREATE INDEX ix_mails_created_at ON mails (created_at);
COMMENT ON COLUMN mails.waits IS 'seconds after each failed attempt but the last';
"""

# Letters lay in the arguments of their jobs, sealed for the same purpose. Ids begin with the moment, as all here do.
MOVE = r"""
WITH moved AS MATERIALIZED (
  SELECT id AS job_id,
         overlay(gen_random_uuid()::text PLACING
           regexp_replace(
             lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint), 12, '0'), '(.{8})(.{4})', '\1-\2-7')
           FROM 1 FOR 15)::uuid AS mail_id, args ->> 'sealed' AS sealed, attempts
    FROM procrastinate.procrastinate_jobs
   WHERE task_name = 'mail.send' AND args ? 'sealed' AND status IN ('todo', 'doing')
), kept AS (
  INSERT INTO mails (id, sealed_letter, state, waits, attempts, due_at, created_at)
  SELECT mail_id, sealed, 'pending', '{2,4,8,16,32,64,128,256,512,1024,2048,4096}', least(attempts, 12), now(), now()
    FROM moved
)
UPDATE procrastinate.procrastinate_jobs j
   SET args = jsonb_build_object('mail_id', moved.mail_id)
  FROM moved WHERE j.id = moved.job_id
"""

NOTICES = """
CREATE TABLE notices (
    id uuid CONSTRAINT pk_notices PRIMARY KEY,
    chain_id uuid NOT NULL CONSTRAINT fk_notices_chain_id REFERENCES chains (id),
    key text NOT NULL,
    news text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    subject_label text NOT NULL,
    content jsonb NOT NULL,
    happened_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_notices_chain_id_key UNIQUE (chain_id, key)
);
CREATE INDEX ix_notices_chain_id_id ON notices (chain_id, id);
CREATE INDEX ix_notices_subject_id_id ON notices (subject_id, id);
CREATE INDEX ix_notices_created_at ON notices (created_at);

CREATE TABLE notice_deliveries (
    id uuid CONSTRAINT pk_notice_deliveries PRIMARY KEY,
    notice_id uuid NOT NULL
        CONSTRAINT fk_notice_deliveries_notice_id REFERENCES notices (id) ON DELETE CASCADE,
    chain_id uuid NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    sealed_target text,
    mail_id uuid,
    state text NOT NULL
        CONSTRAINT ck_notice_deliveries_state CHECK (state IN ('pending', 'delivered', 'failed')),
    attempts integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    claimed_until timestamptz,
    last_status integer,
    last_error text,
    settled_at timestamptz
);
CREATE INDEX ix_notice_deliveries_notice_id_id ON notice_deliveries (notice_id, id);
COMMENT ON COLUMN notice_deliveries.mail_id IS 'the mail in the outbox, which knows what became of it';

CREATE TABLE announced_states (
    chain_id uuid NOT NULL CONSTRAINT fk_announced_states_chain_id REFERENCES chains (id),
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    topic text NOT NULL,
    state text NOT NULL,
    since timestamptz NOT NULL,
    count integer NOT NULL,
    last_key text NOT NULL,
    CONSTRAINT pk_announced_states PRIMARY KEY (chain_id, subject_kind, subject_id, topic)
);
COMMENT ON COLUMN announced_states.count IS 'news of this state since then';
"""


def upgrade() -> None:
    op.execute(MAILS)
    op.execute(MOVE)
    op.execute(NOTICES)
    for table in ("mails", "notices", "notice_deliveries", "announced_states"):
        protect(table, chain=None)
