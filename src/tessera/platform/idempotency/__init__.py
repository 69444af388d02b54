"""Answers kept under the caller's idempotency key: a call repeated with it is answered, not carried out again."""

from typing import TYPE_CHECKING

from tessera.platform.lazy_imports import import_on_first_use

if TYPE_CHECKING:
    from tessera.platform.idempotency.answers import (
        Attempt,
        KeptAnswer,
        claim_key,
        keep_answer,
        purge_answers,
        release_key,
    )
    from tessera.platform.idempotency.errors import KeyInUseError, KeyReusedError
    from tessera.platform.idempotency.jobs import background_work
else:
    __getattr__ = import_on_first_use(__name__, __file__)

__all__ = [
    "Attempt",
    "KeptAnswer",
    "KeyInUseError",
    "KeyReusedError",
    "background_work",
    "claim_key",
    "keep_answer",
    "purge_answers",
    "release_key",
]
