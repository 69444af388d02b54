"""Tables of access: roles, users, their sessions, factors and identities, failures to sign in, and API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tessera.platform.db import Authored, Table


class RoleRow(Authored, Table):
    """A named set of permissions."""

    __tablename__ = "roles"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[str]
    internal_name: Mapped[str]
    description: Mapped[str] = mapped_column(server_default="")
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(Text), comment="resource:level; null is everything")
    built_in: Mapped[bool] = mapped_column(server_default=text("false"))


Index("uq_roles_label", func.lower(RoleRow.label), unique=True)
Index("uq_roles_internal_name", func.lower(RoleRow.internal_name), unique=True)


class UserRow(Table):
    """A person who signs in to the pages."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str | None] = mapped_column(comment="null: signs in through the identity provider only")
    chain_ids: Mapped[list[UUID] | None] = mapped_column(
        ARRAY(Uuid), comment="chains the user may see; null is every chain"
    )
    permissions: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="resource:level, beside those of the roles"
    )
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_seen_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


Index("uq_users_email", func.lower(UserRow.email), unique=True)


class UserSessionRow(Table):
    """One browser that a user signed in with; the token itself is known to that browser only."""

    __tablename__ = "user_sessions"
    __table_args__ = (UniqueConstraint("token_digest"), Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"))
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    csrf_token: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    origin: Mapped[str | None]
    user_agent: Mapped[str | None]
    authenticated_at: Mapped[datetime] = mapped_column(
        server_default=func.now(), comment="when this browser last proved who uses it"
    )
    method: Mapped[str] = mapped_column("way", server_default=text("'password'"), comment="password or provider")


class SignInFailureRow(Table):
    """Failures in a row of one account or one origin, each kept as a digest."""

    __tablename__ = "sign_in_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    lockouts: Mapped[int] = mapped_column(
        server_default=text("0"), comment="how often these failures locked the account, each time for longer"
    )


class SecondFactorRow(Table):
    """The secret that a user's phone makes codes from."""

    __tablename__ = "second_factors"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"), primary_key=True)
    sealed_secret: Mapped[str]
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(
        comment="null: shown to the user, who has not given a code yet"
    )
    last_step: Mapped[int] = mapped_column(
        BigInteger, server_default=text("0"), comment="the latest 30 seconds whose code was used"
    )


class RecoveryCodeRow(Table):
    """A code for the day the phone is lost; it is deleted when it is used."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "user_id"),)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class SignInStepRow(Table):
    """A browser whose user has proved one thing and has to enter a code; its token is known to that browser only."""

    __tablename__ = "sign_in_steps"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    token_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"))
    method: Mapped[str] = mapped_column("way")
    expires_at: Mapped[datetime]


class PasswordResetRow(Table):
    """The one link by which a user may set a new password; the link itself is known to their mailbox only."""

    __tablename__ = "password_resets"
    __table_args__ = (UniqueConstraint("token_digest"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]


class IdentityRow(Table):
    """What an identity provider calls one of our users."""

    __tablename__ = "identities"
    __table_args__ = (Index(None, "user_id"),)

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True, comment="the identity provider's permanent id of the user")
    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class ApiKeyRow(Table):
    """What opens the management API; the key itself is known to its holder only."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    label: Mapped[str]
    hint: Mapped[str] = mapped_column(comment="the first characters, by which people recognise a key")
    chain_ids: Mapped[list[UUID] | None] = mapped_column(
        ARRAY(Uuid), comment="chains the key may see; null is every chain"
    )
    permissions: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="resource:level, beside those of the roles"
    )
    enabled: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    created_by_kind: Mapped[str | None]
    created_by_id: Mapped[UUID | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


class UserRoleRow(Table):
    """A user who holds a role."""

    __tablename__ = "user_roles"
    __table_args__ = (Index(None, "role_id"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.users.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.roles.id"), primary_key=True)


class ApiKeyRoleRow(Table):
    """An API key that is bound to a role."""

    __tablename__ = "api_key_roles"
    __table_args__ = (Index(None, "role_id"),)

    api_key_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.api_keys.id", ondelete="CASCADE"), primary_key=True)
    role_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.roles.id"), primary_key=True)
