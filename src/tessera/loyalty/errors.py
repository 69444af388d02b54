"""Failures of the loyalty room.

InvalidError   ChainMissingError, Token…Error, SeveralChainsError, MovementInvalidError, BalanceOutOfRangeError
DeniedError    ChainReachError, TokenReachError
NotFoundError  …NotFoundError: no such record, or one of another chain, or a deleted one
ConflictError  …TakenError, …ExistsError, ProgramInUseError: a rule forbids it; ChangedMeanwhileError: a faster one
UnavailableError  RequestLimitError
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError


class SeveralChainsError(InvalidError):
    """What one call changes is in one chain."""

    code = "several_chains"


class AccountNotFoundError(NotFoundError):
    """No such active account in the chain."""

    code = "account_not_found"


class CompanyNotFoundError(NotFoundError):
    """No such active company in the chain."""

    code = "company_not_found"


class MotherCompanyNotFoundError(NotFoundError):
    """No such active company in the chain to be another one's mother."""

    code = "mother_company_not_found"


class MergeSourceNotFoundError(NotFoundError):
    """No such active account of the kind to merge into the target."""

    code = "merge_source_not_found"


class MergeTargetNotFoundError(NotFoundError):
    """No such active account of the kind to merge into, or it is one of the sources."""

    code = "merge_target_not_found"


class ProgramNotFoundError(NotFoundError):
    """No such active program in the chain."""

    code = "program_not_found"


class TierNotFoundError(NotFoundError):
    """No such active tier in the program."""

    code = "tier_not_found"


class MembershipNotFoundError(NotFoundError):
    """No such active membership within the actor's reach."""

    code = "membership_not_found"


class ProgramCodeTakenError(ConflictError):
    """Codes of active programs are unique in a chain."""

    code = "program_code_taken"


class ProgramNumberTakenError(ConflictError):
    """Numbers of programs are unique in a chain, permanently."""

    code = "program_number_taken"


class AccountInUseError(ConflictError):
    """An account with active memberships cannot be deleted."""

    code = "account_in_use"


class ProgramInUseError(ConflictError):
    """A program with active memberships cannot be deleted."""

    code = "program_in_use"


class MembershipDoublesError(ConflictError):
    """A uniqueness rule cannot be enabled while memberships break it."""

    code = "membership_doubles"


class TierCodeTakenError(ConflictError):
    """Codes of active tiers are unique in a program."""

    code = "tier_code_taken"


class MembershipExistsError(ConflictError):
    """An account holds at most one active membership of a program."""

    code = "membership_exists"


class MembershipNumberTakenError(ConflictError):
    """Membership numbers are unique in a program."""

    code = "membership_number_taken"


class ProviderMembershipIdTakenError(ConflictError):
    """The provider's ids are unique in a program."""

    code = "provider_membership_id_taken"


class CustomerEmailTakenError(ConflictError):
    """E-mail addresses of active customers are unique in a chain."""

    code = "customer_email_taken"


class AccountExternalIdTakenError(ConflictError):
    """External ids of active accounts are unique in a chain."""

    code = "account_external_id_taken"


class MovementInvalidError(InvalidError):
    """What is asked of the points ledger makes no sense: no points, no reason, an end before the beginning."""

    code = "movement_invalid"


class BalanceOutOfRangeError(InvalidError):
    """A balance would leave the range that it can be in."""

    code = "balance_out_of_range"


class MovementNotFoundError(NotFoundError):
    """No such points movement of the membership."""

    code = "movement_not_found"


class BalanceTooLowError(ConflictError):
    """More points are asked for than can be spent, and the program allows no overdraft."""

    code = "balance_too_low"


class IdempotencyKeyReusedError(ConflictError):
    """An idempotency key came again with other content."""

    code = "idempotency_key_reused"


class MovementReversedError(ConflictError):
    """A points movement is reversed once."""

    code = "movement_reversed"


class MovementNotReversibleError(ConflictError):
    """Only what was earned, burned or adjusted can be reversed, and no half of a transfer."""

    code = "movement_not_reversible"
