"""Passwords: made, judged, hashed."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.passwords.errors import UserInvalidError
    from tessera.access.passwords.passwords import check_password, hash_password, make_password, verify_password
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "UserInvalidError",
    "check_password",
    "hash_password",
    "make_password",
    "verify_password",
]
