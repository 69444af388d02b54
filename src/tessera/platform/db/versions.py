"""Which PostgreSQL Tessera runs on."""

from tessera.platform.db.errors import DatabaseVersionError

OLDEST = 15
NEWEST = 18


def check_version(number: int) -> None:
    """Raise unless the server, known by its `server_version_num`, is one that Tessera is tested on."""
    major = number // 10_000
    if not OLDEST <= major <= NEWEST:
        # Before 10 the second figure belonged to the major version.
        found = str(major) if major >= 10 else f"{major}.{number // 100 % 100}"
        raise DatabaseVersionError(
            f"The database is PostgreSQL {found}. Tessera needs PostgreSQL {OLDEST} to {NEWEST}:"
            " name such a server in TESSERA_DATABASE_URL, or unset it to use the embedded one.",
            found=found,
        )
