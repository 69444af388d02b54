"""Foreign failures in our own words: the operating system's, the server's and the driver's, translated in one place."""

import errno
import re
import sys
from pathlib import Path

import psycopg
from psycopg import errors as pg

from tessera.platform.db.errors import DatabaseStartError, DatabaseTimeoutError, DatabaseUnavailableError
from tessera.platform.errors import TesseraError

# "wrote only": the server extends a file by half a block, and leaves the reason to a hint.
FULL = ("No space left on device", "Disk quota exceeded", "wrote only")
DISK_FULL = "The disk of the database is full. Free some space; Tessera then continues automatically."
# The two places of the embedded server's socket, as `make_socket_folder` names them.
OWN_SOCKET = re.compile(r"/(postgresql/socket|tessera-\d+-[0-9a-f]{12})/\.s\.PGSQL\.")
GONE = ("Connection refused", "No such file or directory", "timeout expired")
# The server gives the reason of a refused connection as text only: the driver has no class for it.
REFUSALS = {
    "too many clients": "has no connection left. Raise its max_connections, or run fewer processes",
    "remaining connection slots": "has no connection left. Raise its max_connections, or run fewer processes",
    "too many connections": "has no connection left for this login. Raise its limit, or run fewer processes",
    'failed for user "tessera_': "refuses Tessera's own login. Run `tessera migrate` with this key ring",
    'role "tessera_': "does not know Tessera's own logins. Run `tessera migrate`",
    "password authentication failed": "refuses the login. Correct user and password in TESSERA_DATABASE_URL",
    "no password supplied": "asks for a password. Add one to TESSERA_DATABASE_URL",
    "no pg_hba.conf entry": "does not let this machine in. Allow it in the server's pg_hba.conf",
    'role "': "refuses the login. Correct the user in TESSERA_DATABASE_URL",
    'database "': "has no such database. Create it, or correct the name in TESSERA_DATABASE_URL",
    "starting up": "is still starting. Wait a moment and try again",
    "shutting down": "is shutting down. Start it and try again",
    "Connection refused": "is not listening. Start it, or correct TESSERA_DATABASE_URL",
    "No such file or directory": "is not running. Start it, or correct TESSERA_DATABASE_URL",
    "could not translate host name": "has a host name that cannot be resolved. Correct TESSERA_DATABASE_URL",
    "failed to resolve host": "has a host name that cannot be resolved. Correct TESSERA_DATABASE_URL",
    "timeout expired": "does not answer. Check host, port and firewall in TESSERA_DATABASE_URL",
    "closed the connection": "ended the connection. Try again; its log says why",
    "SSL": "and we disagree about encryption. Correct sslmode in TESSERA_DATABASE_URL",
}
"""Texts of the server and the driver, the first that is found decides."""


def explain_database_error(error: BaseException) -> TesseraError | None:
    """Return the error in one clear line if it is the database's state and not a fault of ours; None otherwise."""
    # Where SQLAlchemy was not loaded, the error is not SQLAlchemy's.
    if "sqlalchemy.exc" in sys.modules:
        from sqlalchemy.exc import DBAPIError
        from sqlalchemy.exc import TimeoutError as PoolTimeoutError

        if isinstance(error, PoolTimeoutError):
            return DatabaseUnavailableError("All connections to the database are busy. Try again.", retry_after=1)
        if isinstance(error, DBAPIError) and error.orig is not None:
            error = error.orig
    if isinstance(error, pg.DiskFull):
        return DatabaseUnavailableError(DISK_FULL)
    if isinstance(error, pg.TooManyConnections):
        return DatabaseUnavailableError("The database has no connection left. Try again.", retry_after=1)
    if isinstance(error, pg.LockNotAvailable | pg.DeadlockDetected | pg.SerializationFailure):
        return DatabaseUnavailableError("Another change was in the way. Try again.", retry_after=1)
    if isinstance(error, pg.QueryCanceled):
        return DatabaseTimeoutError("This is too heavy: the database took too long over it. Ask for less at once.")
    if isinstance(error, pg.AdminShutdown | pg.CrashShutdown | pg.CannotConnectNow):
        return DatabaseUnavailableError("The database is restarting. Try again in a moment.", retry_after=1)
    if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
        return explain_refusal(str(error))
    return None


def explain_refusal(said: str) -> DatabaseUnavailableError:
    """Say why no connection came about, or why it went."""
    if any(text in said for text in FULL):
        return DatabaseUnavailableError(DISK_FULL)
    if OWN_SOCKET.search(said) and any(text in said for text in GONE):
        return DatabaseUnavailableError(
            "The embedded database is not running. `tessera up` restarts it automatically; otherwise run `tessera up`.",
            retry_after=1,
        )
    for text, reason in REFUSALS.items():
        if text in said:
            return DatabaseUnavailableError(f"The database {reason}.", retry_after=1)
    first = re.sub(r"^connection (failed|is bad): ", "", said.partition("\n")[0]).rstrip(".")
    return DatabaseUnavailableError(f"The database cannot be reached: {first}. Try again.", retry_after=1)


def explain_start(folder: Path, said: str) -> DatabaseStartError:
    """Say why the embedded server did not start, from what its programs wrote."""
    if any(text in said for text in FULL):
        return DatabaseStartError(f"The disk of {folder} is full. Free some space and start again.")
    if "Permission denied" in said:
        return DatabaseStartError(
            f"The embedded database may not write in {folder}: {last_line(said)}."
            " Set TESSERA_DATA_DIR to a folder of the same user."
        )
    return DatabaseStartError(
        f"The embedded database in {folder} does not start: {last_line(said)}."
        f" Read {folder / 'postgresql' / 'log'}, or set TESSERA_DATABASE_URL to a PostgreSQL of your own."
    )


def explain_system_error(folder: Path, error: OSError) -> DatabaseStartError:
    """Say what the operating system refused when the embedded server's files were touched."""
    # A failed copy of many files keeps the reasons as texts only.
    if error.errno in {errno.ENOSPC, errno.EDQUOT} or any(text in str(error) for text in FULL):
        return DatabaseStartError(f"The disk of {folder} is full. Free some space and start again.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return DatabaseStartError(
            f"The folder {folder} cannot be written: {error.filename or folder} refuses it."
            " Set TESSERA_DATA_DIR to a folder of yours, or start Tessera as the user who owns this one."
        )
    return DatabaseStartError(f"The embedded database in {folder} does not start: {error.strerror or error}.")


def last_line(said: str) -> str:
    """Return the line that gives the reason: the last fatal one, or the last of all."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = (
        [line for line in lines if "FATAL" in line or "error:" in line.lower()] or lines or ["no reason was given"]
    )
    return telling[-1].rstrip(".")
