"""Answers kept under the caller's idempotency key: a call repeated with it is answered, not carried out again."""

from tessera.platform.idempotency.answers import (
    Attempt,
    KeptAnswer,
    claim_key,
    forget_old_answers,
    keep_answer,
    release_key,
)
from tessera.platform.idempotency.errors import KeyInUseError, KeyReusedError

__all__ = [
    "Attempt",
    "KeptAnswer",
    "KeyInUseError",
    "KeyReusedError",
    "claim_key",
    "forget_old_answers",
    "keep_answer",
    "release_key",
]
