"""Failures of the loyalty room.

InvalidError   ChainMissingError, TokenScopeError
NotFoundError  Unknown…Error: no such record, or one of another chain, or a deleted one
ConflictError  …TakenError, MembershipExistsError: a rule forbids it; ChangedMeanwhileError: somebody was faster
UnavailableError  RequestLimitError
"""

from tessera.platform.errors import ConflictError, InvalidError, NotFoundError, UnavailableError


class ChainMissingError(InvalidError):
    """Somebody who sees every chain has to name the ones meant."""

    code = "chain_missing"


class TokenScopeError(InvalidError):
    """An ordinary access token reaches one enterprise, a portfolio token at least one."""

    code = "token_scope_invalid"


class UnknownChainError(NotFoundError):
    """No such chain within the actor's reach."""

    code = "chain_unknown"


class UnknownEnterpriseError(NotFoundError):
    """No such enterprise within the actor's reach."""

    code = "enterprise_unknown"


class UnknownAccountError(NotFoundError):
    """No such active account in the chain."""

    code = "account_unknown"


class UnknownCompanyError(NotFoundError):
    """No such active company in the chain."""

    code = "company_unknown"


class UnknownProgramError(NotFoundError):
    """No such active program in the chain."""

    code = "program_unknown"


class UnknownTierError(NotFoundError):
    """No such active tier in the program."""

    code = "tier_unknown"


class UnknownMembershipError(NotFoundError):
    """No such active membership within the actor's reach."""

    code = "membership_unknown"


class UnknownCursorError(NotFoundError):
    """The cursor is no record that the actor can see."""

    code = "cursor_unknown"


class UnknownTokenError(NotFoundError):
    """No such client token or access token."""

    code = "token_unknown"


class ProgramCodeTakenError(ConflictError):
    """Codes of active programs are unique in a chain."""

    code = "program_code_taken"


class ProgramNumberTakenError(ConflictError):
    """Numbers of programs are unique in a chain, for ever."""

    code = "program_number_taken"


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


class TokenTakenError(ConflictError):
    """The published token is there already."""

    code = "token_taken"


class ChangedMeanwhileError(ConflictError):
    """Somebody else changed the same records at the same time; the same call may succeed when repeated."""

    code = "changed_meanwhile"


class RequestLimitError(UnavailableError):
    """An access token asked too often."""

    code = "request_limit_reached"
