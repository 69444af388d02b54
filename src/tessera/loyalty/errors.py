"""Failures of the loyalty room.

InvalidError   ChainMissingError, Token…Error, SeveralChainsError, MovementInvalidError, BalanceOutOfRangeError
DeniedError    ChainReachError, TokenReachError
NotFoundError  Unknown…Error: no such record, or one of another chain, or a deleted one
ConflictError  …TakenError, …ExistsError, ProgramInUseError: a rule forbids it; ChangedMeanwhileError: a faster one
UnavailableError  RequestLimitError
"""

from tessera.platform.errors import ConflictError, DeniedError, InvalidError, NotFoundError, UnavailableError


class ChainMissingError(InvalidError):
    """Somebody who sees every chain has to name the ones meant."""

    code = "chain_missing"


class ChainReachError(DeniedError):
    """Only somebody who sees every chain makes one: nobody else would see it."""

    code = "chain_beyond_reach"


class ChainNameTakenError(ConflictError):
    """Another chain that is not archived has this name."""

    code = "chain_name_taken"


class EnterpriseNameTakenError(ConflictError):
    """Another enterprise of the chain has this name."""

    code = "enterprise_name_taken"


class TimeZoneError(InvalidError):
    """There is no time zone of that name."""

    code = "time_zone_invalid"


class SeveralChainsError(InvalidError):
    """What one call changes is in one chain."""

    code = "several_chains"


class TokenScopeError(InvalidError):
    """An ordinary access token reaches one enterprise, a portfolio token at least one."""

    code = "token_scope_invalid"


class TextLengthError(InvalidError):
    """A name or code is empty or longer than the Connector API can show."""

    code = "text_length_invalid"


class UrlInvalidError(InvalidError):
    """What is given as the address of a web page is none."""

    code = "url_invalid"


class TokenLabelError(InvalidError):
    """The label of a credential cannot be used."""

    code = "token_label_invalid"


class TokenReachError(DeniedError):
    """Access tokens of chains that the actor does not see hang on the client token."""

    code = "token_beyond_reach"


class TokenExceedsError(DeniedError):
    """A token that holds more than the actor is neither switched nor revoked by them."""

    code = "token_exceeds_actor"


class TokenPermissionError(InvalidError):
    """An access token is given a permission that no operation of the Connector API asks for."""

    code = "token_permission_invalid"


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


class UnknownMotherCompanyError(NotFoundError):
    """No such active company in the chain to be another one's mother."""

    code = "mother_company_unknown"


class UnknownMergeSourceError(NotFoundError):
    """No such active account of the kind to merge into the target."""

    code = "merge_source_unknown"


class UnknownMergeTargetError(NotFoundError):
    """No such active account of the kind to merge into, or it is one of the sources."""

    code = "merge_target_unknown"


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


class RecordChangedError(ConflictError):
    """Someone else changed the record in the meantime."""

    code = "record_changed"


class AccountInUseError(ConflictError):
    """An account with active memberships cannot be deleted."""

    code = "account_in_use"


class ProgramInUseError(ConflictError):
    """A program with active memberships cannot be deleted."""

    code = "program_in_use"


class MembershipDoublesError(ConflictError):
    """A uniqueness rule cannot be switched on while memberships break it."""

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


class TokenTakenError(ConflictError):
    """The published token is there already."""

    code = "token_taken"


class MovementInvalidError(InvalidError):
    """What is asked of the points ledger makes no sense: no points, no reason, an end before the beginning."""

    code = "movement_invalid"


class BalanceOutOfRangeError(InvalidError):
    """A balance would leave the range that it can be in."""

    code = "balance_out_of_range"


class UnknownMovementError(NotFoundError):
    """No such points movement of the membership."""

    code = "movement_unknown"


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


class RequestLimitError(UnavailableError):
    """An access token asked too often."""

    code = "request_limit_reached"
