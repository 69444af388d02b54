"""Connector API credentials as values."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

# What a Connector API client does; narrower sets are given token by token.
CONNECTOR_PERMISSIONS = ("members:write", "programs:write")
TOKEN_PERMISSIONS = ("members:read", "members:write", "programs:read", "programs:write")


class NewAccessToken(Struct, frozen=True, kw_only=True):
    """A connection's credential to create, for the enterprises it reaches; `strict` None follows the deployment."""

    client_token_id: UUID
    label: str
    enterprise_ids: Sequence[UUID]
    portfolio: bool = False
    permissions: Sequence[str] = CONNECTOR_PERMISSIONS
    expires_at: datetime | None = None
    strict: bool | None = None


class MadeToken(Struct, frozen=True):
    """A credential just made: the only time its plain text is seen."""

    id: UUID
    label: str
    text: str


class Token(Struct, frozen=True):
    """A credential as it is listed; a client token has no parent, no permissions and no enterprises."""

    id: UUID
    client_token_id: UUID | None
    label: str
    portfolio: bool
    permissions: Sequence[str]
    enterprise_ids: Sequence[UUID]
    chain_ids: Sequence[UUID]
    enabled: bool
    created_at: datetime
    expires_at: datetime | None
    strict: bool | None
    revoked_at: datetime | None


class Scope(Struct, frozen=True):
    """What a pair of credentials may touch. An ordinary token has exactly one enterprise."""

    access_token_id: UUID
    name: str
    portfolio: bool
    permissions: frozenset[str]
    enterprise_ids: tuple[UUID, ...]
    chain_ids: tuple[UUID, ...]
    expires_at: datetime | None = None
    strict: bool | None = None
