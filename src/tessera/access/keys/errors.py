"""Failures of API keys and Connector API tokens, each of one of the five kinds."""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, UnavailableError


class ApiKeyInvalidError(InvalidError):
    """A property of an API key cannot be used."""

    code = "api_key_invalid"


class ApiKeyScopeError(DeniedError):
    """An API key cannot do what its maker may not do."""

    code = "api_key_exceeds_maker"


class ApiKeyExceedsError(DeniedError):
    """A key that holds more than the actor is neither switched nor revoked by them."""

    code = "api_key_exceeds_actor"


class ApiKeyRevokedError(ConflictError):
    """A revoked API key stays revoked."""

    code = "api_key_revoked"


class ApiKeyNotFoundError(NotFoundError):
    """No such API key within the actor's reach."""

    code = "api_key_not_found"


class ApiKeyChainError(NotFoundError):
    """An API key cannot see a chain that its maker does not see."""

    code = "api_key_chain_not_found"


class TokenScopeError(InvalidError):
    """An ordinary access token reaches one enterprise, a portfolio token at least one."""

    code = "token_scope_invalid"


class TokenLabelError(InvalidError):
    """The label of a credential cannot be used."""

    code = "token_label_invalid"


class TokenReachError(DeniedError):
    """The client token has access tokens of chains that the actor does not see."""

    code = "token_beyond_reach"


class TokenExceedsError(DeniedError):
    """A token that holds more than the actor is neither switched nor revoked by them."""

    code = "token_exceeds_actor"


class TokenPermissionError(InvalidError):
    """An access token is given a permission that no operation of the Connector API asks for."""

    code = "token_permission_invalid"


class TokenNotFoundError(NotFoundError):
    """No such client token or access token."""

    code = "token_not_found"


class TokenRevokedError(ConflictError):
    """A revoked client token or access token stays revoked."""

    code = "token_revoked"


class TokenTakenError(ConflictError):
    """The published token is there already."""

    code = "token_taken"


class RequestLimitError(UnavailableError):
    """An access token asked too often."""

    code = "request_limit_reached"
