"""How outside systems are reached: connector types, profiles, encryption keys, tokens and file stores."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.addresses import AddressPolicy, address_policy
    from tessera.connectors.comparison import clean_settings, differing_secrets, holds_material
    from tessera.connectors.errors import ProfileDisabledError, ProfileNotFoundError, UrlNotAllowedError
    from tessera.connectors.events import PROFILE_UPDATED
    from tessera.connectors.file_stores import open_file_store
    from tessera.connectors.moved_secrets import template_place
    from tessera.connectors.plain_settings import clean_plain_settings
    from tessera.connectors.probes import test_profile
    from tessera.connectors.profile_checks import READY, check_input
    from tessera.connectors.profile_history import VERSION_ACTIONS, list_profile_changes
    from tessera.connectors.profiles import (
        KIND,
        NewProfile,
        Profile,
        ProfileChange,
        ProfileFilter,
        check_usable,
        copy_profile,
        count_profiles,
        create_profile,
        delete_profile,
        find_row,
        get_profile,
        has_twin,
        label_profiles,
        list_profile_users,
        list_profile_versions,
        list_profiles,
        make_profile,
        update_profile,
    )
    from tessera.connectors.references import list_choices
    from tessera.connectors.sealed_secrets import open_secrets, reseal_secrets
    from tessera.connectors.store.profiles import hold_profile
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "KIND",
    "PROFILE_UPDATED",
    "READY",
    "VERSION_ACTIONS",
    "AddressPolicy",
    "NewProfile",
    "Profile",
    "ProfileChange",
    "ProfileDisabledError",
    "ProfileFilter",
    "ProfileNotFoundError",
    "UrlNotAllowedError",
    "address_policy",
    "check_input",
    "check_usable",
    "clean_plain_settings",
    "clean_settings",
    "copy_profile",
    "count_profiles",
    "create_profile",
    "delete_profile",
    "differing_secrets",
    "find_row",
    "get_profile",
    "has_twin",
    "hold_profile",
    "holds_material",
    "label_profiles",
    "list_choices",
    "list_profile_changes",
    "list_profile_users",
    "list_profile_versions",
    "list_profiles",
    "make_profile",
    "open_file_store",
    "open_secrets",
    "reseal_secrets",
    "template_place",
    "test_profile",
    "update_profile",
]
