"""Roles and the permissions that they grant."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.roles.errors import (
        GrantExceedsError,
        LastAdministratorError,
        RoleBuiltInError,
        RoleExceedsError,
        RoleInUseError,
        RoleInvalidError,
        RoleNotFoundError,
        RoleReachError,
        RoleTakenError,
    )
    from tessera.access.roles.grants import (
        ADMIN_ROLE_ID,
        AUTHOR_ROLE_ID,
        CSR_ROLE_ID,
        HeldRole,
        find_excess,
        find_foreign_chain,
        find_unshaped,
        read_roles,
        unite,
    )
    from tessera.access.roles.roles import (
        NewRole,
        Role,
        RoleChange,
        create_role,
        delete_role,
        find_role,
        get_role,
        hold_roles,
        list_role_page,
        list_roles,
        update_role,
    )
    from tessera.access.roles.store.administrators import guard_administrators, has_other_administrator
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "ADMIN_ROLE_ID",
    "AUTHOR_ROLE_ID",
    "CSR_ROLE_ID",
    "GrantExceedsError",
    "HeldRole",
    "LastAdministratorError",
    "NewRole",
    "Role",
    "RoleBuiltInError",
    "RoleChange",
    "RoleExceedsError",
    "RoleInUseError",
    "RoleInvalidError",
    "RoleNotFoundError",
    "RoleReachError",
    "RoleTakenError",
    "create_role",
    "delete_role",
    "find_excess",
    "find_foreign_chain",
    "find_role",
    "find_unshaped",
    "get_role",
    "guard_administrators",
    "has_other_administrator",
    "hold_roles",
    "list_role_page",
    "list_roles",
    "read_roles",
    "unite",
    "update_role",
]
