"""`tessera migrate`: the schema brought up to date, or the SQL an administrator runs first."""

import typer

from tessera.platform.db import database_name, parse_address, render_roles_sql, shown_address
from tessera.platform.errors import InvalidError
from tessera.platform.logging import configure_logging
from tessera.platform.secrets import load_keys
from tessera.platform.settings import Settings
from tessera.wiring import hold_database, prepare_schema


class NoDatabaseUrlError(InvalidError):
    """The embedded database needs no administrator."""

    code = "database_url_missing"


def migrate_database(settings: Settings, *, accept_keys: bool = False) -> None:
    """Bring the schema up to date and say what was done."""
    configure_logging(settings)
    with hold_database(settings) as address:
        applied = prepare_schema(settings, address, accept_keys=accept_keys)
        place = "the embedded database" if settings.database_url is None else shown_address(address)
    if applied:
        typer.echo(f"Migrated {place}: {', '.join(applied)}.")
    else:
        typer.echo(f"Nothing to do: {place} is up to date.")


def show_roles(settings: Settings) -> None:
    """Print the SQL that makes roles and schemas."""
    if settings.database_url is None:
        raise NoDatabaseUrlError(
            "The embedded database needs no such SQL. Set TESSERA_DATABASE_URL to print it for yours."
        )
    address = settings.database_url.get_secret_value()
    login = str(parse_address(address).get("user") or "postgres")
    typer.echo(render_roles_sql(load_keys(settings.keys_file), database=database_name(address), login=login), nl=False)
