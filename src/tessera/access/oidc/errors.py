"""What can go wrong with an identity provider. No message holds a token, a code or a secret.

DeniedError
  ProviderRefusedError      the provider refused the sign-in, or the person gave it up
  ProviderAnswerError       what the provider answered cannot be believed
UnavailableError
  ProviderUnavailableError  the provider cannot be reached, or fails
"""

from tessera.platform.errors import DeniedError, UnavailableError


class ProviderRefusedError(DeniedError):
    """The identity provider refused the sign-in."""

    code = "provider_refused"


class ProviderAnswerError(DeniedError):
    """What the identity provider answered cannot be believed."""

    code = "provider_answer_invalid"


class ProviderUnavailableError(UnavailableError):
    """The identity provider cannot be reached, or fails."""

    code = "provider_unavailable"
