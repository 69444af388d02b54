"""Access tokens of outside systems: how one is asked for, and how many callers and processes share it."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.connectors.tokens.errors import TokenError
    from tessera.connectors.tokens.grants import DEFAULT_LIFETIME, FORM_HEADERS, TokenGrant, client_credentials
    from tessera.connectors.tokens.keeper import Token, TokenKeeper
    from tessera.connectors.tokens.requests import FetchedToken, request_token
    from tessera.connectors.tokens.store import forget_tokens
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "DEFAULT_LIFETIME",
    "FORM_HEADERS",
    "FetchedToken",
    "Token",
    "TokenError",
    "TokenGrant",
    "TokenKeeper",
    "client_credentials",
    "forget_tokens",
    "request_token",
]
