"""What Alembic runs: every open migration in one transaction on the connection it was given."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table_schema="tessera")
with context.begin_transaction():
    context.run_migrations()
