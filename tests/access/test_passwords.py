"""Passwords are hashed with argon2id and compared without telling whether there is one."""

import pytest
from argon2 import PasswordHasher

from tessera.access.passwords import passwords
from tessera.access.passwords.errors import UserInvalidError
from tessera.access.passwords.passwords import check_password, hash_password, make_password, verify_password

PASSWORD = "a quiet sentence of mine"


async def test_hash_is_expensive(real_hasher: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", real_hasher)
    stored = await hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await verify_password(stored, PASSWORD)


async def test_right_password_matches() -> None:
    stored = await hash_password(PASSWORD)
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored
    assert await verify_password(stored, PASSWORD)


async def test_wrong_password_does_not_match() -> None:
    assert not await verify_password(await hash_password(PASSWORD), PASSWORD + "!")


async def test_longer_password_is_another_one() -> None:
    assert not await verify_password(await hash_password("x" * 256), "x" * 257)


async def test_nobody_has_no_password() -> None:
    assert not await verify_password(None, PASSWORD)


async def test_broken_hash_matches_nothing() -> None:
    assert not await verify_password("no hash at all", PASSWORD)


async def test_same_password_hashes_differently() -> None:
    assert await hash_password(PASSWORD) != await hash_password(PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 257])
def test_unfit_password_is_refused(password: str) -> None:
    with pytest.raises(UserInvalidError, match="12 to 256"):
        check_password(password)


def test_drawn_password_is_fit() -> None:
    password = make_password()
    check_password(password)
    assert password != make_password()
