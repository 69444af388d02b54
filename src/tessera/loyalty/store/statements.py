"""How statements run, and what a refusal of the database means.

Statements are not prepared: a plan made while a table was small would be kept while a load makes it large, and a scan
of the whole table per item stops the load. Planning anew costs a fraction of a millisecond. Only the look-up of tokens
is prepared: it is part of every request, on tables that stay small.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import AsyncConnection, AsyncCursor
from psycopg import errors as refusals
from psycopg.pq import ExecStatus

from tessera.loyalty import errors
from tessera.platform.db import Reader, Session, driver
from tessera.platform.errors import ConflictError, NotFoundError, TesseraError

TAKEN: Mapping[str, tuple[type[ConflictError], str]] = {
    "uq_chains_name": (
        errors.ChainNameTakenError,
        "A chain of this name exists already. Choose another name, or rename that one.",
    ),
    "uq_enterprises_chain_id_name": (
        errors.EnterpriseNameTakenError,
        "The chain has an enterprise of this name already. Choose another name.",
    ),
    "uq_programs_chain_id_code": (
        errors.ProgramCodeTakenError,
        "A loyalty program with this code already exists in the chain. Choose another code.",
    ),
    "uq_programs_chain_id_number": (
        errors.ProgramNumberTakenError,
        "A loyalty program with this number already exists in the chain. Choose another number, or none.",
    ),
    "uq_tiers_program_id_code": (
        errors.TierCodeTakenError,
        "A loyalty tier with this code already exists in the program. Choose another code.",
    ),
    "uq_memberships_account_id_program_id": (
        errors.MembershipExistsError,
        "An account already has an active membership in this loyalty program. Update that one instead.",
    ),
    "uq_memberships_membership_number_program_id": (
        errors.MembershipNumberTakenError,
        "A membership number already belongs to another membership of this loyalty program. Send another number.",
    ),
    "uq_memberships_provider_membership_id_program_id": (
        errors.ProviderMembershipIdTakenError,
        "A provider membership id already belongs to another membership of this loyalty program. Send another id.",
    ),
    "uq_accounts_chain_id_email": (
        errors.CustomerEmailTakenError,
        "A customer with this e-mail address already exists. Update that customer, or allow overwriting.",
    ),
    "uq_accounts_chain_id_external_id": (
        errors.AccountExternalIdTakenError,
        "An account with this external id already exists in the chain. Update that account instead.",
    ),
    "uq_client_tokens_digest": (errors.TokenTakenError, "This client token exists already."),
    "uq_access_tokens_digest": (errors.TokenTakenError, "This access token exists already."),
}

MISSING: Mapping[str, tuple[type[NotFoundError], str]] = {
    "fk_memberships_chain_id_account_id": (errors.UnknownAccountError, "No such account in the chain."),
    "fk_memberships_chain_id_program_id_active": (errors.UnknownProgramError, "No such loyalty program in the chain."),
    "fk_memberships_chain_id_program_id_tier_id": (errors.UnknownTierError, "No such tier in the loyalty program."),
    "fk_tiers_chain_id_program_id": (errors.UnknownProgramError, "No such loyalty program in the chain."),
    "fk_accounts_chain_id_company_id": (errors.UnknownCompanyError, "No such company in the chain."),
    "fk_accounts_chain_id_mother_company_id": (errors.UnknownMotherCompanyError, "No such company in the chain."),
    "fk_accounts_chain_id": (errors.UnknownChainError, "No such chain."),
    "fk_enterprises_chain_id": (errors.UnknownChainError, "No such chain."),
    "fk_access_tokens_client_token_id": (errors.UnknownTokenError, "No such client token."),
}


async def run(
    session: Session | Reader, statement: str, parameters: Mapping[str, Any], *, prepare: bool = False
) -> Sequence[tuple[Any, ...]]:
    """Run a statement and return its rows, if it has any; a refusal becomes the room's own error."""
    if isinstance(session, Reader):
        async with session.connection() as connection:
            return await execute(connection, statement, parameters, prepare=prepare)
    return await execute(await driver(session), statement, parameters, prepare=prepare)


async def execute(
    connection: AsyncConnection[Any], statement: str, parameters: Mapping[str, Any], *, prepare: bool
) -> Sequence[tuple[Any, ...]]:
    """Run a statement on a connection."""
    async with connection.cursor(binary=True) as cursor:
        try:
            # Statements are put together from constants of this folder; values travel as parameters.
            await cursor.execute(statement.encode(), parameters, prepare=prepare)
        except refusals.IntegrityError as refusal:
            raise explain(refusal) from refusal
        except (refusals.DeadlockDetected, refusals.SerializationFailure) as refusal:
            message = "Somebody else changed the same records at the same time. Read them again and repeat the call."
            raise errors.ChangedMeanwhileError(message) from refusal
        # Asking for the cursor's description would build one object a column each time.
        return await cursor.fetchall() if gives_rows(cursor) else []


def gives_rows(cursor: AsyncCursor[Any]) -> bool:
    """Say whether the statement was one that returns rows."""
    return cursor.pgresult is not None and cursor.pgresult.status == ExecStatus.TUPLES_OK


def explain(refusal: refusals.IntegrityError) -> TesseraError | refusals.IntegrityError:
    """Return the room's error for a broken constraint; one that no rule stands behind stays as it is."""
    name = refusal.diag.constraint_name or ""
    if name in TAKEN:
        taken, message = TAKEN[name]
        return taken(message)
    if name in MISSING:
        missing, message = MISSING[name]
        return missing(message)
    if name == "uq_memberships_account_id_primary":
        return errors.ChangedMeanwhileError("Another membership became primary at the same time. Repeat the call.")
    return refusal
