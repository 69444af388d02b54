"""Tables of memberships and their points movements."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table
from tessera.platform.texts import condition_of

ACTIVE = text("deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")
PROFILES = "('Personal', 'Enterprise', 'Platform', 'Static', 'Integration')"

# True for active rows and null for deleted ones, which a foreign key then leaves alone.
STANDING = "CASE WHEN deleted_at IS NULL THEN true END"
BYTEWISE = Text(collation="C")


class MembershipRow(Table):
    """An account's belonging to a program. `balance` is null while the membership keeps no points."""

    __tablename__ = "memberships"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "account_id"], ["accounts.chain_id", "accounts.id"]),
        ForeignKeyConstraint(
            ["chain_id", "program_id", "active"], ["programs.chain_id", "programs.id", "programs.active"]
        ),
        ForeignKeyConstraint(["chain_id", "program_id", "tier_id"], ["tiers.chain_id", "tiers.program_id", "tiers.id"]),
        CheckConstraint("state IN ('New', 'Pending', 'Enrolled', 'Canceled', 'Declined')", name="state"),
        CheckConstraint(condition_of(("membership_number", "provider_membership_id", "url")), name="lengths"),
        CheckConstraint(f"creator_kind IN {PROFILES}", name="creator_kind"),
        CheckConstraint(f"updater_kind IN {PROFILES}", name="updater_kind"),
        # The names leave the chain out: errors are known by them, and the column was added later.
        Index(
            "uq_memberships_account_id_program_id",
            "chain_id",
            "account_id",
            "program_id",
            unique=True,
            postgresql_where=ACTIVE,
        ),
        Index(
            "uq_memberships_account_id_primary",
            "chain_id",
            "account_id",
            unique=True,
            postgresql_where=text("is_primary AND deleted_at IS NULL"),
        ),
        Index(
            "uq_memberships_membership_number_program_id",
            "chain_id",
            "membership_number",
            "program_id",
            unique=True,
            postgresql_ops={"membership_number": "text_pattern_ops"},
            postgresql_where=text("deleted_at IS NULL AND membership_number IS NOT NULL"),
        ),
        Index(
            "uq_memberships_provider_membership_id_program_id",
            "chain_id",
            "provider_membership_id",
            "program_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND provider_membership_id IS NOT NULL"),
        ),
        Index("ix_memberships_chain_id_created_at", "chain_id", "created_at", "sequence", postgresql_where=ACTIVE),
        Index("ix_memberships_chain_id_updated_at", "chain_id", "updated_at", postgresql_where=ACTIVE),
        Index(
            "ix_memberships_program_id_state", "program_id", "state", "created_at", "sequence", postgresql_where=ACTIVE
        ),
        Index(
            "ix_memberships_chain_id_created_at_deleted",
            "chain_id",
            "created_at",
            "sequence",
            postgresql_where=DELETED,
        ),
        Index("ix_memberships_chain_id_updated_at_deleted", "chain_id", "updated_at", postgresql_where=DELETED),
        Index("ix_memberships_account_id_deleted", "account_id", postgresql_where=DELETED),
        Index("ix_memberships_membership_number_deleted", "membership_number", postgresql_where=DELETED),
        Index("ix_memberships_provider_membership_id_deleted", "provider_membership_id", postgresql_where=DELETED),
    )

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    account_id: Mapped[UUID]
    program_id: Mapped[UUID]
    tier_id: Mapped[UUID | None]
    state: Mapped[str] = mapped_column(BYTEWISE)
    is_primary: Mapped[bool]
    membership_number: Mapped[str | None] = mapped_column(BYTEWISE)
    provider_membership_id: Mapped[str | None] = mapped_column(BYTEWISE)
    balance: Mapped[int | None]
    expires_at: Mapped[datetime | None]
    url: Mapped[str | None]
    creator_kind: Mapped[str]
    creator_id: Mapped[UUID | None]
    updater_kind: Mapped[str]
    updater_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    active: Mapped[bool | None] = mapped_column(Computed(STANDING, persisted=True))


class PointsMovementRow(Table):
    """One append-only line of the ledger; `sequence` numbers a membership's, `balance` is the membership's after it."""

    __tablename__ = "points_movements"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "membership_id"], ["memberships.chain_id", "memberships.id"]),
        CheckConstraint("kind IN ('set', 'earn', 'burn', 'adjust', 'expire', 'reverse')", name="kind"),
        CheckConstraint("(origin_kind IS NULL) = (origin_id IS NULL)", name="origin"),
        Index(
            "uq_points_movements_membership_id_idempotency_key",
            "chain_id",
            "membership_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(
            "uq_points_movements_membership_id_reverses",
            "chain_id",
            "membership_id",
            "reverses",
            unique=True,
            postgresql_where=text("reverses IS NOT NULL"),
        ),
        Index("ix_points_movements_transfer_id", "transfer_id", postgresql_where=text("transfer_id IS NOT NULL")),
    )

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str]
    points: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]
    reason: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    created_at: Mapped[datetime]
    active_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    balance: Mapped[int]
    actor_id: Mapped[UUID | None]
    transfer_id: Mapped[UUID | None]
    reverses: Mapped[int | None] = mapped_column(BigInteger)
    origin_kind: Mapped[str | None]
    origin_id: Mapped[UUID | None]
    origin_row: Mapped[int | None] = mapped_column(BigInteger)
    rule_version: Mapped[int | None]


class PointsLotRow(Table):
    """What is left of a movement whose points begin or end at a moment; a transfer may bring several parts."""

    __tablename__ = "points_lots"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chain_id", "membership_id", "sequence"],
            ["points_movements.chain_id", "points_movements.membership_id", "points_movements.sequence"],
        ),
        CheckConstraint("remaining >= 0", name="remaining"),
        Index("ix_points_lots_expires_at", "expires_at", postgresql_where=text("remaining > 0")),
    )

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    part: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    remaining: Mapped[int]
    active_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
