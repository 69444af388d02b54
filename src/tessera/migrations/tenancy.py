"""Row security of a new table: what each role may see and do in it."""

from alembic import op

EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"


def protect(table: str, chain: str | None = "chain_id", *, grants: str = EVERYTHING) -> None:
    """Open the table to the application, and to the dataset views for the rows of the bound chain only.

    `chain` is the expression that gives a row's chain; without one the views see no row of the table. The owner is
    confined as well: a migration that changes rows runs `ALTER TABLE … NO FORCE ROW LEVEL SECURITY` before, and
    `FORCE` after.
    """
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"GRANT {grants} ON {table} TO tessera_app")
    op.execute(f"CREATE POLICY application ON {table} TO tessera_app USING (true) WITH CHECK (true)")
    if chain:
        # The select makes it one call a query, not one a row.
        bound = f"{chain} = (SELECT tessera.bound_chain())"
        op.execute(f"CREATE POLICY bound_chain ON {table} FOR SELECT TO tessera_owner USING ({bound})")


def open_to_application(table: str) -> None:
    """Open a table to the application alone, without row security, which does not go together with COPY FROM.

    No view may read such a table: nothing would confine it to a chain.
    """
    op.execute(f"GRANT {EVERYTHING} ON {table} TO tessera_app")
