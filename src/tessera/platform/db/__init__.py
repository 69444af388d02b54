"""The database: engine, sessions, roles and migrations."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.db.addresses import database_name, parse_address, shown_address, with_database
    from tessera.platform.db.arrays import as_array
    from tessera.platform.db.batches import change_in_batches
    from tessera.platform.db.clock_offset import ClockOffset
    from tessera.platform.db.engine import SEARCH_PATH, Database, Session, driver
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
    from tessera.platform.db.explanations import explain_database_error, explain_start, explain_system_error
    from tessera.platform.db.key_rings import find_expected_key, record_key
    from tessera.platform.db.migrations import act_as_owner, is_current, migrate
    from tessera.platform.db.models import TransactionId
    from tessera.platform.db.readers import Reader
    from tessera.platform.db.roles import app_address, query_address, render_roles_sql
    from tessera.platform.db.statements import Row, change_rows, fetch_row, fetch_rows
    from tessera.platform.db.tables import Authored, Table, metadata
    from tessera.platform.db.tuples import run_statement
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "SEARCH_PATH",
    "Authored",
    "ChangedMeanwhileError",
    "ClockOffset",
    "Database",
    "DatabaseAddressError",
    "DatabaseRolesError",
    "DatabaseStartError",
    "DatabaseTimeoutError",
    "DatabaseUnavailableError",
    "DatabaseVersionError",
    "MigrationError",
    "Reader",
    "Row",
    "Session",
    "Table",
    "TransactionId",
    "act_as_owner",
    "app_address",
    "as_array",
    "change_in_batches",
    "change_rows",
    "database_name",
    "driver",
    "explain_database_error",
    "explain_start",
    "explain_system_error",
    "fetch_row",
    "fetch_rows",
    "find_expected_key",
    "is_current",
    "metadata",
    "migrate",
    "parse_address",
    "query_address",
    "record_key",
    "render_roles_sql",
    "run_statement",
    "shown_address",
    "with_database",
]
