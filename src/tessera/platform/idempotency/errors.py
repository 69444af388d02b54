"""Why a repeated call is refused."""

from tessera.platform.errors import ConflictError, InvalidError


class KeyReusedError(InvalidError):
    """The key belongs to another call."""

    code = "idempotency_key_reused"


class KeyInUseError(ConflictError):
    """The first call under this key has not ended yet."""

    code = "idempotency_key_in_use"
