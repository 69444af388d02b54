"""Tables of connection profiles with their calls and tokens, templates and encryption keys."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table

NOW = func.now()


class ProfileRow(Authored, Table):
    """Saved settings to reach one outside system."""

    __tablename__ = "connection_profiles"
    __table_args__ = (
        CheckConstraint("state IN ('incomplete', 'ready')", name="state"),
        Index(
            "uq_connection_profiles_chain_id_internal_name", "chain_id", func.lower(text("internal_name")), unique=True
        ),
        Index("ix_connection_profiles_list", "chain_id", "type", func.lower(text("label")), "id"),
        Index(
            "uq_connection_profiles_chain_id_inbound",
            "chain_id",
            unique=True,
            postgresql_where=text("type = 'mparticle_inbound'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    type: Mapped[str]
    variant: Mapped[str]
    label: Mapped[str]
    internal_name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'"))
    secrets: Mapped[dict[str, Any]] = mapped_column(
        server_default=text("'{}'"), comment='property -> {"sealed": …, "set_at": …}; never plain text'
    )
    state: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))


class ProfileCallRow(Table):
    """What came of a test or run of a profile; the newest few are kept."""

    __tablename__ = "profile_calls"
    __table_args__ = (
        CheckConstraint("kind IN ('test', 'send_test', 'run')", name="kind"),
        Index("ix_profile_calls_profile_id_id", "profile_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"))
    chain_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(server_default=NOW)
    kind: Mapped[str]
    passed: Mapped[bool]
    code: Mapped[str | None]
    status: Mapped[int | None]
    latency_ms: Mapped[float | None]
    message: Mapped[str]


class OAuthTokenRow(Table):
    """An access token of an outside system, for one profile and one state of its OAuth properties."""

    __tablename__ = "oauth_tokens"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(
        primary_key=True, comment="keyed digest of what the token was asked with"
    )
    chain_id: Mapped[UUID]
    generation: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), comment="counts the tokens")
    sealed_token: Mapped[str | None]
    usable_until: Mapped[datetime | None] = mapped_column(comment="the expiry, less a margin")
    claim: Mapped[UUID | None] = mapped_column(comment="who fetches the next token")
    claimed_until: Mapped[datetime | None] = mapped_column(comment="until then no one else may fetch")


class ProfilePaceRow(Table):
    """What all workers that call through a profile share."""

    __tablename__ = "profile_paces"
    __table_args__ = (CheckConstraint("hold_reason IN ('retry_after', 'rate_limit_header')", name="hold_reason"),)

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    chain_id: Mapped[UUID]
    next_start: Mapped[datetime | None] = mapped_column(comment="where the next slice of the schedule begins")
    held_until: Mapped[datetime | None] = mapped_column(comment="before that nobody calls: the receiver asked for it")
    hold_reason: Mapped[str | None]
    probe_at: Mapped[datetime | None] = mapped_column(
        comment="when the open circuit breaker lets one through; null while it is closed"
    )
    failed_probes: Mapped[int] = mapped_column(server_default=text("0"))


class ProfileSliceRow(Table):
    """One worker's part of the requests in flight through a profile; it expires with its worker."""

    __tablename__ = "profile_slices"

    profile_id: Mapped[UUID] = mapped_column(ForeignKey("connection_profiles.id", ondelete="CASCADE"), primary_key=True)
    worker: Mapped[str] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID]
    places: Mapped[int] = mapped_column(comment="requests that the worker may have in flight")
    wanted: Mapped[int] = mapped_column(comment="requests that it could have in flight")
    definitions: Mapped[int] = mapped_column(comment="for how many export definitions")
    expires_at: Mapped[datetime]


class EncryptionKeyRow(Authored, Table):
    """A saved key for SFTP login or OpenPGP; its material is sealed and never shown."""

    __tablename__ = "encryption_keys"
    __table_args__ = (
        CheckConstraint("type IN ('rsa_private_key', 'pgp_public_key', 'pgp_private_key')", name="type"),
        Index("uq_encryption_keys_chain_id_internal_name", "chain_id", func.lower(text("internal_name")), unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(ForeignKey("chains.id"))
    type: Mapped[str]
    label: Mapped[str]
    internal_name: Mapped[str]
    algorithm: Mapped[str]
    fingerprint: Mapped[str]
    expires_at: Mapped[datetime | None]
    sealed_material: Mapped[str]
    sealed_passphrase: Mapped[str | None]
    material_set_at: Mapped[datetime]
