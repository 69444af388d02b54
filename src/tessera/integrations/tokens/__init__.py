"""Access tokens of outside systems: how one is asked for, and how many callers and processes share it."""

from tessera.integrations.tokens.grants import DEFAULT_LIFETIME, FORM_HEADERS, TokenGrant, client_credentials
from tessera.integrations.tokens.keeper import Token, TokenKeeper
from tessera.integrations.tokens.requests import FetchedToken, request_token

__all__ = [
    "DEFAULT_LIFETIME",
    "FORM_HEADERS",
    "FetchedToken",
    "Token",
    "TokenGrant",
    "TokenKeeper",
    "client_credentials",
    "request_token",
]
