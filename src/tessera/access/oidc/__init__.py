"""OpenID Connect: the authorization code flow with PKCE, as a client of any provider that keeps the standard."""

from tessera.access.oidc.errors import ProviderAnswerError, ProviderRefusedError, ProviderUnavailableError
from tessera.access.oidc.flow import CALLBACK, Flow, Provider, Purpose, is_provider_on, open_flow
from tessera.access.oidc.tokens import Claims

__all__ = [
    "CALLBACK",
    "Claims",
    "Flow",
    "Provider",
    "ProviderAnswerError",
    "ProviderRefusedError",
    "ProviderUnavailableError",
    "Purpose",
    "is_provider_on",
    "open_flow",
]
