"""What all assets share, as functions on values."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.assets.documents import as_json
    from tessera.platform.assets.errors import ChainNotFoundError, InUseError, NameAmbiguousError, SettingsInvalidError
    from tessera.platform.assets.names import check_name, choose_name, clean_label, name_taken
    from tessera.platform.assets.trail import changed_meanwhile, differences, record_change
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ChainNotFoundError",
    "InUseError",
    "NameAmbiguousError",
    "SettingsInvalidError",
    "as_json",
    "changed_meanwhile",
    "check_name",
    "choose_name",
    "clean_label",
    "differences",
    "name_taken",
    "record_change",
]
