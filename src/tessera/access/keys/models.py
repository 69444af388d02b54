"""Tables of the Connector API's credentials and of their request windows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Table


class ClientTokenRow(Table):
    """The credential of an application; only a keyed hash of it is kept."""

    __tablename__ = "client_tokens"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    label: Mapped[str]
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AccessTokenRow(Table):
    """The credential of one connection of an application: to one enterprise, or to a portfolio of them."""

    __tablename__ = "access_tokens"
    __table_args__ = (UniqueConstraint("digest"), Index("ix_access_tokens_client_token_id", "client_token_id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_token_id: Mapped[UUID] = mapped_column(ForeignKey("client_tokens.id"))
    digest: Mapped[bytes]
    label: Mapped[str]
    portfolio: Mapped[bool]
    permissions: Mapped[list[str]] = mapped_column(ARRAY(Text))
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    strict: Mapped[bool | None] = mapped_column(comment="null follows the deployment")


class AccessTokenEnterpriseRow(Table):
    """One enterprise within an access token's scope."""

    __tablename__ = "access_token_enterprises"
    __table_args__ = (
        ForeignKeyConstraint(["chain_id", "enterprise_id"], ["enterprises.chain_id", "enterprises.id"]),
        Index("ix_access_token_enterprises_chain_id_enterprise_id", "chain_id", "enterprise_id"),
    )

    access_token_id: Mapped[UUID] = mapped_column(ForeignKey("access_tokens.id"), primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(primary_key=True)
    linked_at: Mapped[datetime]


class RequestWindowRow(Table):
    """Moments of the latest requests of one access token."""

    __tablename__ = "request_windows"
    __table_args__ = ({"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": 50}},)

    access_token_id: Mapped[UUID] = mapped_column(primary_key=True)
    moments: Mapped[list[datetime]] = mapped_column(ARRAY(DateTime(timezone=True)))
