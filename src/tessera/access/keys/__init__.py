"""API keys, and the client and access tokens of the Connector API."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.access.keys.api_keys import (
        ApiKey,
        MadeApiKey,
        NewApiKey,
        create_api_keys,
        enable_api_key,
        find_api_key_actor,
        find_key_holder,
        get_api_key,
        list_api_key_page,
        list_api_keys,
        revoke_api_key,
    )
    from tessera.access.keys.demo import create_demo_tokens
    from tessera.access.keys.errors import ApiKeyExceedsError
    from tessera.access.keys.models import AccessTokenEnterpriseRow, AccessTokenRow, ClientTokenRow, RequestWindowRow
    from tessera.access.keys.tokens import (
        admit_request,
        create_access_tokens,
        create_client_tokens,
        enable_token,
        find_scope,
        get_token,
        is_token_changeable,
        list_token_page,
        list_tokens,
        revoke_token,
    )
    from tessera.access.keys.values import (
        CONNECTOR_PERMISSIONS,
        TOKEN_PERMISSIONS,
        MadeToken,
        NewAccessToken,
        Scope,
        Token,
    )
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "CONNECTOR_PERMISSIONS",
    "TOKEN_PERMISSIONS",
    "AccessTokenEnterpriseRow",
    "AccessTokenRow",
    "ApiKey",
    "ApiKeyExceedsError",
    "ClientTokenRow",
    "MadeApiKey",
    "MadeToken",
    "NewAccessToken",
    "NewApiKey",
    "RequestWindowRow",
    "Scope",
    "Token",
    "admit_request",
    "create_access_tokens",
    "create_api_keys",
    "create_client_tokens",
    "create_demo_tokens",
    "enable_api_key",
    "enable_token",
    "find_api_key_actor",
    "find_key_holder",
    "find_scope",
    "get_api_key",
    "get_token",
    "is_token_changeable",
    "list_api_key_page",
    "list_api_keys",
    "list_token_page",
    "list_tokens",
    "revoke_api_key",
    "revoke_token",
]
