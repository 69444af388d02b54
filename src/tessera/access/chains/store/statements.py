"""What a refusal of the database means for chains and enterprises."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors as refusals

from tessera.access.chains.errors import ChainNameTakenError, ChainNotFoundError, EnterpriseNameTakenError
from tessera.platform.db import Reader, Session, run_statement
from tessera.platform.errors import TesseraError


async def run(session: Session | Reader, statement: str, parameters: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
    """Run a statement and return its rows, if it has any; a refusal becomes the room's own error."""
    return await run_statement(session, statement, parameters, explain=explain)


def explain(refusal: refusals.IntegrityError) -> TesseraError | refusals.IntegrityError:
    """Return the error for a broken constraint; one that no rule is behind stays as it is."""
    match refusal.diag.constraint_name:
        case "uq_chains_name":
            return ChainNameTakenError(
                "A chain of this name exists already. Choose another name, or rename that one.", field="name"
            )
        case "uq_enterprises_chain_id_name":
            return EnterpriseNameTakenError(
                "The chain has an enterprise of this name already. Choose another name.", field="name"
            )
        case "fk_enterprises_chain_id":
            return ChainNotFoundError("No such chain.")
    return refusal
