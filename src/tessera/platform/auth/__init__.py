"""Access: actors, users, passwords, sessions."""

from tessera.platform.actors import Actor, ActorKind, command_line_actor, system_actor
from tessera.platform.auth.errors import EmailTakenError, SignInDelayedError, UserInvalidError, UserNotFoundError
from tessera.platform.auth.passwords import make_password
from tessera.platform.auth.sessions import UserSession, Visitor, find_session, sign_in, sign_out
from tessera.platform.auth.users import (
    NewUser,
    User,
    change_password,
    create_users,
    find_user_by_email,
    list_users,
)

__all__ = [
    "Actor",
    "ActorKind",
    "EmailTakenError",
    "NewUser",
    "SignInDelayedError",
    "User",
    "UserInvalidError",
    "UserNotFoundError",
    "UserSession",
    "Visitor",
    "change_password",
    "command_line_actor",
    "create_users",
    "find_session",
    "find_user_by_email",
    "list_users",
    "make_password",
    "sign_in",
    "sign_out",
    "system_actor",
]
