"""Failures of token endpoints."""

from tessera.platform.errors import UnavailableError


class TokenError(UnavailableError):
    """No access token came from the token endpoint; `reason` says why, `temporary` whether trying again can help."""

    code = "oauth_token"

    def __init__(self, message: str, *, reason: str, temporary: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after, reason=reason)
        self.reason = reason
        self.temporary = temporary
