"""`loyaltyMemberships/getAll`, written the usual way: FastAPI, pydantic, SQLAlchemy's ORM, asyncpg, uvicorn.

It runs in the peers' own environment and knows nothing of Tessera but its tables. What the operation takes and answers
is the contract's; tokens are checked by a query on every call, as they are with us, so that a revoked one stops working
at once. Its tokens are rows of the same tables, with a plain SHA-256 in place of our keyed hash.
"""

import argparse
import os
import signal
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any
from uuid import UUID

import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal
from sqlalchemy import ARRAY, DateTime, ForeignKey, Select, Text, bindparam, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

# Connections a process may have: both together as many as half of the callers.
POOL = 16
PERMISSIONS = {"members:read", "members:write", "members:admin"}

# Where the database is, and as whom to connect, is in the environment, as libpq and asyncpg have it.
# The operation only reads, so no statement waits for the beginning or the end of a transaction.
engine = create_async_engine(
    "postgresql+asyncpg://",
    pool_size=POOL,
    max_overflow=0,
    isolation_level="AUTOCOMMIT",
    pool_reset_on_return=None,
)
make_session = async_sessionmaker(engine, expire_on_commit=False)


class Table(DeclarativeBase):
    """A table of Tessera's."""

    type_annotation_map = {datetime: DateTime(timezone=True), list[str]: ARRAY(Text)}  # noqa: RUF012
    __table_args__ = {"schema": "tessera"}  # noqa: RUF012


class ClientToken(Table):
    """The credential of an application."""

    __tablename__ = "client_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    enabled: Mapped[bool]
    revoked_at: Mapped[datetime | None]


class AccessToken(Table):
    """The credential of a connection."""

    __tablename__ = "access_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    client_token_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.client_tokens.id"))
    digest: Mapped[bytes]
    permissions: Mapped[list[str]]
    enabled: Mapped[bool]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AccessTokenEnterprise(Table):
    """An enterprise that an access token reaches."""

    __tablename__ = "access_token_enterprises"

    access_token_id: Mapped[UUID] = mapped_column(ForeignKey("tessera.access_tokens.id"), primary_key=True)
    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    enterprise_id: Mapped[UUID] = mapped_column(primary_key=True)


class Membership(Table):
    """An account's belonging to a program."""

    __tablename__ = "memberships"

    chain_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    account_id: Mapped[UUID]
    program_id: Mapped[UUID]
    tier_id: Mapped[UUID | None]
    state: Mapped[str]
    is_primary: Mapped[bool]
    membership_number: Mapped[str | None]
    provider_membership_id: Mapped[str | None]
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


class Shape(BaseModel):
    """A part of a request or an answer."""

    model_config = ConfigDict(alias_generator=to_pascal, populate_by_name=True)


class MembershipState(StrEnum):
    """How far a membership has come."""

    NEW = "New"
    PENDING = "Pending"
    ENROLLED = "Enrolled"
    CANCELED = "Canceled"
    DECLINED = "Declined"


class Limitation(Shape):
    """How many, and below which one."""

    count: Annotated[int, Field(ge=1, le=1000)]
    cursor: UUID | None = None


class GetAll(Shape):
    """The request: credentials and filters."""

    client_token: str
    access_token: str
    client: str
    limitation: Limitation
    loyalty_membership_ids: Annotated[list[UUID], Field(max_length=1000)] | None = None
    account_ids: Annotated[list[UUID], Field(max_length=1000)] | None = None
    loyalty_program_ids: Annotated[list[UUID], Field(max_length=1000)] | None = None
    membership_states: list[MembershipState] | None = None
    membership_numbers: Annotated[list[str], Field(max_length=1000)] | None = None
    provider_membership_ids: Annotated[list[str], Field(max_length=1000)] | None = None


class EnterpriseProfile(Shape):
    """A person of the enterprise."""

    profile_id: UUID


class Profile(Shape):
    """Who made or changed a membership."""

    discriminator: str
    enterprise_profile: EnterpriseProfile | None = None


class LoyaltyMembership(Shape):
    """A membership as the contract shows it."""

    id: UUID
    chain_id: UUID
    account_id: UUID
    loyalty_program_id: UUID
    state: MembershipState
    is_primary: bool
    provider_membership_id: str | None
    code: str | None
    membership_number: str | None
    points: int | None
    expiration_date: datetime | None
    url: str | None
    loyalty_tier_id: UUID | None
    creator_profile: Profile
    updater_profile: Profile


class MembershipsPage(Shape):
    """The answer."""

    loyalty_memberships: list[LoyaltyMembership]
    cursor: UUID | None


async def open_session() -> AsyncIterator[AsyncSession]:
    """Have a session for one request."""
    async with make_session() as session:
        yield session


