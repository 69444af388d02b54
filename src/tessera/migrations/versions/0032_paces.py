"""The pace of a profile: what its workers share, and each worker's part of the requests in flight.

Rows are written many times a second while a rate is shared, and read by their key alone: pages keep room, so that a
changed row stays on its page and no index is touched.
"""

from alembic import op

from tessera.migrations.tenancy import protect

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

PACES = """
CREATE TABLE profile_paces (
    profile_id uuid NOT NULL CONSTRAINT pk_profile_paces PRIMARY KEY
      CONSTRAINT fk_profile_paces_profile_id REFERENCES connection_profiles (id) ON DELETE CASCADE,
    chain_id uuid NOT NULL,
    next_start timestamptz,
    held_until timestamptz,
    hold_reason text CONSTRAINT ck_profile_paces_hold_reason
      CHECK (hold_reason IN ('retry_after', 'rate_limit_header')),
    probe_at timestamptz,
    failed_probes integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON COLUMN profile_paces.next_start IS 'where the next slice of the schedule begins';
COMMENT ON COLUMN profile_paces.held_until IS 'before that nobody calls: the receiver asked for it';
COMMENT ON COLUMN profile_paces.probe_at IS 'when the open circuit breaker lets one through; null while it is closed';
"""

SLICES = """
CREATE TABLE profile_slices (
    profile_id uuid NOT NULL CONSTRAINT fk_profile_slices_profile_id
      REFERENCES connection_profiles (id) ON DELETE CASCADE,
    worker text NOT NULL,
    chain_id uuid NOT NULL,
    places integer NOT NULL,
    wanted integer NOT NULL,
    definitions integer NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT pk_profile_slices PRIMARY KEY (profile_id, worker)
) WITH (fillfactor = 50);
COMMENT ON COLUMN profile_slices.places IS 'requests that the worker may have in flight';
COMMENT ON COLUMN profile_slices.wanted IS 'requests that it could have in flight';
COMMENT ON COLUMN profile_slices.definitions IS 'for how many export definitions';
"""


def upgrade() -> None:
    op.execute(PACES)
    op.execute(SLICES)
    protect("profile_paces")
    protect("profile_slices")
