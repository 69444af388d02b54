"""PostgreSQL addresses, as URLs or as key=value text: read them, change their login or database, show them safely."""

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tessera.platform.db.errors import DatabaseAddressError

# What belongs to the login an address came with, and must not follow another login.
LOGIN = ("user", "password", "passfile", "service", "options", "sslcert", "sslkey", "sslpassword", "requirepeer")


def parse_address(address: str) -> dict[str, Any]:
    """Return the address's parts; it must name a database, because libpq would guess it from the login."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        # The library's message repeats the address, and so perhaps a password.
        raise DatabaseAddressError(
            "The database address cannot be read. Write it as postgresql://user:password@host:5432/name."
        ) from None
    if not parts.get("dbname"):
        raise DatabaseAddressError(
            "The database address names no database. End it with one: postgresql://user:password@host:5432/name."
        )
    return parts


def database_name(address: str) -> str:
    """Return the name of the address's database."""
    return str(parse_address(address)["dbname"])


def with_login(address: str, user: str, password: str) -> str:
    """Return the address of the same database for another login."""
    parts = {key: value for key, value in parse_address(address).items() if key not in LOGIN}
    return make_conninfo("", **parts, user=user, password=password)


def with_database(address: str, name: str) -> str:
    """Return the address of another database on the same server for the same login."""
    return make_conninfo("", **{**parse_address(address), "dbname": name})


def shown_address(address: str) -> str:
    """Return host and database, fit for messages."""
    parts = parse_address(address)
    host = parts.get("host") or parts.get("hostaddr") or "the local socket"
    port = f":{parts['port']}" if parts.get("port") and not str(host).startswith("/") else ""
    return f"{parts['dbname']} at {host}{port}"
