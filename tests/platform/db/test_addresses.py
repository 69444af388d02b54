"""Addresses as URLs and as key=value text, and messages without passwords."""

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tessera.platform.db import DatabaseAddressError, database_name, shown_address, with_database
from tessera.platform.db.addresses import with_login

ADDRESSES = [
    "postgresql://admin:hidden-word@db.example:6432/loyalty?sslmode=require",
    "host=db.example port=6432 user=admin password=hidden-word dbname=loyalty sslmode=require",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_login_is_exchanged(address: str) -> None:
    parts = conninfo_to_dict(with_login(address, "tessera_app", "it's secret"))
    assert (parts["user"], parts["password"]) == ("tessera_app", "it's secret")
    assert (parts["host"], parts["port"], parts["sslmode"]) == ("db.example", "6432", "require")


@pytest.mark.parametrize("address", ADDRESSES)
def test_database_is_exchanged(address: str) -> None:
    assert database_name(address) == "loyalty"
    assert database_name(with_database(address, "other")) == "other"


def test_certificate_stays_with_its_login() -> None:
    address = "postgresql://admin@db/loyalty?sslcert=admin.crt&sslkey=admin.key&sslrootcert=ca.crt"
    parts = conninfo_to_dict(with_login(address, "tessera_app", "x"))
    assert "sslcert" not in parts
    assert "sslkey" not in parts
    assert parts["sslrootcert"] == "ca.crt"


@pytest.mark.parametrize("address", ADDRESSES)
def test_shown_address_has_no_password(address: str) -> None:
    assert shown_address(address) == "loyalty at db.example:6432"


@pytest.mark.parametrize(
    "address", ["mysql://admin:hidden-word@db/x", "postgresql://admin:hidden-word@db", "hidden-word", ""]
)
def test_unusable_address_is_explained(address: str) -> None:
    with pytest.raises(DatabaseAddressError, match=r"postgresql://user:password@host:5432/name\.") as caught:
        database_name(address)
    assert "hidden-word" not in caught.value.message
    assert caught.value.__cause__ is None


def test_driver_agrees(admin_address: str) -> None:
    with psycopg.connect(with_database(admin_address, "postgres")) as connection:
        assert connection.info.dbname == "postgres"
