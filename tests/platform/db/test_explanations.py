"""Foreign failures become one clear line each, with what to do next."""

import errno
import os
from pathlib import Path

import psycopg
import pytest
from psycopg import errors as pg
from sqlalchemy.exc import OperationalError

from tessera.platform.db import Database, app_address, explain_database_error, with_database
from tessera.platform.db.explanations import explain_start, explain_system_error
from tessera.platform.embedded import EmbeddedServer
from tessera.platform.secrets import KeyRing

REFUSED = [
    ('connection failed: FATAL:  password authentication failed for user "x"', "refuses the login"),
    ('connection failed: FATAL:  role "x" does not exist', "refuses the login"),
    ('connection failed: FATAL:  database "x" does not exist', "has no such database"),
    ("connection failed: FATAL:  sorry, too many clients already", "has no connection left"),
    ('connection failed: FATAL:  too many connections for role "tessera_query"', "has no connection left"),
    ("connection failed: FATAL:  the database system is starting up", "is still starting"),
    ("connection failed: connection refused\n\tConnection refused", "is not listening"),
    ("[Errno -2] failed to resolve host 'nowhere.invalid'", "has a host name that cannot be resolved"),
    ("connection timeout expired", "does not answer"),
    (
        'connection failed: FATAL:  password authentication failed for user "tessera_app"',
        "refuses Tessera's own login",
    ),
    ("consuming input failed: server closed the connection unexpectedly\n\tThis probably", "ended the connection"),
    ("something unheard of", "cannot be reached: something unheard of"),
]


@pytest.mark.parametrize(("said", "told"), REFUSED)
def test_refusal_is_told(said: str, told: str) -> None:
    explained = explain_database_error(psycopg.OperationalError(said))
    assert explained is not None
    assert explained.message.startswith(f"The database {told}")
    assert "\n" not in explained.message


@pytest.mark.parametrize("folder", ["/var/lib/tessera/postgresql/socket", "/tmp/tessera-0-0123456789ab"])
@pytest.mark.parametrize("reason", ["Connection refused", "No such file or directory"])
def test_embedded_server_names_no_setting(folder: str, reason: str) -> None:
    said = f'connection failed: connection to server on socket "{folder}/.s.PGSQL.5432" failed: {reason}'
    explained = explain_database_error(psycopg.OperationalError(said))
    assert explained is not None
    assert explained.message.startswith("The embedded database is not running.")
    assert "TESSERA_DATABASE_URL" not in explained.message


@pytest.mark.parametrize("kind", [pg.DiskFull, pg.TooManyConnections, pg.DeadlockDetected, pg.AdminShutdown])
def test_state_of_the_server_is_told(kind: type[psycopg.Error]) -> None:
    wrapped = OperationalError("SELECT 1", {}, kind("reason"))
    explained = explain_database_error(wrapped)
    assert explained is not None
    assert explained.code == "database_unavailable"


def test_statement_that_takes_too_long_is_told() -> None:
    explained = explain_database_error(OperationalError("SELECT 1", {}, pg.QueryCanceled("statement timeout")))
    assert explained is not None
    assert explained.code == "database_timeout"


def test_own_faults_stay_as_they_are() -> None:
    assert explain_database_error(pg.UniqueViolation("duplicate")) is None
    assert explain_database_error(ValueError("ours")) is None


async def test_missing_database_is_told(server: EmbeddedServer, template: str, keys: KeyRing) -> None:
    database = Database(with_database(app_address(server.address(template), keys), "missing"))
    with pytest.raises(psycopg.OperationalError) as caught:
        await database.connect()
    explained = explain_database_error(caught.value)
    assert explained is not None
    assert "has no such database" in explained.message


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("initdb: error: could not write file: No space left on device\n", "The disk of /data is full."),
        ('FATAL:  could not extend file "base/1/2691": wrote only 4096 of 8192 bytes\n', "The disk of /data is full."),
        ('initdb: error: could not access directory "/data": Permission denied\n', "may not write in /data"),
        ("LOG: one\nFATAL:  lock file is odd\nLOG: gone\n", "does not start: FATAL:  lock file is odd."),
        ("", "no reason was given"),
    ],
)
def test_failed_start_is_told(said: str, told: str) -> None:
    assert told in explain_start(Path("/data"), said).message


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "The disk of /data is full."),
        (errno.EACCES, "The folder /data cannot be written: /data/x refuses it."),
        (errno.EROFS, "The folder /data cannot be written: /data/x refuses it."),
        (errno.EIO, "does not start: Input/output error."),
    ],
)
def test_refusal_of_the_system_is_told(number: int, told: str) -> None:
    error = OSError(number, os.strerror(number), "/data/x")
    assert told in explain_system_error(Path("/data"), error).message
