"""Signing in, staying signed in, and being slowed down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from tessera.access.roles import ADMIN_ROLE_ID
from tessera.access.sign_in import SignInDelayedError, sign_in
from tessera.access.users import NewUser, Visitor, change_password, create_users, find_session, sign_out
from tessera.platform.actors import command_line_actor
from tessera.platform.db import Database
from tessera.platform.jobs import JobQueue
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing
from tessera.platform.settings import load_settings

ROOT = command_line_actor("test")
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LIFE = timedelta(hours=12)
HOME = Visitor("192.0.2.1", "Browser", LIFE)
ADA = NewUser("ada@example.com", "Ada", "a quiet sentence", roles=frozenset({ADMIN_ROLE_ID}))


@pytest.fixture
async def ada(database: Database) -> NewUser:
    async with database.session() as session:
        await create_users(session, ROOT, [ADA])
    return ADA


def ground_of(database: Database, keys: KeyRing, **given: Any) -> Resources:
    return Resources(load_settings({}, **given), database, keys, JobQueue(database))


async def enter(
    database: Database,
    keys: KeyRing,
    password: str = ADA.password,
    *,
    email: str = ADA.email,
    now: datetime = NOON,
    visitor: Visitor = HOME,
) -> str | None:
    async with database.session() as session:
        opened = await sign_in(session, ground_of(database, keys), visitor, email=email, password=password, now=now)
    return opened.token if opened else None


async def test_token_opens_the_session(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys)
    assert token is not None
    async with database.session() as session:
        found = await find_session(session, keys, token, now=NOON, lifetime=LIFE)
        stored = await session.scalar(text("SELECT token_digest FROM user_sessions"))
    assert found is not None
    assert (found.user.name, len(found.csrf_token)) == ("Ada", 43)
    assert token.encode() not in stored


async def test_wrong_token_opens_nothing(database: Database, keys: KeyRing, ada: NewUser) -> None:
    await enter(database, keys)
    async with database.session() as session:
        assert await find_session(session, keys, "x" * 43, now=NOON, lifetime=LIFE) is None


async def test_session_ends_without_use(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    async with database.session() as session:
        assert await find_session(session, keys, token, now=NOON + LIFE, lifetime=LIFE) is None


async def test_use_keeps_a_session_alive(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    for hours in (11, 22, 33):
        async with database.session() as session:
            assert await find_session(session, keys, token, now=NOON + timedelta(hours=hours), lifetime=LIFE)


async def test_no_session_outlives_a_month(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    year = timedelta(days=365)
    async with database.session() as session:
        assert await find_session(session, keys, token, now=NOON + timedelta(hours=1), lifetime=year)
        assert await find_session(session, keys, token, now=NOON + timedelta(days=31), lifetime=year) is None


async def test_signed_out_token_is_void(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    async with database.session() as session:
        found = await find_session(session, keys, token, now=NOON, lifetime=LIFE)
        assert found is not None
        await sign_out(session, found)
        assert await find_session(session, keys, token, now=NOON, lifetime=LIFE) is None


async def test_new_password_ends_every_session(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    async with database.session() as session:
        found = await find_session(session, keys, token, now=NOON, lifetime=LIFE)
        assert found is not None
        await change_password(session, ROOT, user_id=found.user.id, password="another sentence", now=NOON)
    async with database.session() as session:
        assert await find_session(session, keys, token, now=NOON, lifetime=LIFE) is None
    assert await enter(database, keys) is None
    assert await enter(database, keys, "another sentence")


async def test_disabled_user_cannot_enter(database: Database, keys: KeyRing, ada: NewUser) -> None:
    token = await enter(database, keys) or ""
    async with database.session() as session:
        await session.execute(text("UPDATE users SET enabled = false"))
        assert await find_session(session, keys, token, now=NOON, lifetime=LIFE) is None
    assert await enter(database, keys) is None


@pytest.mark.parametrize("email", [ADA.email, "nobody@example.com"])
async def test_delay_does_not_tell_who_exists(database: Database, keys: KeyRing, ada: NewUser, email: str) -> None:
    for _ in range(3):
        assert await enter(database, keys, "wrong password", email=email) is None
    with pytest.raises(SignInDelayedError, match="Wait 1 second and") as caught:
        await enter(database, keys, "wrong password", email=email)
    assert caught.value.retry_after == 1


async def test_right_password_waits_too(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for _ in range(3):
        await enter(database, keys, "wrong password")
    with pytest.raises(SignInDelayedError):
        await enter(database, keys)
    assert await enter(database, keys, now=NOON + timedelta(seconds=1))


async def test_delay_grows(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for _ in range(3):
        await enter(database, keys, "wrong password")
    moment = NOON
    for expected in (1, 2, 4, 8):
        with pytest.raises(SignInDelayedError) as caught:
            await enter(database, keys, now=moment)
        assert caught.value.retry_after == expected
        moment += timedelta(seconds=expected)
        await enter(database, keys, "wrong password", now=moment)


async def test_success_forgets_failures(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for _ in range(3):
        for _ in range(2):
            assert await enter(database, keys, "wrong password") is None
        assert await enter(database, keys)


async def test_a_day_forgets_failures(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for days in range(6):
        assert await enter(database, keys, "wrong password", now=NOON + timedelta(days=2 * days)) is None


async def test_origin_is_slowed_down_over_many_accounts(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for number in range(20):
        assert await enter(database, keys, "wrong password", email=f"guess{number}@example.com") is None
    with pytest.raises(SignInDelayedError):
        await enter(database, keys)
    elsewhere = Visitor("198.51.100.7", None, LIFE)
    assert await enter(database, keys, visitor=elsewhere)


async def test_own_account_clears_no_record(database: Database, keys: KeyRing, ada: NewUser) -> None:
    for number in range(19):
        await enter(database, keys, "wrong password", email=f"guess{number}@example.com")
    assert await enter(database, keys)
    assert await enter(database, keys, "wrong password", email="guess@example.com") is None
    with pytest.raises(SignInDelayedError):
        await enter(database, keys)


async def test_failures_keep_no_address(database: Database, keys: KeyRing) -> None:
    await enter(database, keys, "wrong password", email="my password by mistake")
    async with database.session() as session:
        stored = list(await session.scalars(text("SELECT key FROM sign_in_failures")))
    assert len(stored) == 2
    assert not any("password" in key or "192.0.2.1" in key for key in stored)
