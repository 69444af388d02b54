"""Second factors and recovery codes."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.factors.errors import CodeWrongError
    from tessera.access.factors.factors import (
        begin_factor,
        confirm_factor,
        find_factor,
        find_pending_factor,
        remove_factor,
        renew_recovery_codes,
        use_code,
    )
    from tessera.access.factors.store import delete_step, find_step, has_factor, insert_step, list_having
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CodeWrongError",
    "begin_factor",
    "confirm_factor",
    "delete_step",
    "find_factor",
    "find_pending_factor",
    "find_step",
    "has_factor",
    "insert_step",
    "list_having",
    "remove_factor",
    "renew_recovery_codes",
    "use_code",
]
