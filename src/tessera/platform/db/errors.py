"""What can go wrong with a database, in one clear line each, and never with a password in it."""

from tessera.platform.errors import ConflictError, InvalidError, UnavailableError


class DatabaseStartError(UnavailableError):
    """The embedded server does not start."""

    code = "database_start_failed"


class DatabaseUnavailableError(UnavailableError):
    """The database cannot be reached or cannot work just now."""

    code = "database_unavailable"


class DatabaseTimeoutError(UnavailableError):
    """A statement took longer than it may, or was cancelled."""

    code = "database_timeout"


class DatabaseAddressError(InvalidError):
    """An address that names no PostgreSQL database."""

    code = "database_address_invalid"


class DatabaseVersionError(ConflictError):
    """A PostgreSQL that Tessera does not know."""

    code = "database_version_unsupported"


class DatabaseRolesError(ConflictError):
    """The migrating login may not make the roles and schemas, and no one else has."""

    code = "database_roles_missing"


class MigrationError(ConflictError):
    """The schema cannot be brought up to date."""

    code = "migration_failed"


class ChangedMeanwhileError(ConflictError):
    """Another request changed the same records at the same time; the same call may succeed when repeated."""

    code = "changed_meanwhile"
