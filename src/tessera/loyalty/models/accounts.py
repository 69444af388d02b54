"""Table of accounts: customers and companies."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Text,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table
from tessera.platform.texts import condition_of

ACTIVE = text("deleted_at IS NULL")
DELETED = text("deleted_at IS NOT NULL")
TEXTS = """
    external_id name first_name last_name second_last_name email phone birth_country_code
    birth_country_subdivision_code birth_place occupation nationality_code preferred_language_code
    loyalty_code tax_identification_number accounting_code billing_code notes car_registration_number
    dietary_requirements italian_destination_code italian_fiscal_code italian_lottery_code invoicing_email
    website_url invoice_due_interval department duns_number reference_identifier additional_tax_identifier
    electronic_invoice_identifier contact contact_person identifier iata address_line1 address_line2 city
    postal_code country_code country_subdivision_code
"""
CUSTOMER = text("kind = 'customer' AND deleted_at IS NULL")


class AccountRow(Table):
    """A customer or a company: what can hold memberships."""

    __tablename__ = "accounts"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "company_id"], ["accounts.chain_id", "accounts.id"]),
        ForeignKeyConstraint(["chain_id", "merge_target_id"], ["accounts.chain_id", "accounts.id"]),
        CheckConstraint("kind IN ('customer', 'company')", name="kind"),
        CheckConstraint(
            "CASE kind WHEN 'customer' THEN last_name IS NOT NULL ELSE name IS NOT NULL END",
            name="names",
        ),
        CheckConstraint("title IN ('Mister', 'Miss', 'Misses')", name="title"),
        CheckConstraint("sex IN ('Male', 'Female')", name="sex"),
        CheckConstraint(condition_of(TEXTS.split()), name="lengths"),
        Index(
            "uq_accounts_chain_id_external_id",
            "chain_id",
            "external_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL AND external_id IS NOT NULL"),
        ),
        Index(
            "uq_accounts_chain_id_email",
            "chain_id",
            func.lower(text("email")).label("address"),
            unique=True,
            postgresql_ops={"address": "text_pattern_ops"},
            postgresql_where=text("deleted_at IS NULL AND kind = 'customer' AND email IS NOT NULL"),
        ),
        Index("ix_accounts_chain_id_created_at", "chain_id", "kind", "created_at", "sequence", postgresql_where=ACTIVE),
        Index(
            "ix_accounts_chain_id_created_at_deleted",
            "chain_id",
            "kind",
            "created_at",
            "sequence",
            postgresql_where=DELETED,
        ),
        Index("ix_accounts_chain_id_updated_at", "chain_id", "updated_at"),
        Index("ix_accounts_chain_id_deleted_at", "chain_id", "deleted_at", postgresql_where=DELETED),
        Index("ix_accounts_chain_id_last_name", "chain_id", "last_name"),
        Index("ix_accounts_chain_id_first_name", "chain_id", "first_name"),
        Index(
            "ix_accounts_chain_id_loyalty_code",
            "chain_id",
            "loyalty_code",
            postgresql_where=text("loyalty_code IS NOT NULL"),
        ),
        Index(
            "ix_accounts_chain_id_company_id", "chain_id", "company_id", postgresql_where=text("company_id IS NOT NULL")
        ),
        ForeignKeyConstraint(["chain_id", "mother_company_id"], ["accounts.chain_id", "accounts.id"]),
        CheckConstraint(
            "credit_rating IN ('CreditOk', 'PaymentRequiredUpfront', 'LocalDecisionRequired')", name="credit_rating"
        ),
        Index("ix_accounts_chain_id_name", "chain_id", "name", postgresql_where=text("kind = 'company'")),
        Index(
            "ix_accounts_chain_id_mother_company_id",
            "chain_id",
            "mother_company_id",
            postgresql_where=text("mother_company_id IS NOT NULL"),
        ),
        Index(
            "ix_accounts_chain_id_external_id_deleted",
            "chain_id",
            "external_id",
            postgresql_where=text("deleted_at IS NOT NULL AND external_id IS NOT NULL"),
        ),
        Index(
            "ix_accounts_chain_id_lower_name",
            "chain_id",
            func.lower(text("name")).label("company"),
            postgresql_where=text("kind = 'company' AND deleted_at IS NULL"),
            postgresql_ops={"company": "text_pattern_ops"},
        ),
        Index(
            "ix_accounts_chain_id_lower_last_name",
            "chain_id",
            func.lower(text("last_name")).label("last"),
            postgresql_where=CUSTOMER,
            postgresql_ops={"last": "text_pattern_ops"},
        ),
        Index(
            "ix_accounts_chain_id_lower_first_name",
            "chain_id",
            func.lower(text("first_name")).label("first"),
            func.lower(text("last_name")).label("last"),
            postgresql_where=CUSTOMER,
            postgresql_ops={"first": "text_pattern_ops", "last": "text_pattern_ops"},
        ),
    )

    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    kind: Mapped[str]
    external_id: Mapped[str | None]
    name: Mapped[str | None]
    title: Mapped[str | None]
    sex: Mapped[str | None]
    first_name: Mapped[str | None]
    last_name: Mapped[str | None]
    second_last_name: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    birth_date: Mapped[date | None]
    birth_country_code: Mapped[str | None]
    birth_country_subdivision_code: Mapped[str | None]
    birth_place: Mapped[str | None]
    occupation: Mapped[str | None]
    nationality_code: Mapped[str | None]
    preferred_language_code: Mapped[str | None]
    loyalty_code: Mapped[str | None]
    tax_identification_number: Mapped[str | None]
    accounting_code: Mapped[str | None]
    billing_code: Mapped[str | None]
    notes: Mapped[str | None]
    car_registration_number: Mapped[str | None]
    dietary_requirements: Mapped[str | None]
    italian_destination_code: Mapped[str | None]
    italian_fiscal_code: Mapped[str | None]
    italian_lottery_code: Mapped[str | None]
    mother_company_id: Mapped[UUID | None]
    invoicing_email: Mapped[str | None]
    website_url: Mapped[str | None]
    invoice_due_interval: Mapped[str | None]
    department: Mapped[str | None]
    duns_number: Mapped[str | None]
    reference_identifier: Mapped[str | None]
    additional_tax_identifier: Mapped[str | None]
    electronic_invoice_identifier: Mapped[str | None]
    contact: Mapped[str | None]
    contact_person: Mapped[str | None]
    identifier: Mapped[str | None]
    iata: Mapped[str | None]
    credit_rating: Mapped[str | None]
    classifications: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    options: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    company_id: Mapped[UUID | None]
    merge_target_id: Mapped[UUID | None]
    address_id: Mapped[UUID | None]
    address_line1: Mapped[str | None]
    address_line2: Mapped[str | None]
    city: Mapped[str | None]
    postal_code: Mapped[str | None]
    country_code: Mapped[str | None]
    country_subdivision_code: Mapped[str | None]
    latitude: Mapped[float | None] = mapped_column(Double)
    longitude: Mapped[float | None] = mapped_column(Double)
    creator_id: Mapped[UUID]
    updater_id: Mapped[UUID]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
