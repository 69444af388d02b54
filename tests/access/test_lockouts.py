"""Lock-outs: after many failures, for growing times, told by mail; and the doors that the owner keeps."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.access.test_sessions import ADA, HOME, NOON, ROOT, ground_of
from tests.builders.jobs import queued, work_off
from tests.builders.mailboxes import run_mailbox

from tessera.access.sign_in import SignIn, SignInDelayedError, find_lockouts, sign_in, unlock_user
from tessera.access.sign_in.delays import LONGEST_LOCKOUT, lockout_after
from tessera.access.users import create_users, find_user_by_email
from tessera.platform.db import Database
from tessera.platform.resources import Resources
from tessera.platform.secrets import KeyRing

THIEF = replace(HOME, origin="198.51.100.7")


@pytest.fixture(autouse=True)
async def ada(database: Database) -> None:
    async with database.session() as session:
        await create_users(session, ROOT, [ADA])


async def enter(
    resources: Resources, moment: Any, *, password: str = "wrong", visitor: Any = THIEF, email: str = ADA.email
) -> SignIn | None:
    async with resources.database.session() as session:
        return await sign_in(session, resources, visitor, email=email, password=password, now=moment)


async def fail(resources: Resources, moment: Any, times: int, **given: Any) -> Any:
    """Fail so many times in a row, each as soon as it is allowed; return the moment after the last."""
    for _ in range(times):
        moment += timedelta(minutes=6)
        assert await enter(resources, moment, **given) is None
    return moment


@pytest.mark.parametrize("email", [ADA.email, "nobody@example.com"])
async def test_ten_failures_lock_an_account(database: Database, keys: KeyRing, email: str) -> None:
    resources = ground_of(database, keys)
    moment = await fail(resources, NOON, 9, email=email)
    moment = await fail(resources, moment, 1, email=email)
    with pytest.raises(SignInDelayedError, match="Wait 15 minutes") as caught:
        await enter(resources, moment, password=ADA.password, email=email)
    assert caught.value.retry_after == 900
    moment += timedelta(minutes=15)
    assert await enter(resources, moment, email=email) is None
    with pytest.raises(SignInDelayedError, match="Wait 30 minutes"):
        await enter(resources, moment, email=email)


def test_lockouts_grow_to_an_end() -> None:
    first = timedelta(minutes=15)
    grown = [lockout_after(10, lockouts, threshold=10, first=first) for lockouts in range(40)]
    assert grown[:4] == [first, 2 * first, 4 * first, 8 * first]
    assert grown[-1] == LONGEST_LOCKOUT
    assert lockout_after(9, 5, threshold=10, first=first) == timedelta(0)
    assert lockout_after(9999, 5, threshold=0, first=first) == timedelta(0)


async def test_tries_during_a_lockout_do_not_lengthen_it(database: Database, keys: KeyRing) -> None:
    resources = ground_of(database, keys)
    moment = await fail(resources, NOON, 10)
    for minutes in range(15):
        with pytest.raises(SignInDelayedError):
            await enter(resources, moment + timedelta(minutes=minutes))
    assert await enter(resources, moment + timedelta(minutes=15), password=ADA.password)


async def test_known_browser_is_not_locked_out_by_strangers(database: Database, keys: KeyRing) -> None:
    resources = ground_of(database, keys)
    opened = await enter(resources, NOON, password=ADA.password, visitor=HOME)
    assert opened is not None
    moment = await fail(resources, NOON, 10)
    with pytest.raises(SignInDelayedError):
        await enter(resources, moment, password=ADA.password, visitor=HOME)
    known = replace(HOME, mark=opened.mark)
    assert await enter(resources, moment, password=ADA.password, visitor=known)
    # What succeeds there clears nothing for the stranger.
    with pytest.raises(SignInDelayedError):
        await enter(resources, moment, password=ADA.password)


async def test_mark_opens_nothing_by_itself(database: Database, keys: KeyRing) -> None:
    resources = ground_of(database, keys)
    opened = await enter(resources, NOON, password=ADA.password, visitor=HOME)
    assert opened is not None
    stolen = replace(THIEF, mark=opened.mark)
    moment = await fail(resources, NOON, 10, visitor=stolen)
    # Locked out as a known browser, it counts as any other: three more free tries, then delays, then the lock.
    for _ in range(3):
        assert await enter(resources, moment, visitor=stolen) is None
    with pytest.raises(SignInDelayedError, match="Wait 1 second"):
        await enter(resources, moment, visitor=stolen)


@pytest.mark.parametrize("mark", ["", "made up", "v1.x.y", "é", "v1." + "x" * 5000])
async def test_made_up_mark_is_ignored(database: Database, keys: KeyRing, mark: str) -> None:
    resources = ground_of(database, keys)
    moment = await fail(resources, NOON, 10)
    with pytest.raises(SignInDelayedError):
        await enter(resources, moment, password=ADA.password, visitor=replace(HOME, mark=mark))


async def test_administrator_unlocks(database: Database, keys: KeyRing) -> None:
    resources = ground_of(database, keys)
    moment = await fail(resources, NOON, 10)
    async with database.session() as session:
        assert list(await find_lockouts(session, keys, [ADA.email, "x@example.com"], moment)) == [ADA.email]
        user = await find_user_by_email(session, ROOT, ADA.email)
        assert user is not None
        await unlock_user(session, keys, ROOT, user, now=moment)
        assert await find_lockouts(session, keys, [ADA.email], moment) == {}
    assert await enter(resources, moment, password=ADA.password)


async def test_user_is_told_and_the_trail_too(database: Database, keys: KeyRing) -> None:
    async with run_mailbox() as mailbox:
        resources = ground_of(database, keys, **mailbox.settings())
        await fail(resources, NOON, 10)
        await fail(resources, NOON, 10, email="nobody@example.com", visitor=replace(THIEF, origin="203.0.113.9"))
        waiting = await queued(resources)
        assert [task for task, _, _ in waiting] == ["sign_in.notify_lockout"] * 2
        assert not any("example.com" in arguments for _, arguments, _ in waiting)
        await work_off(resources)
    assert mailbox.recipients == [ADA.email]
    assert "198.51.100.7" in mailbox.text()
    async with database.session() as session:
        rows = (await session.execute(text("SELECT object_name FROM audit_entries WHERE action = 'locked_out'"))).all()
    assert [row[0] for row in rows] == [ADA.email]


async def test_lockout_of_a_user_whom_no_mail_reaches_is_recorded(
    database: Database, keys: KeyRing, caplog: pytest.LogCaptureFixture
) -> None:
    mary = replace(ADA, email="mária@example.com")
    async with database.session() as session:
        await create_users(session, ROOT, [mary])
    async with run_mailbox() as mailbox:
        resources = ground_of(database, keys, **mailbox.settings())
        await fail(resources, NOON, 10, email=mary.email)
        await work_off(resources)
        assert await queued(resources) == []
    assert mailbox.recipients == []
    assert "no mail can be sent to their address" in caplog.text
    async with database.session() as session:
        rows = (await session.execute(text("SELECT object_name FROM audit_entries WHERE action = 'locked_out'"))).all()
    assert [row[0] for row in rows] == [mary.email]


async def test_lockout_can_be_off(database: Database, keys: KeyRing) -> None:
    resources = ground_of(database, keys, lockout_failures=0)
    moment = await fail(resources, NOON, 14)
    assert await enter(resources, moment + timedelta(minutes=6), password=ADA.password)


@pytest.mark.parametrize("email", ["a\x00b@example.com", "x" * 100_000, "'; DROP TABLE users; --", "\r\n", ""])
async def test_hostile_address_is_only_wrong(database: Database, keys: KeyRing, email: str) -> None:
    assert await enter(ground_of(database, keys), NOON, email=email) is None
