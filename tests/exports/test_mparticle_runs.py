"""A whole run through the other sender behind the one interface: the engine never asks which kind it has."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from tests.builders.house import (
    ACTOR,
    SmallHouse,
    create_members,
    create_owner,
    read_run,
    start_run,
    wait_until_settled,
)
from tests.builders.mparticle_receiver import KEY, PROFILES, SECRET, Mparticle
from tests.builders.receivers import Received, Reply, run_receiver

from tessera import connectors, exports, queries
from tessera.connectors import NewProfile, Profile, address_policy
from tessera.exports import Definition, GateLevel, Gates, NewDefinition, Run, RunState, log
from tessera.outbound.kinds.mparticle.batches import plain_shape
from tessera.platform.clock import now
from tessera.queries import NewQuery

QUERY = """
SELECT membership_number AS id, concat('m', membership_number, '@example.com') AS email, first_name AS name, balance
  FROM members
"""
USERS = 250


async def create_profile(house: SmallHouse, chain_id: UUID, url: str, **settings: Any) -> Profile:
    """Create a profile that leads to the receiver, as fast as mParticle allows."""
    given = {"pod": "Custom", "endpoint": f"{url}/v2", "api_key": KEY, "api_secret": SECRET}
    settings = {"max_batches_per_second": 270, **given, **settings}
    new = NewProfile("mparticle_outbound", "standard", "mParticle", settings=settings)
    parts: dict[str, Any] = {"keys": house.resources.keys, "policy": address_policy(house.resources.settings)}
    async with house.database.session() as session:
        return await connectors.create_profile(session, ACTOR, chain_id=chain_id, new=new, **parts)


async def create_definition(house: SmallHouse, profile: Profile, query: str, gates: Gates) -> Definition:
    """Create a definition that leads through the profile, with a data map of its own."""
    chain_id, keys = profile.chain_id, house.resources.keys
    lines = plain_shape(PROFILES)["lines"]
    async with house.database.session() as session:
        saved = await queries.create_query(
            session, ACTOR, house.engine, chain_id=chain_id, new=NewQuery("Members", query, key_columns=("id",))
        )
        new = NewDefinition(
            "Members out",
            saved.id,
            profile_id=profile.id,
            settings={"lines": lines, "row_mode": "profile", "send_mode": "bulk", "historical": False},
            gates=gates,
            owner=await create_owner(house, session, chain_id),
        )
        return await exports.create_definition(session, ACTOR, chain_id=chain_id, new=new, keys=keys, now=now())


async def start(
    house: SmallHouse, chain_id: UUID, url: str, *, query: str = QUERY, gates: Gates | None = None, **settings: Any
) -> Run:
    """Create a run that sends the query's rows to mParticle; nobody works on it yet."""
    profile = await create_profile(house, chain_id, url, **settings)
    return await start_run(house, await create_definition(house, profile, query, gates or Gates()))


async def run_to_end(house: SmallHouse, mparticle: Mparticle, users: int, **given: Any) -> Run:
    """Send so many users to mParticle and return the ended run."""
    chain = await create_members(house.database, users)
    async with run_receiver(mparticle) as receiver:
        run = await start(house, chain, receiver.url, **given)
        await house.executor().execute(str(run.id))
    return await read_run(house, run.id)


def check_limits(mparticle: Mparticle) -> None:
    """No request is above what mParticle takes."""
    assert all(batches <= 100 and size <= 256_000 for batches, size in mparticle.requests)


async def test_250_users_arrive_in_three_requests(house: SmallHouse) -> None:
    mparticle = Mparticle()
    run = await run_to_end(house, mparticle, USERS)
    assert (run.state, run.error) == (RunState.COMPLETED, None)
    assert (run.selected, run.sent, run.failed, run.skipped, run.requests) == (USERS, USERS, 0, 0, 3)
    assert sorted(batches for batches, _ in mparticle.requests) == [50, 100, 100]
    check_limits(mparticle)
    assert len(mparticle.accepted) == USERS
    customers = {batch["user_identities"]["customer_id"] for batch in mparticle.accepted.values()}
    assert customers == {f"{number:06}" for number in range(USERS)}


