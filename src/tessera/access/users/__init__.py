"""People who sign in to the pages."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.users.changes import (
        UserChange,
        change_password,
        delete_user,
        end_sessions,
        get_changeable,
        update_user,
    )
    from tessera.access.users.errors import (
        EmailTakenError,
        UserExceedsError,
        UserNotFoundError,
    )
    from tessera.access.users.notices import notify_user
    from tessera.access.users.sessions import (
        UserSession,
        end_other_sessions,
        end_session,
        find_session,
        list_sessions,
        open_session,
        sign_out,
    )
    from tessera.access.users.store.records import (
        USER_COLUMNS,
        clear_password,
        find_secret,
        find_users,
        set_password,
    )
    from tessera.access.users.store.sessions import authenticate_session, delete_sessions_of
    from tessera.access.users.users import (
        NewUser,
        User,
        create_users,
        find_user_by_email,
        get_user,
        list_user_page,
        list_users,
        make_user,
    )
    from tessera.access.users.visitors import Visitor
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "USER_COLUMNS",
    "EmailTakenError",
    "NewUser",
    "User",
    "UserChange",
    "UserExceedsError",
    "UserNotFoundError",
    "UserSession",
    "Visitor",
    "authenticate_session",
    "change_password",
    "clear_password",
    "create_users",
    "delete_sessions_of",
    "delete_user",
    "end_other_sessions",
    "end_session",
    "end_sessions",
    "find_secret",
    "find_session",
    "find_user_by_email",
    "find_users",
    "get_changeable",
    "get_user",
    "list_sessions",
    "list_user_page",
    "list_users",
    "make_user",
    "notify_user",
    "open_session",
    "set_password",
    "sign_out",
    "update_user",
]
