"""What a refusal of the database means in this room."""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import errors as refusals

from tessera.access.chains import ChainNotFoundError
from tessera.loyalty import errors
from tessera.platform.db import ChangedMeanwhileError, Reader, Session, run_statement
from tessera.platform.errors import ConflictError, NotFoundError, TesseraError

TAKEN: Mapping[str, tuple[type[ConflictError], str]] = {
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
}

MISSING: Mapping[str, tuple[type[NotFoundError], str]] = {
    "fk_memberships_chain_id_account_id": (errors.AccountNotFoundError, "No such account in the chain."),
    "fk_memberships_chain_id_program_id_active": (errors.ProgramNotFoundError, "No such loyalty program in the chain."),
    "fk_memberships_chain_id_program_id_tier_id": (errors.TierNotFoundError, "No such tier in the loyalty program."),
    "fk_tiers_chain_id_program_id": (errors.ProgramNotFoundError, "No such loyalty program in the chain."),
    "fk_accounts_chain_id_company_id": (errors.CompanyNotFoundError, "No such company in the chain."),
    "fk_accounts_chain_id_mother_company_id": (errors.MotherCompanyNotFoundError, "No such company in the chain."),
    "fk_accounts_chain_id": (ChainNotFoundError, "No such chain."),
}


async def run(
    session: Session | Reader, statement: str, parameters: Mapping[str, Any], *, prepare: bool = False
) -> Sequence[tuple[Any, ...]]:
    """Run a statement and return its rows, if it has any; a refusal becomes the room's own error."""
    return await run_statement(session, statement, parameters, explain=explain, prepare=prepare)


def explain(refusal: refusals.IntegrityError) -> TesseraError | refusals.IntegrityError:
    """Return the room's error for a broken constraint; one without a rule behind it stays as it is."""
    name = refusal.diag.constraint_name or ""
    if name in TAKEN:
        taken, message = TAKEN[name]
        return taken(message)
    if name in MISSING:
        missing, message = MISSING[name]
        return missing(message)
    if name == "uq_memberships_account_id_primary":
        return ChangedMeanwhileError("Another membership became primary at the same time. Repeat the call.")
    return refusal
