"""Tables of chains and their enterprises."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table
from tessera.platform.texts import condition_of

TEXTS = """
    name short_name external_id time_zone legal_environment_code accommodation_environment_code
    accounting_environment_code tax_environment_code default_language_code currency_code tax_identifier
    website_url email phone address_line1 address_line2 city postal_code country_code country_subdivision_code
"""


class ChainRow(Table):
    """A group of enterprises that shares loyalty data."""

    __tablename__ = "chains"
    __table_args__ = (
        CheckConstraint(condition_of(["name"]), name="lengths"),
        Index("uq_chains_name", text("lower(name)"), unique=True, postgresql_where=text("archived_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class EnterpriseRow(Table):
    """One property of a chain."""

    __tablename__ = "enterprises"
    __table_args__ = (
        CheckConstraint("pricing IN ('Gross', 'Net')", name="pricing"),
        CheckConstraint(condition_of(TEXTS.split()), name="lengths"),
        Index("uq_enterprises_id", "id", unique=True),
        Index("uq_enterprises_chain_id_name", "chain_id", text("lower(name)"), unique=True),
    )

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    name: Mapped[str]
    short_name: Mapped[str | None]
    external_id: Mapped[str | None]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    time_zone: Mapped[str] = mapped_column(server_default="Etc/UTC")
    legal_environment_code: Mapped[str]
    accommodation_environment_code: Mapped[str]
    accounting_environment_code: Mapped[str]
    tax_environment_code: Mapped[str]
    default_language_code: Mapped[str] = mapped_column(server_default="en-US")
    currency_code: Mapped[str]
    pricing: Mapped[str]
    tax_identifier: Mapped[str | None]
    website_url: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address_id: Mapped[UUID]
    address_line1: Mapped[str | None]
    address_line2: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country_code: Mapped[str | None]
    country_subdivision_code: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
