"""The database: engine, sessions, roles, migrations, and the embedded server."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.db.addresses import database_name, shown_address, with_database
    from tessera.platform.db.arrays import as_array
    from tessera.platform.db.embedded import EmbeddedServer
    from tessera.platform.db.engine import Database, Session, driver
    from tessera.platform.db.errors import (
        ChangedMeanwhileError,
        DatabaseAddressError,
        DatabaseRolesError,
        DatabaseStartError,
        DatabaseTimeoutError,
        DatabaseUnavailableError,
        DatabaseVersionError,
        MigrationError,
    )
    from tessera.platform.db.explanations import explain_database_error
    from tessera.platform.db.migrations import is_current, migrate
    from tessera.platform.db.readers import Reader
    from tessera.platform.db.roles import app_address, query_address, render_roles_sql
    from tessera.platform.db.statements import Row, change_rows, fetch_row, fetch_rows
    from tessera.platform.db.tables import Table, metadata, moment
    from tessera.platform.db.tuples import run_statement
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ChangedMeanwhileError",
    "Database",
    "DatabaseAddressError",
    "DatabaseRolesError",
    "DatabaseStartError",
    "DatabaseTimeoutError",
    "DatabaseUnavailableError",
    "DatabaseVersionError",
    "EmbeddedServer",
    "MigrationError",
    "Reader",
    "Row",
    "Session",
    "Table",
    "app_address",
    "as_array",
    "change_rows",
    "database_name",
    "driver",
    "explain_database_error",
    "fetch_row",
    "fetch_rows",
    "is_current",
    "metadata",
    "migrate",
    "moment",
    "query_address",
    "render_roles_sql",
    "run_statement",
    "shown_address",
    "with_database",
]