# Written once: building a statement costs more than running it.
FIND_CHAINS = (
    select(AccessToken.permissions, AccessTokenEnterprise.chain_id)
    .join(ClientToken, ClientToken.id == AccessToken.client_token_id)
    .join(AccessTokenEnterprise, AccessTokenEnterprise.access_token_id == AccessToken.id)
    .where(
        AccessToken.digest == bindparam("access"),
        ClientToken.digest == bindparam("client"),
        AccessToken.enabled,
        AccessToken.revoked_at.is_(None),
        or_(AccessToken.expires_at.is_(None), AccessToken.expires_at > bindparam("now")),
        ClientToken.enabled,
        ClientToken.revoked_at.is_(None),
    )
)


async def find_chains(session: AsyncSession, request: GetAll) -> list[UUID]:
    """Return the chains that the tokens open; 401 where they open none."""
    digests = {
        "access": sha256(request.access_token.encode()).digest(),
        "client": sha256(request.client_token.encode()).digest(),
    }
    found = await session.execute(FIND_CHAINS, {**digests, "now": datetime.now(UTC)})
    rows = found.all()
    if not rows:
        raise HTTPException(401, "Invalid ClientToken or AccessToken.")
    if not PERMISSIONS.intersection(rows[0].permissions):
        raise HTTPException(401, "Insufficient permissions.")
    return list({row.chain_id for row in rows})


def choose(request: GetAll, chains: list[UUID]) -> Select[tuple[Membership]]:
    """Return the statement for a page, newest first."""
    chosen = select(Membership).where(Membership.chain_id.in_(chains), Membership.deleted_at.is_(None))
    for column, values in (
        (Membership.id, request.loyalty_membership_ids),
        (Membership.account_id, request.account_ids),
        (Membership.program_id, request.loyalty_program_ids),
        (Membership.state, request.membership_states),
        (Membership.membership_number, request.membership_numbers),
        (Membership.provider_membership_id, request.provider_membership_ids),
    ):
        if values is not None:
            chosen = chosen.where(column.in_(values))
    return chosen.order_by(Membership.created_at.desc(), Membership.sequence.desc()).limit(request.limitation.count)


def show_profile(kind: str, profile_id: UUID | None) -> Profile:
    """Return who it was."""
    person = EnterpriseProfile(profile_id=profile_id) if kind == "Enterprise" and profile_id else None
    return Profile(discriminator=kind, enterprise_profile=person)


def show(item: Membership) -> LoyaltyMembership:
    """Return one membership as the contract shows it."""
    return LoyaltyMembership(
        id=item.id,
        chain_id=item.chain_id,
        account_id=item.account_id,
        loyalty_program_id=item.program_id,
        state=MembershipState(item.state),
        is_primary=item.is_primary,
        provider_membership_id=item.provider_membership_id,
        code=item.membership_number,
        membership_number=item.membership_number,
        points=item.balance,
        expiration_date=item.expires_at,
        url=item.url,
        loyalty_tier_id=item.tier_id,
        creator_profile=show_profile(item.creator_kind, item.creator_id),
        updater_profile=show_profile(item.updater_kind, item.updater_id),
    )


@asynccontextmanager
async def close_engine(_: FastAPI) -> AsyncIterator[None]:
    """Close the connections in the end."""
    yield
    await engine.dispose()


app = FastAPI(lifespan=close_engine)
OpenSession = Annotated[AsyncSession, Depends(open_session)]


@app.post("/api/connector/v1/loyaltyMemberships/getAll")
async def get_all(request: GetAll, session: OpenSession) -> MembershipsPage:
    """List memberships."""
    chains = await find_chains(session, request)
    chosen = choose(request, chains)
    if request.limitation.cursor is not None:
        place = select(Membership.created_at, Membership.sequence).where(
            Membership.chain_id.in_(chains), Membership.id == request.limitation.cursor
        )
        at = (await session.execute(place)).one_or_none()
        if at is None:
            raise HTTPException(400, "Invalid Cursor.")
        chosen = chosen.where(tuple_(Membership.created_at, Membership.sequence) < tuple_(*at))
    items = [show(item) for item in await session.scalars(chosen)]
    return MembershipsPage(loyalty_memberships=items, cursor=items[-1].id if items else None)


@app.get("/healthz")
async def tell_health(session: OpenSession) -> dict[str, Any]:
    """Say whether the database answers."""
    await session.execute(select(1))
    return {"status": "ok"}


def stop_with_parent() -> None:
    """End when standard input does."""
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    threading.Thread(target=stop_with_parent, daemon=True).start()
    uvicorn.run(
        "fastapi_connector:app",
        host="127.0.0.1",
        port=given.port,
        workers=given.workers,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )


if __name__ == "__main__":
    main()
