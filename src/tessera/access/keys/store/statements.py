"""What a refusal of the database means for tokens."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors as refusals

from tessera.access.keys.errors import TokenNotFoundError, TokenTakenError
from tessera.platform.db import Reader, Session, run_statement
from tessera.platform.errors import TesseraError


async def run(
    session: Session | Reader, statement: str, parameters: Mapping[str, Any], *, prepare: bool = False
) -> Sequence[tuple[Any, ...]]:
    """Run a statement and return its rows, if it has any; a refusal becomes the room's own error."""
    return await run_statement(session, statement, parameters, explain=explain, prepare=prepare)


def explain(refusal: refusals.IntegrityError) -> TesseraError | refusals.IntegrityError:
    """Return the error for a broken constraint; one that no rule is behind stays as it is."""
    match refusal.diag.constraint_name:
        case "uq_client_tokens_digest":
            return TokenTakenError("This client token exists already.")
        case "uq_access_tokens_digest":
            return TokenTakenError("This access token exists already.")
        case "fk_access_tokens_client_token_id":
            return TokenNotFoundError("No such client token.")
    return refusal
