"""Records say by kind and id who made and who changed them; before, they had only a name that anybody may have."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

CHANGED = ("connection_profiles", "encryption_keys", "export_definitions", "http_templates", "queries", "roles")
MADE = (*CHANGED, "api_keys", "inbound_tokens")


def upgrade() -> None:
    for verb, tables in (("created", MADE), ("updated", CHANGED), ("started", ("runs",))):
        for table in tables:
            op.execute(f"ALTER TABLE {table} ADD COLUMN {verb}_by_kind text, ADD COLUMN {verb}_by_id uuid")
