"""Memberships and points movements as values."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from tessera.loyalty.values.versions import version_at
from tessera.platform.list_filters import Narrowing


class MembershipState(StrEnum):
    """How far a membership has come; any state may follow any other."""

    NEW = "New"
    PENDING = "Pending"
    ENROLLED = "Enrolled"
    CANCELED = "Canceled"
    DECLINED = "Declined"


class ProfileKind(StrEnum):
    """Who made or changed a membership, in the words of the Connector API."""

    PERSONAL = "Personal"
    ENTERPRISE = "Enterprise"
    PLATFORM = "Platform"
    STATIC = "Static"
    INTEGRATION = "Integration"


class MovementKind(StrEnum):
    """Why points moved."""

    SET = "set"
    EARN = "earn"
    BURN = "burn"
    ADJUST = "adjust"
    EXPIRE = "expire"
    REVERSE = "reverse"


class NewMembership(Struct, frozen=True, kw_only=True, gc=False):
    """A membership to create; with `points` its ledger begins with a movement to that balance."""

    account_id: UUID
    program_id: UUID
    is_primary: bool = False
    state: MembershipState = MembershipState.ENROLLED
    tier_id: UUID | None = None
    membership_number: str | None = None
    provider_membership_id: str | None = None
    points: int | None = None
    expires_at: datetime | None = None
    url: str | None = None


class MembershipChange(Struct, frozen=True, kw_only=True, gc=False):
    """What to change of a membership: UNSET keeps, None clears. With `points` the ledger gets a movement to there."""

    id: UUID
    program_id: UUID | UnsetType = UNSET
    state: MembershipState | UnsetType = UNSET
    is_primary: bool | UnsetType = UNSET
    tier_id: UUID | UnsetType | None = UNSET
    membership_number: str | UnsetType | None = UNSET
    provider_membership_id: str | UnsetType | None = UNSET
    points: int | UnsetType | None = UNSET
    expires_at: datetime | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET


class Membership(Struct, frozen=True, gc=False):
    """An account's belonging to a program. `balance` is None while the membership keeps no points."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    program_id: UUID
    tier_id: UUID | None
    state: str
    is_primary: bool
    membership_number: str | None
    provider_membership_id: str | None
    balance: int | None
    expires_at: datetime | None
    url: str | None
    creator_kind: str
    creator_id: UUID | None
    updater_kind: str
    updater_id: UUID | None
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def version(self) -> int:
        """What changes with every change."""
        return version_at(self.updated_at)


class MembershipFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of memberships is narrowed by; numbers and ids of the provider compare exactly."""

    account_ids: Sequence[UUID] | None = None
    program_ids: Sequence[UUID] | None = None
    states: Sequence[MembershipState] | None = None
    membership_numbers: Sequence[str] | None = None
    provider_membership_ids: Sequence[str] | None = None

    @property
    def only_ids(self) -> bool:
        """Say whether nothing but ids, and deletion, narrows the list."""
        others = (
            self.created_within,
            self.updated_within,
            self.cursor,
            self.account_ids,
            self.program_ids,
            self.states,
            self.membership_numbers,
            self.provider_membership_ids,
        )
        return self.ids is not None and all(one is None for one in others)
