"""Access: actors, users, passwords, sessions, API keys."""

from tessera.platform.actors import Actor, ActorKind, command_line_actor, system_actor
from tessera.platform.auth.api_keys import (
    ApiKey,
    MadeApiKey,
    NewApiKey,
    create_api_keys,
    enable_api_key,
    find_api_key_actor,
    list_api_keys,
    revoke_api_key,
)
from tessera.platform.auth.errors import (
    ApiKeyNotFoundError,
    ApiKeyScopeError,
    EmailTakenError,
    SignInDelayedError,
    UserInvalidError,
    UserNotFoundError,
)
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
    "ApiKey",
    "ApiKeyNotFoundError",
    "ApiKeyScopeError",
    "EmailTakenError",
    "MadeApiKey",
    "NewApiKey",
    "NewUser",
    "SignInDelayedError",
    "User",
    "UserInvalidError",
    "UserNotFoundError",
    "UserSession",
    "Visitor",
    "change_password",
    "command_line_actor",
    "create_api_keys",
    "create_users",
    "enable_api_key",
    "find_api_key_actor",
    "find_session",
    "find_user_by_email",
    "list_api_keys",
    "list_users",
    "make_password",
    "revoke_api_key",
    "sign_in",
    "sign_out",
    "system_actor",
]
