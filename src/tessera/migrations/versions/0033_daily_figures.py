"""Daily figures of programs: written as changes by the statements they come from, summed up by a chore.

What there is already is counted by the chore as well, a chain at a time, so that nobody waits for it here.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

FIGURES = """
    members bigint NOT NULL DEFAULT 0,
    enrolments bigint NOT NULL DEFAULT 0,
    points bigint NOT NULL DEFAULT 0,
    earned bigint NOT NULL DEFAULT 0,
    burned bigint NOT NULL DEFAULT 0,
    expired bigint NOT NULL DEFAULT 0
"""

TABLES = f"""
CREATE TABLE daily_figures (
    chain_id uuid NOT NULL CONSTRAINT fk_daily_figures_chain_id REFERENCES chains (id),
    program_id uuid NOT NULL,
    day date NOT NULL,
    {FIGURES},
    CONSTRAINT pk_daily_figures PRIMARY KEY (chain_id, program_id, day)
);
COMMENT ON COLUMN daily_figures.day IS 'in UTC';
COMMENT ON COLUMN daily_figures.members IS 'how many more there were at the end of the day than at its start';
COMMENT ON COLUMN daily_figures.points IS 'how many more were outstanding at the end of the day than at its start';

-- What is not yet added to daily_figures, a row or so a statement.
CREATE TABLE figure_changes (
    id bigint GENERATED ALWAYS AS IDENTITY,
    chain_id uuid NOT NULL,
    program_id uuid NOT NULL,
    day date NOT NULL,
    {FIGURES},
    CONSTRAINT pk_figure_changes PRIMARY KEY (id)
);

-- Chains whose figures leave out what was there before the figures were.
CREATE TABLE uncounted_chains (
    chain_id uuid CONSTRAINT pk_uncounted_chains PRIMARY KEY
);
"""

# A balance that is set over the Connector API says what was earned or burned by its difference; the first one of a
# membership brings points from elsewhere. Points that pass between members are neither.
FLOW = """
CREATE FUNCTION figure_of_movement(kind text, points bigint, sequence bigint, transfer_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN kind = 'expire' THEN 'expired'
  WHEN transfer_id IS NOT NULL THEN NULL
  WHEN kind = 'earn' OR (kind = 'set' AND points > 0 AND sequence > 1) THEN 'earned'
  WHEN kind = 'burn' OR (kind = 'set' AND points < 0) THEN 'burned'
END;
"""

# As before, and in the same pass over the movements it counts them: it looks every membership up already. A reversal
# counts as the movement that it undoes.
MOVEMENTS = """
CREATE OR REPLACE FUNCTION check_movements() RETURNS trigger LANGUAGE plpgsql
SET search_path = tessera, pg_catalog SET enable_seqscan = off AS $$
DECLARE broken uuid;
BEGIN
  WITH seen AS MATERIALIZED (
    SELECT added.*, m.program_id, m.balance AS kept,
           (SELECT p.balance FROM points_movements p
             WHERE p.chain_id = added.chain_id AND p.membership_id = added.membership_id
               AND p.sequence < added.sequence
             ORDER BY p.sequence DESC LIMIT 1) AS former,
           CASE WHEN added.reverses IS NULL
             THEN figure_of_movement(added.kind, added.points, added.sequence, added.transfer_id)
             ELSE (SELECT figure_of_movement(p.kind, p.points, p.sequence, p.transfer_id) FROM points_movements p
                    WHERE p.chain_id = added.chain_id AND p.membership_id = added.membership_id
                      AND p.sequence = added.reverses) END AS figure
      FROM added
      LEFT JOIN LATERAL (
        SELECT program_id, balance FROM memberships m
         WHERE m.chain_id = added.chain_id AND m.id = added.membership_id OFFSET 0) AS m ON true
  ), counted AS (
    INSERT INTO figure_changes (chain_id, program_id, day, points, earned, burned, expired)
    SELECT chain_id, program_id, (created_at AT TIME ZONE 'UTC')::date, sum(points),
           coalesce(sum(points) FILTER (WHERE figure = 'earned'), 0),
           coalesce(-sum(points) FILTER (WHERE figure = 'burned'), 0),
           coalesce(-sum(points) FILTER (WHERE figure = 'expired'), 0)
      FROM seen WHERE program_id IS NOT NULL GROUP BY 1, 2, 3
  )
  SELECT membership_id INTO broken FROM seen
   WHERE balance <> coalesce(kept, 0) OR balance <> points + coalesce(former, 0) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the movements of membership % do not add up to its balance', broken
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_memberships_balance';
  END IF;
  RETURN NULL;
END $$;
"""

MEMBERS = """
CREATE FUNCTION count_new_members() RETURNS trigger LANGUAGE plpgsql SET search_path = tessera, pg_catalog AS $$
BEGIN
  INSERT INTO figure_changes (chain_id, program_id, day, members, enrolments)
  SELECT chain_id, program_id, (created_at AT TIME ZONE 'UTC')::date, count(*), count(*) FROM added GROUP BY 1, 2, 3;
  RETURN NULL;
END $$;
CREATE TRIGGER count_new_members AFTER INSERT ON memberships
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_new_members();
"""

# Row by row, for these are few, and statements that only move points do not come here at all. The points that the same
# statement adds to a membership are counted with its movement, under the program that it has afterwards.
MOVES = """
CREATE FUNCTION count_moved_members() RETURNS trigger LANGUAGE plpgsql SET search_path = tessera, pg_catalog AS $$
DECLARE today date := (coalesce(NEW.deleted_at, NEW.updated_at) AT TIME ZONE 'UTC')::date;
BEGIN
  IF OLD.deleted_at IS NULL THEN
    INSERT INTO figure_changes (chain_id, program_id, day, members, points)
    VALUES (OLD.chain_id, OLD.program_id, today, -1,
            -coalesce(CASE WHEN NEW.deleted_at IS NULL THEN OLD.balance ELSE NEW.balance END, 0));
  END IF;
  IF NEW.deleted_at IS NULL THEN
    INSERT INTO figure_changes (chain_id, program_id, day, members, points)
    VALUES (NEW.chain_id, NEW.program_id, today, 1, coalesce(OLD.balance, 0));
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER count_moved_members AFTER UPDATE OF deleted_at, program_id ON memberships
  FOR EACH ROW
  WHEN (OLD.deleted_at IS DISTINCT FROM NEW.deleted_at OR OLD.program_id IS DISTINCT FROM NEW.program_id)
  EXECUTE FUNCTION count_moved_members();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("ALTER TABLE chains NO FORCE ROW LEVEL SECURITY")
    op.execute("INSERT INTO uncounted_chains SELECT id FROM chains")
    op.execute("ALTER TABLE chains FORCE ROW LEVEL SECURITY")
    for table in ("daily_figures", "figure_changes", "uncounted_chains"):
        protect(table)
    for script in (FLOW, MOVEMENTS, MEMBERS, MOVES):
        op.execute(script)
