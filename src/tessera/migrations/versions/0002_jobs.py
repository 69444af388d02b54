"""The job queue's own tables, in a schema of their own."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

GRANTS = """
GRANT USAGE ON SCHEMA procrastinate TO tessera_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA procrastinate TO tessera_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA procrastinate TO tessera_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA procrastinate TO tessera_app;
"""


def upgrade() -> None:
    # The library's script is many statements without a schema: it runs on the driver's own connection, where
    # percent signs are text, and lands where the search path points.
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute("SET LOCAL search_path = procrastinate, pg_catalog")
    driver.execute(SchemaManager.get_schema())
    driver.execute("SET LOCAL search_path = tessera, procrastinate, pg_catalog")
    driver.execute(GRANTS)
