"""Runs of one profile, in one worker or several, call its receiver as one."""

import asyncio
import json
import time

import pytest
from sqlalchemy import text
from tests.builders.house import ACTOR, BODY, SmallHouse, create_export, create_members, read_run, start_run
from tests.builders.receivers import Received, Reply, run_receiver

from tessera import connectors, exports, outbound
from tessera.exports import Definition, NewDefinition, RunState
from tessera.platform.clock import now
from tessera.platform.paces import ProfileThrottledError
from tessera.platform.paces.breaker import MOST_PROBES


async def copy_export(house: SmallHouse, definition: Definition, path: str) -> Definition:
    """Create another definition through the same profile, to another path."""
    async with house.database.session() as session:
        assert definition.template_id is not None
        template = await outbound.get_template(session, ACTOR, definition.chain_id, definition.template_id)
        shape = {"method": "POST", "url_path": path, "body": json.dumps(BODY), "batch_size": 10}
        new = outbound.NewTemplate(path, template.query_id, template.profile_id, outbound.read_shape(shape))
        other = await outbound.create_template(
            session, ACTOR, chain_id=definition.chain_id, new=new, keys=house.resources.keys
        )
        return await exports.create_definition(
            session,
            ACTOR,
            chain_id=definition.chain_id,
            new=NewDefinition(path, definition.query_id, other.id, owner=definition.owner),
            keys=house.resources.keys,
            now=now(),
        )


async def run_all(house: SmallHouse, *definitions: Definition, workers: int) -> list[exports.Run]:
    """Run all at once, in so many workers."""
    executors = [house.executor(f"worker {number}") for number in range(workers)]
    runs = [await start_run(house, definition) for definition in definitions]
    works = [executors[at % workers].execute(str(run.id)) for at, run in enumerate(runs)]
    await asyncio.gather(*works)
    return [await read_run(house, run.id) for run in runs]


async def test_runs_in_two_workers_share_the_places(house: SmallHouse) -> None:
    chain = await create_members(house.database, 400)
    async with run_receiver(lambda _: Reply(delay=0.02)) as receiver:
        first = await create_export(house, chain, receiver.url, settings={"max_concurrent_requests": 4})
        second = await copy_export(house, first, "others")
        runs = await run_all(house, first, second, workers=2)
    assert [(run.state, run.sent) for run in runs] == [(RunState.COMPLETED, 400)] * 2
    assert receiver.most_in_flight <= 4


async def test_429_to_one_run_holds_the_others(house: SmallHouse) -> None:
    """In its own worker at once, elsewhere as soon as the news is there."""
    arrivals: list[tuple[float, int]] = []

    def script(_: Received) -> Reply:
        arrivals.append((time.monotonic(), len(arrivals)))
        return Reply(429, {"retry-after": "2"}) if len(arrivals) == 20 else Reply(delay=0.03)

    chain = await create_members(house.database, 600)
    async with run_receiver(script) as receiver:
        first = await create_export(house, chain, receiver.url, settings={"max_concurrent_requests": 3})
        others = [await copy_export(house, first, path) for path in ("two", "three")]
        runs = await run_all(house, first, *others, workers=2)
    assert [run.sent for run in runs] == [600] * 3
    refused = arrivals[19][0]
    early = [moment - refused for moment, _ in arrivals[20:] if moment < refused + 1.95]
    # Only what another worker had begun before it heard.
    assert all(delay < 0.5 for delay in early)
    assert len(early) <= 8


async def test_rate_limit_header_is_obeyed(house: SmallHouse) -> None:
    arrivals: list[float] = []

    def script(_: Received) -> Reply:
        arrivals.append(time.monotonic())
        left = max(0, 9 - len(arrivals))
        return Reply(headers={"ratelimit": f'"default";r={left};t=2'} if len(arrivals) < 10 else {})

    chain = await create_members(house.database, 200)
    async with run_receiver(script) as receiver:
        definition = await create_export(house, chain, receiver.url, settings={"max_concurrent_requests": 4})
        (run,) = await run_all(house, definition, workers=1)
    assert run.sent == 200
    assert arrivals[8] - arrivals[0] < 1.5
    assert arrivals[9] - arrivals[8] >= 1.95


async def test_breaker_that_one_run_opened_holds_the_next(house: SmallHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tessera.exports.kinds.requests.retries.LONGEST_WAIT", 0.01)
    chain = await create_members(house.database, 300)
    in_flight: list[int] = []
    async with run_receiver(lambda _: Reply(500)) as receiver:
        definition = await create_export(house, chain, receiver.url)
        (failed,) = await run_all(house, definition, workers=1)
        ended = time.monotonic()

        def script(_: Received) -> Reply:
            in_flight.append(receiver.in_flight)
            return Reply(delay=0.1)

        receiver.script = script
        (run,) = await run_all(house, definition, workers=1)
    assert failed.error_code == "receiver_down"
    assert (run.state, run.sent) == (RunState.COMPLETED, 300)
    # One probe, a pause after the last failure; when it was answered, all places were used again.
    assert time.monotonic() - ended >= 0.5
    assert in_flight[0] == 1
    assert max(in_flight) > 4


async def test_runs_end_when_probes_are_in_vain(house: SmallHouse) -> None:
    chain = await create_members(house.database, 300)
    async with run_receiver(lambda _: Reply(500)) as receiver:
        definition = await create_export(house, chain, receiver.url)
        async with house.database.session() as session:
            await session.execute(
                text(
                    "INSERT INTO profile_paces (profile_id, probe_at, failed_probes)"
                    " SELECT id, now(), :probes FROM connection_profiles"
                ),
                {"probes": MOST_PROBES - 1},
            )
        (run,) = await run_all(house, definition, workers=1)
    assert (run.state, run.error_code) == (RunState.FAILED, "receiver_down")
    assert len(receiver.received) == 1
    assert run.selected == run.failed + run.skipped


async def test_test_of_a_held_profile_says_until_when(house: SmallHouse) -> None:
    chain = await create_members(house.database, 5)
    definition = await create_export(house, chain, "http://127.0.0.1:9")
    async with house.database.session() as session:
        assert definition.template_id is not None
        template = await outbound.get_template(session, ACTOR, definition.chain_id, definition.template_id)
        await session.execute(
            text(
                "INSERT INTO profile_paces (profile_id, held_until, hold_reason)"
                " SELECT id, now() + interval '5 minutes', 'retry_after' FROM connection_profiles"
            )
        )
        trial = await outbound.open_trial(session, ACTOR, template, keys=house.resources.keys)
    assert trial is not None
    assert template.profile_id is not None
    with pytest.raises(ProfileThrottledError, match="not to be called through Receiver before"):
        await outbound.send_test(house.resources, house.engine, house.client, ACTOR, trial)
    with pytest.raises(ProfileThrottledError, match="not to be called through Receiver before"):
        await connectors.test_profile(
            house.resources, house.client, ACTOR, chain_id=chain, profile_id=template.profile_id, options=()
        )
