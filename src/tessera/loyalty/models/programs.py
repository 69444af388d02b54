"""Tables of programs and tiers."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table

ACTIVE = text("deleted_at IS NULL")
# True for active rows and null for deleted ones, which a foreign key then leaves alone.
STANDING = "CASE WHEN deleted_at IS NULL THEN true END"


class ProgramRow(Table):
    """A loyalty program of a chain; partner files know it by its `number`."""

    __tablename__ = "programs"
    __table_args__ = (
        UniqueConstraint("chain_id", "number"),
        UniqueConstraint("chain_id", "id", "active"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("char_length(name) <= 100 AND char_length(code) <= 50", name="lengths"),
        CheckConstraint("type IN ('Hotel', 'ExternalPartner', 'SoftBrand', 'Unknown')", name="type"),
        CheckConstraint("subscription IN ('Free', 'Paid')", name="subscription"),
        Index("uq_programs_chain_id_code", "chain_id", "code", unique=True, postgresql_where=ACTIVE),
        Index("ix_programs_chain_id_created_at", "chain_id", "created_at", "sequence"),
        Index("ix_programs_chain_id_updated_at", "chain_id", "updated_at"),
    )

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    number: Mapped[int]
    name: Mapped[str]
    code: Mapped[str]
    type: Mapped[str]
    subscription: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    allows_overdraft: Mapped[bool] = mapped_column(server_default=text("false"))
    active: Mapped[bool | None] = mapped_column(Computed(STANDING, persisted=True))


class TierRow(Table):
    """A level in a program."""

    __tablename__ = "tiers"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "program_id"], ["programs.chain_id", "programs.id"]),
        UniqueConstraint("chain_id", "program_id", "id"),
        CheckConstraint("char_length(name) <= 50 AND char_length(code) <= 50", name="lengths"),
        Index("uq_tiers_program_id_code", "program_id", "code", unique=True, postgresql_where=ACTIVE),
        Index("ix_tiers_chain_id_created_at", "chain_id", "created_at", "sequence"),
        Index("ix_tiers_chain_id_updated_at", "chain_id", "updated_at"),
    )

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    program_id: Mapped[UUID]
    name: Mapped[str]
    code: Mapped[str]
    ordering: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
