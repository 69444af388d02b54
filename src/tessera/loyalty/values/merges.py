"""Merges of accounts: what is asked for, what is there, what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from msgspec import Struct

AccountKind = Literal["customer", "company"]


class AccountMerge(Struct, frozen=True):
    """Accounts to merge into another one of their kind, which survives."""

    kind: AccountKind
    source_ids: Sequence[UUID]
    target_id: UUID


class HeldAccount(Struct, frozen=True):
    """An active account, held for writing."""

    id: UUID
    chain_id: UUID
    kind: str


@dataclass(slots=True, eq=False)
class Holding:
    """An active membership on its way from account to account."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    program_id: UUID
    is_primary: bool


@dataclass(slots=True)
class MergePlan:
    """What merges come to: the target of each source, memberships that move, and memberships that go.

    `heirs` are the memberships that get the points of those that go, in the order of going.
    """

    targets: dict[UUID, UUID] = field(default_factory=dict)
    moved: dict[UUID, Holding] = field(default_factory=dict)
    deleted: dict[UUID, Holding] = field(default_factory=dict)
    heirs: dict[UUID, UUID] = field(default_factory=dict)
    demoted: set[UUID] = field(default_factory=set)