@pytest.mark.parametrize("status", [400, 403])
async def test_reason_that_no_database_can_hold_does_not_break_the_run(house: SmallHouse, status: int) -> None:
    body = b'\xef\xbb\xbf{"errors": [{"message": "odd\\u0000batch\\n!"}]}'
    chain = await create_members(house.database, 1)
    async with run_receiver(lambda _: Reply(status, body=body)) as receiver:
        run = await start(house, chain, receiver.url)
        await house.executor().execute(str(run.id))
        run = await read_run(house, run.id)
    assert run.error_code == ("nothing_arrived" if status == 400 else "credentials_refused")
    async with house.database.session() as session:
        (error,) = (await log.list_row_errors(session, ACTOR, run.id)).items
    assert "It says: odd batch !" in error.message


async def test_wide_rows_make_more_requests_below_256_kb(house: SmallHouse) -> None:
    mparticle = Mparticle()
    wide = QUERY.replace(
        "first_name AS name", "concat(lpad(first_name, 1000, 'ü'), lpad(last_name, 1000, 'ü')) AS name"
    )
    run = await run_to_end(house, mparticle, USERS, query=wide)
    assert (run.state, run.sent) == (RunState.COMPLETED, USERS)
    assert run.requests == len(mparticle.requests) > 3
    check_limits(mparticle)


@pytest.mark.parametrize("first", [Reply(429, {"Retry-After": "1"}), Reply(503), Reply(501), Reply(reset=True)])
async def test_what_mparticle_could_not_take_is_sent_again(house: SmallHouse, first: Reply) -> None:
    mparticle = Mparticle()
    mparticle.next_replies.append(first)
    run = await run_to_end(house, mparticle, 120)
    assert (run.state, run.sent, run.requests, run.attempts) == (RunState.COMPLETED, 120, 2, 3)
    assert (len(mparticle.accepted), mparticle.repeats) == (120, 0)


async def test_one_bad_user_does_not_sink_its_neighbours(house: SmallHouse) -> None:
    mparticle = Mparticle(poison="000042")
    run = await run_to_end(house, mparticle, 100)
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 99, 1)
    assert len(mparticle.accepted) == 99
    async with house.database.session() as session:
        (error,) = (await log.list_row_errors(session, ACTOR, run.id)).items
    assert (error.phase, error.code) == ("send", "status_400")
    assert "malformed identity" in error.message
    assert error.row is not None
    assert "000042" in error.row


async def test_row_without_identity_fails_before_it_is_sent(house: SmallHouse) -> None:
    mparticle = Mparticle()
    query = "SELECT nullif(membership_number, '000007') AS id, '' AS email, '' AS name, balance FROM members"
    run = await run_to_end(house, mparticle, 20, query=query, gates=Gates(keys=GateLevel.WARN))
    assert (run.state, run.sent, run.failed) == (RunState.COMPLETED_WITH_ERRORS, 19, 1)
    async with house.database.session() as session:
        (error,) = (await log.list_row_errors(session, ACTOR, run.id)).items
    assert (error.phase, error.code) == ("render", "no_identity")


async def test_wrong_secret_ends_the_run(house: SmallHouse) -> None:
    mparticle = Mparticle()
    run = await run_to_end(house, mparticle, 10, api_secret="another")
    assert (run.state, run.error_code, mparticle.accepted) == (RunState.FAILED, "credentials_refused", {})


async def test_rate_counts_batches(house: SmallHouse) -> None:
    mparticle = Mparticle()
    run = await run_to_end(house, mparticle, 300, max_batches_per_second=200)
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.finished_at.timestamp() - run.started_at.timestamp() >= 1


async def test_take_over_sends_the_same_batches(house: SmallHouse) -> None:
    chain = await create_members(house.database, USERS)
    mparticle, called = Mparticle(), asyncio.Event()

    def hang(_: Received) -> Reply:
        called.set()
        return Reply(hang=True)

    async with run_receiver(hang) as receiver:
        run = await start(house, chain, receiver.url)
        first = asyncio.create_task(house.executor("first").execute(str(run.id)))
        await asyncio.wait_for(called.wait(), 30)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        begun = [batch for request in receiver.received for batch in json.loads(request.body)]
        receiver.script = mparticle
        await house.executor("second").execute(str(run.id))
        ended = await wait_until_settled(house, run.id, USERS)
    assert (ended.state, ended.sent, ended.take_overs) == (RunState.COMPLETED, USERS, 1)
    assert len(mparticle.accepted) == USERS
    assert begun
    assert all(mparticle.accepted[batch["source_request_id"]] == batch for batch in begun)
