"""Programs and tiers as values."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from tessera.loyalty.values.versions import version_at
from tessera.platform.list_filters import Narrowing


class ProgramType(StrEnum):
    """Whose program it is."""

    HOTEL = "Hotel"
    EXTERNAL_PARTNER = "ExternalPartner"
    SOFT_BRAND = "SoftBrand"
    UNKNOWN = "Unknown"


# Whether members pay to belong.
Subscription = Literal["Free", "Paid"]


class NewProgram(Struct, frozen=True, kw_only=True):
    """A program to create; without a number it is given the chain's next one."""

    name: str
    code: str
    type: ProgramType = ProgramType.UNKNOWN
    subscription: Subscription = "Free"
    number: int | None = None
    allows_overdraft: bool = False


class ProgramChange(Struct, frozen=True, kw_only=True):
    """What to change of a program: UNSET keeps. Its code stays, because bookings are matched by it."""

    id: UUID
    name: str | UnsetType = UNSET
    type: ProgramType | UnsetType = UNSET
    subscription: Subscription | UnsetType = UNSET
    allows_overdraft: bool | UnsetType = UNSET


class Program(Struct, frozen=True):
    """A loyalty program of a chain; one that allows overdraft lets burns take a balance below zero."""

    id: UUID
    chain_id: UUID
    number: int
    name: str
    code: str
    type: ProgramType
    subscription: Subscription
    allows_overdraft: bool
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def version(self) -> int:
        """What changes with every change."""
        return version_at(self.updated_at)


class ProgramFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of programs is narrowed by."""

    codes: Sequence[str] | None = None


class NewTier(Struct, frozen=True, kw_only=True):
    """A tier to create."""

    program_id: UUID
    name: str
    code: str
    ordering: int


class TierChange(Struct, frozen=True, kw_only=True):
    """What to change of a tier: UNSET keeps. Its program stays."""

    id: UUID
    name: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    ordering: int | UnsetType = UNSET


class Tier(Struct, frozen=True):
    """A level in a program; `ordering` is the rank that its maker chose."""

    id: UUID
    chain_id: UUID
    program_id: UUID
    name: str
    code: str
    ordering: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None

    @property
    def version(self) -> int:
        """What changes with every change."""
        return version_at(self.updated_at)


class TierFilter(Narrowing, frozen=True, kw_only=True):
    """What a list of tiers is narrowed by."""

    program_ids: Sequence[UUID] | None = None
    codes: Sequence[str] | None = None
