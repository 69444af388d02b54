"""What all assets share, as functions on values."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.assets.changes import write_change
    from tessera.platform.assets.documents import as_json
    from tessera.platform.assets.errors import (
        ChainNotFoundError,
        InUseError,
        NameAmbiguousError,
        SettingsInvalidError,
        VersionConflictError,
    )
    from tessera.platform.assets.names import (
        check_description,
        check_name,
        choose_name,
        clean_label,
        copy_names,
        name_taken,
        rename,
    )
    from tessera.platform.assets.references import (
        Referrer,
        Target,
        list_referrers,
        list_targets,
        record_references,
    )
    from tessera.platform.assets.store import used_by
    from tessera.platform.assets.tables import (
        LABEL_ORDER,
        AssetTable,
        delete_asset,
        find_asset,
        list_assets,
        list_labels,
        list_names,
        list_versions,
    )
    from tessera.platform.assets.trail import differences, record_change
    from tessera.platform.assets.versions import changed_meanwhile, check_version
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "LABEL_ORDER",
    "AssetTable",
    "ChainNotFoundError",
    "InUseError",
    "NameAmbiguousError",
    "Referrer",
    "SettingsInvalidError",
    "Target",
    "VersionConflictError",
    "as_json",
    "changed_meanwhile",
    "check_description",
    "check_name",
    "check_version",
    "choose_name",
    "clean_label",
    "copy_names",
    "delete_asset",
    "differences",
    "find_asset",
    "list_assets",
    "list_labels",
    "list_names",
    "list_referrers",
    "list_targets",
    "list_versions",
    "name_taken",
    "record_change",
    "record_references",
    "rename",
    "used_by",
    "write_change",
]
